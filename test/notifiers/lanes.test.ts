import { describe, expect, it } from 'vitest';
import { type LaneJob, Lanes } from '../../notifiers/lanes.ts';

const NOW = 1_000;
const RETRY = { topic: 'emails.retry-1', notBefore: 2_000 };
const LATER = { topic: 'emails.retry-2', notBefore: 9_000 };

function job(id: string, topic = 'emails', change: Partial<LaneJob> = {}): LaneJob {
  return { id, lane: 'incident', topic, partition: 0, waiting: undefined, ...change };
}

describe('Lanes', () => {
  it('lets one of a lane go at a time, and lanes not hinder each other', () => {
    const lanes = new Lanes<LaneJob>();
    const [opened, closed] = [job('opened'), job('closed')];
    expect(lanes.arrive(opened, NOW)).toBe('go');
    expect(lanes.arrive(closed, NOW)).toBe('wait');
    expect(lanes.arrive(job('other', 'emails', { lane: 'another' }), NOW)).toBe('go');
    expect(lanes.leave(opened)).toEqual({ next: closed, followers: [] });
  });

  it('sends what waits after the first when that has to be tried again', () => {
    const lanes = new Lanes<LaneJob>();
    const [opened, updated, closed] = [job('opened'), job('updated'), job('closed')];
    for (const one of [opened, updated, closed]) lanes.arrive(one, NOW);
    expect(lanes.leave(opened, RETRY)).toEqual({ next: undefined, followers: [updated, closed] });
    const back = [job('opened', RETRY.topic), job('updated', RETRY.topic), job('closed', RETRY.topic)];
    expect(back.map((one) => lanes.arrive(one, NOW))).toEqual(['go', 'wait', 'wait']);
  });

  it('sends what arrives later after one that is parked, or waits for its time', () => {
    const lanes = new Lanes<LaneJob>();
    const opened = job('opened');
    lanes.arrive(opened, NOW);
    lanes.leave(opened, RETRY);
    expect(lanes.arrive(job('closed'), NOW)).toEqual({ follow: RETRY });
    const back = job('opened', RETRY.topic, { waiting: RETRY });
    expect(lanes.arrive(back, NOW)).toBe('go');
    expect(lanes.arrive(job('closed', RETRY.topic), NOW)).toBe('wait');
    expect(lanes.arrive(job('reopened'), NOW)).toEqual({ follow: RETRY });
  });

  it('sends a follower that came back after its predecessor once more, where that was parked again', () => {
    const lanes = new Lanes<LaneJob>();
    const opened = job('opened');
    lanes.arrive(opened, NOW);
    lanes.leave(opened, RETRY);
    lanes.arrive(job('closed'), NOW);
    const back = job('opened', RETRY.topic);
    lanes.arrive(back, NOW);
    // Before the follower is read back, the first fails again.
    lanes.leave(back, LATER);
    expect(lanes.arrive(job('closed', RETRY.topic), NOW)).toEqual({ follow: LATER });
  });

  it('does not wait for ever for a parked notice that never comes back', () => {
    const lanes = new Lanes<LaneJob>();
    const opened = job('opened');
    lanes.arrive(opened, NOW);
    lanes.leave(opened, RETRY);
    expect(lanes.arrive(job('closed'), RETRY.notBefore + 60_000)).toBe('go');
  });

  it('forgets a partition, but not what is being sent', () => {
    const lanes = new Lanes<LaneJob>();
    const [running, next] = [job('opened'), job('closed')];
    lanes.arrive(running, NOW);
    lanes.arrive(next, NOW);
    lanes.forget(0, (one) => one === running);
    expect(lanes.arrive(job('opened'), NOW)).toBe('wait');
    lanes.forget(0, () => false);
    expect(lanes.arrive(job('opened'), NOW)).toBe('go');
  });

  it('keeps nothing of lanes that are done', () => {
    const lanes = new Lanes<LaneJob>();
    const one = job('opened');
    lanes.arrive(one, NOW);
    lanes.leave(one);
    expect(lanes.size).toBe(0);
  });
});
