import { describe, expect, it } from 'vitest';
import { RETRY_DELAYS_MS } from '../../contracts/kafka-topics.ts';
import { RetrySchedule } from '../../notifiers/retry-schedule.ts';

describe('RetrySchedule', () => {
  it('gives each attempt its topic and delay, and ends', () => {
    const schedule = new RetrySchedule('sms');
    expect([1, 2, 3, 4].map((made) => schedule.next(made, 100))).toEqual(
      RETRY_DELAYS_MS.map((delay, i) => ({ topic: `sms.retry-${i + 1}`, notBefore: 100 + delay })),
    );
    expect(schedule.next(5, 100)).toBeUndefined();
  });

  it('plans no attempt for when the notice has expired', () => {
    const schedule = new RetrySchedule('email', [1_000]);
    expect(schedule.next(1, 0, 1_001)).toBeDefined();
    expect(schedule.next(1, 0, 1_000)).toBeUndefined();
  });

  it('uses no more delays than there are topics', () => {
    expect(new RetrySchedule('email', [1, 1, 1, 1, 1]).next(5, 0)).toBeUndefined();
  });

  it('waits no longer than the longest delay, whatever a header says', () => {
    const schedule = new RetrySchedule('email', [1_000, 5_000]);
    expect([0, 3_000, 1e15].map((notBefore) => schedule.waitMs(notBefore, 1_000))).toEqual([0, 2_000, 5_000]);
  });
});
