import { z } from 'zod';
import type { Timer } from '../../../contracts/clock.ts';
import { durationSchema } from '../../../contracts/duration.ts';
import { KAFKA_ROLES, type KafkaRole } from '../../../contracts/roles.ts';
import type { Effect } from '../../../transport/lifeline.ts';
import type { FatalMoment } from '../../life.ts';
import { act } from './act.ts';
import type { World } from './fault.ts';

/** What a role does to the world: `send` is a mail, an SMS, a lamp, or a message to a device. */
const EFFECTS = ['produce', 'changelog', 'commit', 'send'] as const;

/** The topics in which roles keep their own state: what they write there comes after their outputs. */
const CHANGELOGS: Partial<Record<KafkaRole, readonly string[]>> = {
  'floor-controller': ['floor-controller.state'],
  watchdog: ['detector-states', 'correlator.state'],
};

const effect = z.enum(EFFECTS);

export const ROLE_ACTS = {
  'role.kill': act({
    summary:
      'a role dies as if its process were killed, now or between two of its effects; healed, it is started again',
    schema: z
      .strictObject({
        role: z.enum(KAFKA_ROLES),
        before: effect.describe('just before this effect').optional(),
        after: effect.describe('just after this effect is acknowledged').optional(),
        nth: z.int().min(1).default(1).describe('which of these effects, counted from now'),
        restart: durationSchema
          .describe("how long after it is started again, in the site's time; by hand unless given")
          .optional(),
      })
      .refine(({ before, after }) => before === undefined || after === undefined, 'give before or after, not both'),
    words: ({ role, before, after, nth }) => {
      const kind = before ?? after;
      const moment = kind === undefined ? '' : ` ${before ? 'before' : 'after'} its ${kind} no. ${nth}`;
      return `${role} is killed${moment}`;
    },
    begin: (world, { role, before, after, nth, restart }) => {
      const kind = before ?? after;
      const means = kind && ((effect: Effect) => kindOf(role, effect) === kind);
      const moment = means && { when: before ? ('before' as const) : ('after' as const), means, nth };
      return kill(world, role, moment, restart);
    },
  }),
  'role.restart': act({
    summary: 'a role that was killed is started again',
    schema: z.strictObject({ role: z.enum(KAFKA_ROLES) }),
    words: ({ role }) => `${role} is started again`,
    begin: async ({ process }, { role }) => {
      await process.slot(role).restart();
      return undefined;
    },
  }),
};

function kill({ process, clock, ledger }: World, role: KafkaRole, moment: FatalMoment | undefined, restartMs?: number) {
  const slot = process.slot(role);
  let timer: Timer | undefined;
  let over = false;
  let strikes = 0;
  const restart = async () => {
    // It waits for Kafka where that is away.
    const done = ledger.begin('kafka', `${role} starts again`);
    await slot.restart().finally(done);
  };
  void slot.kill(moment).then(() => {
    strikes += 1;
    if (over || restartMs === undefined) return;
    timer = clock.after(`${role} starts again`, restartMs, () => void restart());
  });
  const drop = () => {
    over = true;
    timer?.cancel();
    slot.spare();
  };
  const heal = async () => {
    drop();
    await restart();
  };
  return { heal, drop, strikes: () => strikes };
}

function kindOf(role: KafkaRole, effect: Effect): (typeof EFFECTS)[number] {
  if (effect.kind !== 'produce') return effect.kind;
  return effect.records.every(({ topic }) => CHANGELOGS[role]?.includes(topic)) ? 'changelog' : 'produce';
}
