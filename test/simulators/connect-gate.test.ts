import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../app/random.ts';
import { type Applicant, ConnectGate } from '../../simulators/connect-gate.ts';
import { recordingLogger } from '../support/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';

function rig(applicants: number) {
  const clock = new ManualClock();
  const logger = recordingLogger();
  const gate = new ConnectGate({ wireClock: clock, random: seededRandom('gate'), logger });
  /** Who was let through, in order. */
  const tried: number[] = [];
  const all = Array.from({ length: applicants }, (_, i): Applicant => ({ connect: () => tried.push(i) }));
  const one = (i: number): Applicant => {
    const applicant = all[i];
    if (!applicant) throw new Error(`no applicant ${i}`);
    return applicant;
  };
  for (const applicant of all) gate.request(applicant);
  return { clock, logger, gate, tried, one };
}

describe('the gate to the broker', () => {
  it('lets 200 through at a time, in their order', () => {
    const { gate, tried, one } = rig(500);
    expect(tried).toEqual(Array.from({ length: 200 }, (_, i) => i));
    gate.succeeded(one(7));
    gate.withdraw(one(8));
    expect(tried.slice(200)).toEqual([200, 201]);
  });

  it('forgets those who withdraw', () => {
    const { gate, tried, one } = rig(202);
    gate.withdraw(one(200));
    gate.succeeded(one(0));
    expect(tried.slice(200)).toEqual([201]);
  });

  it('pauses after a failure, then lets one try, and all the others when it got through', () => {
    const { clock, gate, tried, one } = rig(300);
    for (let i = 0; i < 200; i++) gate.failed(one(i), 'refused');
    // They failed of one cause: one pause.
    expect(clock.pending()).toHaveLength(1);
    gate.request(one(0));
    expect(tried).toHaveLength(200);
    clock.advance(49);
    expect(tried).toHaveLength(200);
    clock.advance(51);
    expect(tried.slice(200)).toEqual([200]);
    gate.succeeded(one(200));
    expect(tried).toHaveLength(401);
  });

  it('pauses longer each time, but never longer than 5 s', () => {
    const { clock, gate, tried, one } = rig(1);
    const pauses = Array.from({ length: 12 }, (_, round) => {
      gate.failed(one(0), 'refused');
      let waited = 0;
      for (; tried.length < round + 2; waited += 10) clock.advance(10);
      return waited;
    });
    pauses.forEach((pause, round) => {
      const full = Math.min(5_000, 100 * 2 ** round);
      expect(pause).toBeGreaterThanOrEqual(full / 2);
      expect(pause).toBeLessThanOrEqual(full + 10);
    });
    expect(clock.pending()).toEqual([]);
  });

  it('warns once for an outage, and says when it is over', () => {
    const { clock, gate, logger, one } = rig(2);
    for (let round = 0; round < 5; round++) {
      gate.failed(one(0), 'refused');
      gate.failed(one(1), 'refused');
      clock.advance(5_000);
    }
    expect(gate.trouble).toBe('refused');
    expect(logger.lines.map(({ level }) => level)).toEqual(['warn']);
    gate.succeeded(one(0));
    gate.succeeded(one(1));
    expect(gate.trouble).toBe('');
    expect(logger.lines.map(({ level }) => level)).toEqual(['warn', 'info']);
  });

  it('is shut by a stop', () => {
    const { clock, gate, tried, one } = rig(1);
    gate.failed(one(0), 'refused');
    gate.stop();
    gate.request(one(0));
    gate.failed(one(0), 'refused');
    expect(clock.pending()).toEqual([]);
    expect(tried).toHaveLength(1);
  });
});
