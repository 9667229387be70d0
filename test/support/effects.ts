import type { Site } from '../../app/index.ts';
import type { SeenRequest } from '../../brokers/kafka/index.ts';
import type { KafkaRole } from '../../contracts/roles.ts';

/** What a role did to the world, as the servers saw it. */
export interface SeenEffect {
  readonly role: KafkaRole;
  readonly kind: 'write' | 'commit' | 'send';
  /** Which one of that role and kind, from 1. */
  readonly nth: number;
  /** For people: `detector-states/2`. */
  readonly about: string;
}

/** A moment at which a role dies: its request has come and is not handled yet, or is handled and not answered yet. */
export interface CrashPoint extends SeenEffect {
  readonly when: 'before' | 'after';
}

/** The role that is behind a consumer group, or a producer of that name; undefined for those that nobody looks at. */
export type RoleOf = (group: string) => KafkaRole | undefined;

/** Notes each effect of the roles on Kafka, the mail server and the SMS service, in order, from now on. */
export function watchEffects(site: Site, roleOf: RoleOf): readonly SeenEffect[] {
  const effects: SeenEffect[] = [];
  eachEffect(site, roleOf, (effect) => {
    effects.push(effect);
    return undefined;
  });
  return effects;
}

/** Kills a role when it comes to that point: its sockets are cut, and the request on them stays unanswered. */
export function killAt(site: Site, roleOf: RoleOf, { role, kind, nth, when }: CrashPoint): void {
  const once = () => void site.parts.slot(role).kill();
  eachEffect(site, roleOf, (effect) =>
    effect.role === role && effect.kind === kind && effect.nth === nth ? { when, once } : undefined,
  );
}

/** The request is held at that moment, and then `once` is called: its sender is gone before it can be answered. */
interface Hold {
  readonly when: CrashPoint['when'];
  readonly once: () => void;
}

function eachEffect(site: Site, roleOf: RoleOf, look: (effect: SeenEffect) => Hold | undefined): void {
  const { kafka, smtp, twilio } = site.parts.embedded;
  if (!kafka || !smtp || !twilio) throw new Error('effects are seen at the embedded servers');
  const counts = new Map<string, number>();
  const holdOf = ({ role, kind, about }: Omit<SeenEffect, 'nth'>) => {
    const nth = (counts.get(`${role} ${kind}`) ?? 0) + 1;
    counts.set(`${role} ${kind}`, nth);
    return look({ role, kind, nth, about });
  };

  let onHeld = () => {};
  const interception = kafka.faults.intercept((request) => {
    const effect = effectOn(request, roleOf);
    const hold = effect && holdOf(effect);
    if (!hold) return undefined;
    onHeld = hold.once;
    return { kind: 'hold', when: hold.when };
  });
  // Once it is held: a request whose effect is to be had has it by then.
  kafka.faults.watch(() => {
    if (interception.held.length > 0) onHeld();
  });

  const whenSent = (role: KafkaRole, about: string) => {
    const hold = holdOf({ role, kind: 'send', about });
    // The server keeps the message, or does not, in this turn.
    if (hold) queueMicrotask(hold.once);
    return hold?.when;
  };
  smtp.behave(() => ({
    do: 'judge',
    by: ({ subject }) => {
      const when = whenSent('email', subject);
      return when ? { do: 'hang', at: when === 'before' ? 'END' : 'REPLY' } : { do: 'accept' };
    },
  }));
  twilio.behave(({ text }) => {
    const when = whenSent('sms', text);
    return when ? { do: 'hang', at: when === 'before' ? 'REQUEST' : 'REPLY' } : { do: 'accept' };
  });
}

/** What a request does, where it does something. */
function effectOn(request: SeenRequest, roleOf: RoleOf): Omit<SeenEffect, 'nth'> | undefined {
  if (request.api === 'Produce') {
    const role = roleOf(/^smokewire-[^-]+-(.*)$/.exec(request.clientId)?.[1] ?? '');
    return role && { role, kind: 'write', about: request.records.map(({ topic, key }) => `${topic}/${key}`).join(' ') };
  }
  if (request.api === 'OffsetCommit') {
    const role = roleOf([...request.groups][0] ?? '');
    const topics = [...request.topics].map(([topic, partitions]) => `${topic}[${partitions}]`);
    return role && { role, kind: 'commit', about: topics.join(' ') };
  }
  return undefined;
}
