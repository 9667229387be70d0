import type { SignalPayload } from '../../contracts/mqtt-payloads.ts';
import { BoundedCache } from './bounded-cache.ts';

/** What a detector said of its last signal by itself. */
interface LastSaid {
  readonly seq: number;
  /** The device's clock, milliseconds since the Unix epoch. */
  readonly at: number | undefined;
}

/** Detectors of which it is remembered, at least. */
const REMEMBERED = 100_000;

/**
 * Recognises an "all is well" that was said before: a gateway that repeats its last values for a dead detector would keep
 * it alive. A fire is never taken for stale, and a device's clock decides nothing but whether this is the same message.
 *
 * A 0 is stale when neither its `seq` nor its `at` is newer than the last; where one of the two has no `at`, when `seq` is
 * the same. A device that restarts counts from 0 again, but later. Without a `seq` there is nothing to tell by.
 */
export class Staleness {
  readonly #last = new BoundedCache<number, LastSaid>(REMEMBERED);

  /** Whether this is no news; remembers it if it is. */
  isStale(detector: number, payload: SignalPayload): boolean {
    if (payload.seq === undefined) return false;
    const said: LastSaid = { seq: payload.seq, at: payload.at === undefined ? undefined : Date.parse(payload.at) };
    const last = this.#last.get(detector);
    if (last !== undefined && repeats(said, last)) return payload.signal === 0;
    this.#last.set(detector, said);
    return false;
  }
}

function repeats(said: LastSaid, last: LastSaid): boolean {
  if (said.at === undefined || last.at === undefined) return said.seq === last.seq;
  return said.seq <= last.seq && said.at <= last.at;
}
