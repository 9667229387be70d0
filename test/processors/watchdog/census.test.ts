import { expect, test } from 'vitest';
import { Judge } from '../../../processors/watchdog/judge.ts';
import { WINDOWS } from './partition.ts';

const heard = { value: 0, floor: 3, receivedAt: 1_000 } as const;

test('counts registered detectors by floor, by the bridge on whose time they are judged, and by gateway', () => {
  const judge = new Judge(WINDOWS);
  judge.signal({ ...heard, detector: 7, bridge: 'a' }, 0);
  expect(judge.census.counts()).toEqual({ floors: {}, bridges: {}, gateways: {} });
  const announced = { at: 0, bridge: 'a' };
  judge.register(7, 3, { heartbeatMs: 1_000, gateway: 'g1' }, announced);
  judge.register(8, 3, { heartbeatMs: 1_000, gateway: 'g1' }, announced);
  judge.register(9, 4, { heartbeatMs: 1_000 }, { at: 0, bridge: 'b' });
  expect(judge.census.counts()).toEqual({ floors: { 3: 2, 4: 1 }, bridges: { a: 2, b: 1 }, gateways: { g1: 2 } });

  const before = judge.census.version;
  judge.register(9, 4, { heartbeatMs: 1_000 }, { at: 5, bridge: 'b' });
  judge.signal({ ...heard, detector: 8, bridge: 'a' }, 1);
  judge.canary(2, 'a', 2_000);
  expect(judge.census.version).toBe(before);

  judge.signal({ ...heard, detector: 8, bridge: 'b' }, 3);
  judge.register(9, 5, { heartbeatMs: 1_000, gateway: 'g2' }, announced);
  expect(judge.census.version).not.toBe(before);
  expect(judge.census.counts()).toEqual({
    floors: { 3: 2, 5: 1 },
    bridges: { a: 1, b: 2 },
    gateways: { g1: 2, g2: 1 },
  });

  for (const id of [7, 8, 9]) judge.unregister(id);
  expect(judge.census.counts()).toEqual({ floors: {}, bridges: {}, gateways: {} });
});

test('a detector has its gateway, and the bridge on whose time it is judged', () => {
  const judge = new Judge(WINDOWS);
  judge.register(8, 3, { heartbeatMs: 1_000, gateway: 'g1' }, { at: 0, bridge: 'a' });
  judge.register(9, 3, { heartbeatMs: 1_000 }, { at: 0, bridge: '' });
  const [first, second] = [...judge.all()];
  expect([first?.gateway, first?.bridgeName]).toEqual(['g1', 'a']);
  expect([second?.gateway, second?.bridgeName]).toEqual([undefined, undefined]);
  judge.signal({ ...heard, detector: 8, bridge: 'b' }, 0);
  expect(first?.bridgeName).toBe('b');
});
