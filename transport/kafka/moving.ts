import { type InRecord, movedCopy, movedRecord, type OutRecord } from '../../contracts/kafka-records.ts';
import { partitionOf } from './partition.ts';
import type { RecordSink } from './types.ts';

/** So many records are moved in one go. */
const AT_ONCE = 5_000;

/** A record on its way: where it stands, and what of it has to stand in its key's partition. */
interface Stray {
  readonly from: InRecord;
  readonly rekeyed: OutRecord;
  readonly target: number;
}

/** What is written in place of a stray: its copy, unless a newer one is there, and what is left where it stood. */
export interface Move {
  readonly copy: readonly OutRecord[];
  readonly left: OutRecord;
}

/** Finds out which records of tables have to move, once partitions were added: they are read twice, and not kept meanwhile. */
export class Moving {
  readonly #partitions: number;
  readonly #rekeyed: (record: InRecord) => OutRecord | undefined;
  /** The newest record of each key in each partition that is not its own. */
  readonly #strays = new Map<string, Stray>();
  /** When the newest record was made that the key of a stray has in its own partition already. */
  readonly #there = new Map<string, number>();
  #targets: ReadonlyMap<string, number> | undefined;

  constructor(partitions: number, rekeyed: (record: InRecord) => OutRecord | undefined) {
    this.#partitions = partitions;
    this.#rekeyed = rekeyed;
  }

  get isNeeded(): boolean {
    return this.#strays.size > 0;
  }

  /** Takes each record at the first reading. */
  find(record: InRecord): void {
    if (record.key === null) return;
    const target = partitionOf(record.key, this.#partitions);
    if (target === record.partition) return;
    const place = `${record.partition}/${keyOf(record)}`;
    const rekeyed = record.value === null ? undefined : this.#rekeyed(record);
    if (rekeyed) this.#strays.set(place, { from: record, rekeyed, target });
    else this.#strays.delete(place);
  }

  /** Takes each record at the second. */
  compare(record: InRecord): void {
    this.#targets ??= new Map([...this.#strays.values()].map(({ from, target }) => [keyOf(from), target]));
    if (this.#targets.get(keyOf(record)) !== record.partition) return;
    if (record.value === null) this.#there.delete(keyOf(record));
    else this.#there.set(keyOf(record), record.timestamp);
  }

  moves(): Move[] {
    return [...this.#strays.values()].map(({ from, rekeyed, target }) => {
      // A copy of before a crash; or a producer knew of the partitions sooner.
      const isThere = (this.#there.get(keyOf(from)) ?? Number.NEGATIVE_INFINITY) >= from.timestamp;
      const copy = isThere ? [] : [movedCopy(rekeyed, target, this.#partitions)];
      return { copy, left: movedRecord(from, this.#partitions) };
    });
  }
}

/** Copies records before it takes them away, so that a crash repeats it and loses nothing. */
export async function carryOut(moves: readonly Move[], sink: RecordSink): Promise<void> {
  for (let first = 0; first < moves.length; first += AT_ONCE) {
    const some = moves.slice(first, first + AT_ONCE);
    await sink.send(some.flatMap(({ copy }) => copy));
    await sink.send(some.map(({ left }) => left));
  }
}

function keyOf({ topic, key }: InRecord): string {
  return `${topic}/${key}`;
}
