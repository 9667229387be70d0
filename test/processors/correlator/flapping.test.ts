import { describe, expect, it } from 'vitest';
import { FLAPPING_WITHIN_MS, STEADY_MS } from '../../../processors/correlator/flapping.ts';
import { FlappingDetector } from './flapping-detector.ts';

const MINUTE = 60_000;

/** One that has just begun to flap: silent for the third time after two minutes. */
function flapping(): FlappingDetector {
  const detector = new FlappingDetector();
  for (let silence = 0; silence < 2; silence++) {
    detector.silent();
    detector.pass(30_000);
    detector.heard();
    detector.pass(30_000);
  }
  detector.silent();
  return detector;
}

describe('a detector that comes and goes', () => {
  it('is one fault from its third silence on, and the single ones are told no more', () => {
    const detector = flapping();
    detector.pass(MINUTE);
    detector.heard();
    detector.pass(MINUTE);
    detector.silent();
    expect(detector.told).toEqual([
      'silent 1 opened',
      'silent 1 closed',
      'silent 2 opened',
      'silent 2 closed',
      'flapping 3 opened',
      'flapping 3 updated',
    ]);
    expect(detector.reasons.at(-1)).toMatch(
      /^Detector 7 on floor 3 comes and goes: it was silent 4 times since 2026-01-01T00:00:00.000Z/,
    );
  });

  it('is none where its third silence begins later than that after its first', () => {
    const detector = new FlappingDetector();
    for (let silence = 0; silence < 5; silence++) {
      detector.silent();
      detector.pass(MINUTE);
      detector.heard();
      detector.pass(FLAPPING_WITHIN_MS / 2);
    }
    expect(detector.told.filter((told) => told.startsWith('flapping'))).toEqual([]);
    expect(detector.told).toHaveLength(10);
  });

  it('is over when it has been heard for long enough: people read how often it was silent', () => {
    const detector = flapping();
    detector.pass(MINUTE);
    detector.heard();
    detector.pass(STEADY_MS - 1);
    expect(detector.told.at(-1)).toBe('flapping 3 opened');
    detector.pass(1);
    expect(detector.told.at(-1)).toBe('flapping 3 closed');
    expect(detector.reasons.at(-1)).toMatch(/was silent 3 times .* and has been heard since 2026-01-01T00:03:00/);
    expect(detector.timers).toBe(0);
  });

  it('is over when it has been silent for long enough, and that silence is told', () => {
    const detector = flapping();
    detector.pass(STEADY_MS);
    expect(detector.told.slice(-2)).toEqual(['flapping 3 closed', 'silent 3 opened']);
    detector.pass(MINUTE);
    detector.heard();
    expect(detector.told.at(-1)).toBe('silent 3 closed');
    expect(detector.open).toEqual([]);
  });

  it('may flap again, as another fault', () => {
    const detector = flapping();
    detector.heard();
    detector.pass(STEADY_MS);
    for (let silence = 0; silence < 3; silence++) {
      detector.silent();
      detector.pass(1_000);
      detector.heard();
      detector.pass(1_000);
    }
    expect(detector.told.filter((told) => told.startsWith('flapping'))).toEqual([
      'flapping 3 opened',
      'flapping 3 closed',
      'flapping 6 opened',
    ]);
  });
});

describe('what is no news', () => {
  it('of a redundant watchdog, or repeated, counts once', () => {
    const detector = new FlappingDetector({ watchdogs: 2 });
    detector.silent();
    detector.heard();
    detector.silent();
    detector.heard();
    expect(detector.told).toEqual(['silent 1 opened', 'silent 1 closed', 'silent 2 opened', 'silent 2 closed']);
    detector.silent();
    detector.repeat();
    detector.heard();
    detector.repeat();
    expect(detector.told.slice(4)).toEqual(['flapping 3 opened']);
  });

  it('of a watchdog that is late does not end a silence that began since', () => {
    const detector = flapping();
    const over = detector.log.findLast(({ change }) => change === 'closed');
    if (over) detector.take(over);
    detector.pass(STEADY_MS);
    expect(detector.told.at(-1)).toBe('silent 3 opened');
  });
});

describe('time', () => {
  it('in which nobody listened counts for nothing: what happened then is read first', () => {
    const detector = flapping();
    detector.pass(MINUTE);
    detector.heard();
    detector.sleep(STEADY_MS);
    detector.pass(STEADY_MS - 1);
    expect(detector.told.at(-1)).toBe('flapping 3 opened');
    detector.pass(1);
    expect(detector.told.at(-1)).toBe('flapping 3 closed');
  });

  it('is what the log says where it is read late', () => {
    const live = flapping();
    live.heard();
    live.pass(STEADY_MS);
    live.silent();
    const late = new FlappingDetector();
    late.take(...live.log);
    expect(late.told).toEqual(live.told);
  });
});
