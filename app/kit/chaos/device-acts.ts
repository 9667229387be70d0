import { z } from 'zod';
import { durationSchema } from '../../../contracts/duration.ts';
import { act, detectorId, lasting, positiveDuration } from './act.ts';
import type { World } from './fault.ts';

const device = z.strictObject({ detector: detectorId, ...lasting });

export const DEVICE_ACTS = {
  'detector.drift': act({
    summary: "a detector's heartbeat slows down: each interval is longer than the one before",
    schema: device.extend({ perBeat: positiveDuration.describe('by how much longer each time') }),
    words: ({ detector, perBeat }) => `the heartbeat of detector ${detector} drifts by ${perBeat} ms each time`,
    begin: (world, { detector, perBeat }) => {
      const { faults, one } = of(world, detector);
      return faults.drift(one, { perBeatMs: perBeat });
    },
  }),
  'detector.stick': act({
    summary: 'a detector signals 1 in every turn, and cannot be cleared',
    schema: device,
    words: ({ detector }) => `detector ${detector} is stuck at 1`,
    begin: (world, { detector }) => {
      const { faults, one } = of(world, detector);
      return faults.stick(one);
    },
  }),
  'detector.flap': act({
    summary: "a detector's connection breaks without a goodbye, at once and then again and again, and comes back",
    schema: device
      .extend({
        every: positiveDuration.describe('from one break to the next'),
        down: positiveDuration.describe('how long it is away; half of `every` unless given').optional(),
      })
      .refine(({ every, down }) => down === undefined || down < every, 'down is shorter than every'),
    words: ({ detector, every }) => `the connection of detector ${detector} breaks every ${every} ms`,
    begin: (world, { detector, every, down }) => {
      const { faults, one } = of(world, detector);
      return faults.flap(one, { everyMs: every, downMs: down ?? Math.ceil(every / 2) });
    },
  }),
  'detector.skew': act({
    summary: 'a detector signals in the long form, with the time of a clock that is wrong',
    schema: device
      .extend({
        ahead: durationSchema.describe('by how much its clock is ahead').optional(),
        behind: durationSchema.describe('by how much its clock is behind').optional(),
      })
      .refine(({ ahead, behind }) => (ahead === undefined) !== (behind === undefined), 'give one of ahead and behind'),
    words: ({ detector, ahead, behind }) =>
      `the clock of detector ${detector} is ${ahead ?? behind} ms ${behind === undefined ? 'ahead' : 'behind'}`,
    begin: (world, { detector, ahead = 0, behind = 0 }) => {
      const { faults, one } = of(world, detector);
      return faults.skew(one, { aheadMs: ahead - behind });
    },
  }),
  'detector.babble': act({
    summary: 'a detector signals many times a second',
    schema: device.extend({ perSecond: z.int().min(1).max(10_000) }),
    words: ({ detector, perSecond }) => `detector ${detector} babbles, ${perSecond} signals a second`,
    begin: (world, { detector, perSecond }) => {
      const { faults, one } = of(world, detector);
      return faults.babble(one, { perSecond });
    },
  }),
  'detector.impersonate': act({
    summary: 'another device was given the same id: it signals from another floor',
    schema: device.extend({
      floor: z.int().min(1),
      signal: z.union([z.literal(0), z.literal(1)]).default(0),
      every: positiveDuration.describe('its heartbeat; that of the detector unless given').optional(),
    }),
    words: ({ detector, floor }) => `a second device signals as detector ${detector}, on floor ${floor}`,
    begin: (world, { detector, floor, signal, every }) => {
      const { faults, one } = of(world, detector);
      return faults.impersonate(one, { floor, signal, everyMs: every ?? one.heartbeatMs });
    },
  }),
};

function of({ process }: World, id: number) {
  const { fleet } = process;
  return { faults: fleet.faults, one: fleet.device(id) };
}
