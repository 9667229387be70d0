import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Timer } from '../../contracts/clock.ts';
import { Carousel, type Rider } from '../../simulators/carousel.ts';
import { ManualClock } from '../support/manual-clock.ts';

interface Recording extends Rider {
  readonly beats: number[];
}

function rider(clock: ManualClock, heartbeatMs: number, phaseMs: number): Recording {
  const start = clock.now();
  const beats: number[] = [];
  return { heartbeatMs, phaseMs, loud: false, beats, beat: () => beats.push(clock.now() - start) };
}

/** Counts how often a timer was set. */
class CountingClock extends ManualClock {
  armed = 0;

  override after(name: string, delayMs: number, fire: () => void): Timer {
    this.armed += 1;
    return super.after(name, delayMs, fire);
  }
}

describe('the carousel', () => {
  it('beats never early, at most 20 ms late, and without drift', () => {
    const heartbeat = fc.constantFrom(20, 100, 1_000, 5_000, 86_400_000);
    const riders = fc.array(fc.tuple(heartbeat, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(riders, (specs) => {
        const clock = new ManualClock();
        const all = specs.map(([period, share]) => rider(clock, period, Math.floor(share * period)));
        const carousel = new Carousel(clock, all);
        carousel.start();
        const end = 12_345;
        clock.advance(end);
        for (const { heartbeatMs, phaseMs, beats } of all) {
          beats.forEach((at, k) => {
            const late = at - (phaseMs + k * heartbeatMs);
            expect(late).toBeGreaterThanOrEqual(0);
            expect(late).toBeLessThanOrEqual(20);
          });
          expect(beats.length).toBeGreaterThanOrEqual(Math.floor((end - 20 - phaseMs) / heartbeatMs) + 1);
        }
        carousel.stop();
        expect(clock.pending()).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps up with a heartbeat of 10 ms', () => {
    const clock = new ManualClock();
    const fast = rider(clock, 10, 3);
    new Carousel(clock, [fast]).start();
    clock.advance(1_000);
    expect(fast.beats).toHaveLength(100);
  });

  it('sleeps until there is something to do', () => {
    const clock = new CountingClock();
    const slow = rider(clock, 10_000, 4_000);
    new Carousel(clock, [slow]).start();
    clock.advance(50_000);
    expect(slow.beats).toEqual([4_000, 14_000, 24_000, 34_000, 44_000]);
    expect(clock.armed).toBe(6);
  });

  it('wakes at most once in 20 ms, however many there are', () => {
    const clock = new CountingClock();
    const many = Array.from({ length: 1_000 }, (_, phase) => rider(clock, 1_000, phase));
    new Carousel(clock, many).start();
    clock.advance(9_999);
    expect(many.reduce((sum, { beats }) => sum + beats.length, 0)).toBeGreaterThan(9_900);
    expect(clock.armed).toBeLessThanOrEqual(501);
  });

  it('has no timer without riders', () => {
    const clock = new ManualClock();
    new Carousel(clock, []).start();
    expect(clock.pending()).toEqual([]);
  });

  it('leaves out what it missed while the clock was put on, and goes on when it is put back', () => {
    let shift = 0;
    const clock = new ManualClock();
    const shifted = {
      now: () => clock.now() + shift,
      after: clock.after.bind(clock),
      every: clock.every.bind(clock),
    };
    const one = rider(clock, 1_000, 500);
    new Carousel(shifted, [one]).start();
    clock.advance(2_000);
    expect(one.beats).toEqual([500, 1_500]);
    shift = 3_600_000;
    clock.advance(2_000);
    expect(one.beats).toHaveLength(4);
    shift = -3_600_000;
    clock.advance(3_000);
    expect(one.beats.length).toBeGreaterThanOrEqual(6);
    expect(one.beats.length).toBeLessThanOrEqual(8);
  });
});
