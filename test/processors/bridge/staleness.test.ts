import { describe, expect, it } from 'vitest';
import type { SignalPayload } from '../../../contracts/mqtt-payloads.ts';
import { Staleness } from '../../../processors/bridge/staleness.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
/** Which of the signals of one detector are stale. */
function stale(...payloads: SignalPayload[]): boolean[] {
  const staleness = new Staleness();
  return payloads.map((payload) => staleness.isStale(7, payload));
}

describe('Staleness', () => {
  it('takes a 0 for stale when neither seq nor at is newer', () => {
    expect(stale({ signal: 0, seq: 5, at: at(5) }, { signal: 0, seq: 5, at: at(5) })).toEqual([false, true]);
    expect(stale({ signal: 0, seq: 5, at: at(5) }, { signal: 0, seq: 4, at: at(4) })).toEqual([false, true]);
  });

  it('takes a device that restarted, or whose clock was set back, at its word', () => {
    expect(stale({ signal: 0, seq: 500, at: at(5) }, { signal: 0, seq: 0, at: at(6) })).toEqual([false, false]);
    expect(stale({ signal: 0, seq: 5, at: at(50) }, { signal: 0, seq: 6, at: at(1) })).toEqual([false, false]);
    expect(stale({ signal: 0, seq: 500 }, { signal: 0, seq: 0 })).toEqual([false, false]);
  });

  it('goes by seq alone where one of the two has no at', () => {
    expect(stale({ signal: 0, seq: 5 }, { signal: 0, seq: 5 })).toEqual([false, true]);
    expect(stale({ signal: 0, seq: 5, at: at(5) }, { signal: 0, seq: 5 })).toEqual([false, true]);
    expect(stale({ signal: 0, seq: 5 }, { signal: 0, seq: 4 })).toEqual([false, false]);
  });

  it('has nothing to tell by without a seq', () => {
    expect(stale({ signal: 0 }, { signal: 0 })).toEqual([false, false]);
    expect(stale({ signal: 0, at: at(5) }, { signal: 0, at: at(5) })).toEqual([false, false]);
  });

  it('never takes a fire for stale, and does not let an old one make an old 0 new', () => {
    const signals = [5, 5, 4].map((seq): SignalPayload => ({ signal: 1, seq, at: at(seq) }));
    expect(stale(...signals, { signal: 0, seq: 5, at: at(5) })).toEqual([false, false, false, true]);
  });

  it('knows detectors apart', () => {
    const staleness = new Staleness();
    expect(staleness.isStale(1, { signal: 0, seq: 5 })).toBe(false);
    expect(staleness.isStale(2, { signal: 0, seq: 5 })).toBe(false);
  });
});
