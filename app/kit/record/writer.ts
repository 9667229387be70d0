import { rfc3339 } from '../../../contracts/clock.ts';
import type { InRecord } from '../../../contracts/kafka-records.ts';
import {
  contentOf,
  type INPUT_TOPICS,
  type OUTCOME_TOPICS,
  RECORDING_VERSION,
  type RecordedSettings,
  type RecordingLine,
  type STATE_TOPICS,
} from './recording.ts';

/** Where the lines of a recording go, each with its line break. */
export type WriteLine = (line: string) => void;

type Moment =
  | { readonly line: 'input'; readonly topic: (typeof INPUT_TOPICS)[number] }
  | { readonly line: 'outcome'; readonly topic: (typeof OUTCOME_TOPICS)[number] };
type Waiting = Moment & { readonly at: number; readonly record: InRecord };

/**
 * Writes a recording as it is made. Records of several topics come out of the order of their instants by as much as their
 * readers are apart: `flush`, called now and then, lets those wait that came since the last time, so that later calls can
 * still put others before them.
 */
export class RecordingWriter {
  readonly #write: WriteLine;
  readonly #counts = { inputs: 0, notifications: 0 };
  #waiting: Waiting[] = [];
  /** The latest instant that there was at the last flush. */
  #horizon = 0;
  /** The latest instant that is written. */
  #written = 0;
  #latest = 0;
  #from = 0;
  #until = Number.POSITIVE_INFINITY;
  /** The latest instant of each partition. */
  readonly #last = new Map<string, number>();

  constructor(write: WriteLine) {
    this.#write = write;
  }

  /** How much of what matters to people stands in it. */
  get written(): { readonly inputs: number; readonly notifications: number } {
    return this.#counts;
  }

  begin(from: number, settings: RecordedSettings): void {
    this.#from = from;
    this.#put({ line: 'recording', version: RECORDING_VERSION, from: rfc3339(from), settings });
  }

  state(topic: (typeof STATE_TOPICS)[number], record: InRecord): void {
    this.#put({ line: 'state', topic, timestamp: record.timestamp, ...contentOf(record) });
  }

  earlier(topic: (typeof INPUT_TOPICS)[number], record: InRecord): void {
    this.#put({ line: 'earlier', topic, timestamp: record.timestamp, ...contentOf(record) });
  }

  /**
   * A record that was read at `now`. Its instant is its time stamp, unless that lies in the future, before the record ahead
   * of it, or before the recording: whoever stamped it, it came after those, and no later than now.
   */
  add(moment: Moment, record: InRecord, now: number): void {
    const place = `${record.topic}/${record.partition}`;
    const at = Math.max(this.#last.get(place) ?? 0, Math.min(record.timestamp, now));
    this.#last.set(place, at);
    if (moment.line === 'input' && at > this.#until) return;
    this.#latest = Math.max(this.#latest, at);
    this.#waiting.push({ ...moment, at, record });
  }

  flush(): void {
    this.#release(this.#horizon);
    this.#horizon = this.#latest;
  }

  /** Inputs after `until` are no part of it any more. */
  close(until: number): void {
    this.#until = until;
    this.#waiting = this.#waiting.filter(({ line, at }) => line === 'outcome' || at <= until);
  }

  /** Writes what waits, and the end; `close` comes before. */
  end(): void {
    this.#release(this.#latest);
    this.#put({ line: 'end', until: rfc3339(this.#until) });
  }

  #release(until: number): void {
    const due = this.#waiting.filter(({ at }) => at <= until);
    this.#waiting = this.#waiting.filter(({ at }) => at > until);
    for (const { record, at, ...moment } of due.sort((a, b) => a.at - b.at)) {
      // What a reader brought too late to be put in its place comes where the recording is.
      this.#written = Math.max(this.#written, this.#from, at);
      const stamp = record.timestamp === this.#written ? {} : { timestamp: record.timestamp };
      if (moment.line === 'input') this.#counts.inputs++;
      else if (moment.topic === 'notifications') this.#counts.notifications++;
      this.#put({ ...moment, at: rfc3339(this.#written), ...stamp, ...contentOf(record) });
    }
  }

  #put(line: RecordingLine): void {
    this.#write(`${JSON.stringify(line)}\n`);
  }
}
