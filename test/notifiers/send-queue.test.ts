import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SendQueue } from '../../notifiers/send-queue.ts';
import { settle } from './support/stage-set.ts';

interface Job {
  readonly name: number;
  readonly fire: boolean;
}

/** A queue whose jobs end when they are told to. */
function controlled(slots: number) {
  const running = new Map<Job, () => void>();
  const begun: Job[] = [];
  const queue = new SendQueue<Job>({
    slots,
    isFire: (job) => job.fire,
    run: (job) => {
      begun.push(job);
      return new Promise((resolve) => {
        running.set(job, () => {
          running.delete(job);
          resolve();
        });
      });
    },
  });
  return { queue, running, begun };
}

const fault = (name: number): Job => ({ name, fire: false });
const fire = (name: number): Job => ({ name, fire: true });

describe('SendQueue', () => {
  it('keeps a slot for fire while faults hang in all others', async () => {
    const { queue, begun } = controlled(3);
    for (let i = 0; i < 10; i++) queue.push(fault(i));
    expect(begun).toEqual([fault(0), fault(1)]);
    queue.push(fire(100));
    expect(begun.at(-1)).toEqual(fire(100));
  });

  it('sends the fire behind a backlog of faults next', async () => {
    const { queue, running, begun } = controlled(2);
    for (let i = 0; i < 5; i++) queue.push(fault(i));
    queue.push(fire(100));
    queue.push(fire(101));
    for (const end of [...running.values()]) end();
    await settle();
    expect(begun.slice(0, 3)).toEqual([fault(0), fire(100), fire(101)]);
  });

  it('with one slot sends faults too', () => {
    const { queue, begun } = controlled(1);
    queue.push(fault(1));
    expect(begun).toEqual([fault(1)]);
  });

  it('holds its bounds and its order whatever comes and ends', async () => {
    const step = fc.oneof(fc.constantFrom('fire', 'fault'), fc.nat({ max: 5 }));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), async (slots, steps) => {
        const { queue, running, begun } = controlled(slots);
        const pushed: Job[] = [];
        for (const [name, what] of steps.entries()) {
          if (typeof what === 'string') {
            const job = { name, fire: what === 'fire' };
            pushed.push(job);
            queue.push(job);
          } else [...running.values()][what]?.();
          await new Promise((resolve) => setImmediate(resolve));
          const faults = [...running.keys()].filter((job) => !job.fire).length;
          expect(running.size).toBeLessThanOrEqual(slots);
          expect(faults).toBeLessThanOrEqual(Math.max(1, slots - 1));
          const waiting = pushed.filter((job) => !begun.includes(job));
          // Nobody waits beside a slot that is free for it.
          if (running.size < slots) expect(waiting.filter((job) => job.fire)).toEqual([]);
          if (running.size < slots && faults < Math.max(1, slots - 1)) expect(waiting).toEqual([]);
        }
        for (const kind of [true, false]) {
          const names = begun.filter((job) => job.fire === kind).map((job) => job.name);
          expect(names).toEqual([...names].sort((a, b) => a - b));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('drops what waits when told to, and starts nothing once closed', async () => {
    const { queue, running, begun } = controlled(2);
    for (const name of [0, 1, 2, 3]) queue.push(fault(name));
    queue.retain((job) => job.name !== 1);
    for (const end of [...running.values()]) end();
    await settle();
    expect(begun.map((job) => job.name)).toEqual([0, 2]);
    queue.close();
    queue.push(fire(9));
    for (const end of [...running.values()]) end();
    await settle();
    expect(begun.map((job) => job.name)).toEqual([0, 2]);
  });
});
