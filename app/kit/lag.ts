import type { Reader } from '../../contracts/transit.ts';

/** A partition: where it ends, as far as the site wrote it, and who reads it from where. */
interface Extent {
  end: number;
  readonly readers: Map<Reader, number>;
}

/** Records that the site wrote to Kafka and that somebody of the site who reads that partition has not handled yet. */
export class Lag {
  readonly #extents = new Map<string, Extent>();
  /** Partitions that somebody is behind on. */
  readonly #behind = new Set<string>();
  /** Readers that wait for what they handed over. */
  readonly #waiting = new Set<Reader>();
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get any(): boolean {
    return this.#behind.size > 0;
  }

  /** Lines for people. */
  list(): string[] {
    return [...this.#behind].map((name) => {
      const { end, readers } = this.#extent(name);
      return `${name} ends at ${end}, and is read to ${[...readers.values()].join(', ')}`;
    });
  }

  /** Answers whether somebody is still behind on what is written by now. */
  mark(): () => boolean {
    const ends = [...this.#behind].map((name) => ({ name, end: this.#extent(name).end }));
    return () =>
      ends.some(
        ({ name, end }) => this.#behind.has(name) && [...this.#extent(name).readers.values()].some((at) => at < end),
      );
  }

  written(topic: string, partition: number, end: number): void {
    const name = `${topic}/${partition}`;
    const extent = this.#extent(name);
    if (end <= extent.end) return;
    extent.end = end;
    this.#look(name, extent);
  }

  reader(): Reader {
    const names = new Set<string>();
    const reader: Reader = {
      at: (topic, partition, offset) => {
        const name = `${topic}/${partition}`;
        names.add(name);
        const extent = this.#extent(name);
        extent.readers.set(reader, offset);
        this.#look(name, extent);
      },
      leave: (topic, partition) => {
        const name = `${topic}/${partition}`;
        names.delete(name);
        this.#drop(name, reader);
      },
      waits: (waiting) => {
        if (waiting) this.#waiting.add(reader);
        else this.#waiting.delete(reader);
        for (const name of names) this.#look(name, this.#extent(name));
      },
      end: () => {
        this.#waiting.delete(reader);
        for (const name of names) this.#drop(name, reader);
        names.clear();
      },
    };
    return reader;
  }

  #drop(name: string, reader: Reader): void {
    const extent = this.#extent(name);
    extent.readers.delete(reader);
    this.#look(name, extent);
  }

  #look(name: string, { end, readers }: Extent): void {
    for (const [reader, offset] of readers) {
      if (offset < end && !this.#waiting.has(reader)) {
        this.#behind.add(name);
        return;
      }
    }
    if (this.#behind.delete(name)) this.#changed();
  }

  #extent(name: string): Extent {
    let extent = this.#extents.get(name);
    if (!extent) {
      extent = { end: 0, readers: new Map() };
      this.#extents.set(name, extent);
    }
    return extent;
  }
}
