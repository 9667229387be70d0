import { expect, it } from 'vitest';
import { realTime } from '../../app/kit/site-time.ts';
import { waitFor } from '../../app/wait.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** Something that a test can change under those who wait for it. */
function watched() {
  const listeners = new Set<() => void>();
  let value: string | undefined;
  return {
    listeners,
    set(next: string | undefined) {
      value = next;
      for (const listener of [...listeners]) listener();
    },
    wait: (clock: ManualClock, story = async () => 'it stands on signals') =>
      waitFor(
        realTime(clock, async () => {}),
        1_000,
        {
          what: 'the mail',
          look: () => value,
          watch: (changed) => {
            listeners.add(changed);
            return () => listeners.delete(changed);
          },
          story,
        },
      ),
  };
}

it('resolves at once with what is there already', async () => {
  const clock = new ManualClock();
  const thing = watched();
  thing.set('here');
  expect(await thing.wait(clock)).toBe('here');
  expect(clock.pending()).toEqual([]);
  expect(thing.listeners.size).toBe(0);
});

it('resolves with what comes in time, and leaves neither timer nor listener', async () => {
  const clock = new ManualClock();
  const thing = watched();
  const wait = thing.wait(clock);
  clock.advance(999);
  thing.set(undefined);
  thing.set('here');
  thing.set('and gone on');
  expect(await wait).toBe('here');
  expect(clock.pending()).toEqual([]);
  expect(thing.listeners.size).toBe(0);
});

it('says what was waited for, for how long, and how far it got', async () => {
  const clock = new ManualClock();
  const thing = watched();
  const wait = thing.wait(clock);
  const refused = expect(wait).rejects.toMatchObject({
    code: 'WAIT_TIMEOUT',
    message: 'waited 1000 ms in vain for the mail\nit stands on signals',
  });
  clock.advance(1_000);
  await refused;
  expect(thing.listeners.size).toBe(0);
});

it('says so too where its story cannot be read', async () => {
  const clock = new ManualClock();
  const wait = watched().wait(clock, () => Promise.reject(new Error('no Kafka')));
  const refused = expect(wait).rejects.toMatchObject({
    code: 'WAIT_TIMEOUT',
    message: 'waited 1000 ms in vain for the mail; its story cannot be read',
    cause: new Error('no Kafka'),
  });
  clock.advance(1_000);
  await refused;
});
