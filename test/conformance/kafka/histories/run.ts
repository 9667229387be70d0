import { seededRandom } from '../../../../app/random.ts';
import { eventually } from '../../../support/eventually.ts';
import { Harness } from '../harness.ts';
import { coordinated } from '../protocol/asking.ts';
import { faultsIn } from './checks/index.ts';
import { Recorder } from './history.ts';
import { aWhile, unlessUnanswered } from './link.ts';
import { isLively } from './lively.ts';
import { groupMember } from './members.ts';
import { idempotentProducer, newProducer, plainProducer } from './producers.ts';
import { follower, look, observer } from './readers.ts';
import { fetchFrom, readAll } from './reading.ts';
import { transactionalProducer } from './transactions.ts';
import { Client, type Pace, type World } from './world.ts';

/** A broker that clients are let loose on, and what may happen to it meanwhile. */
export interface Subject {
  readonly address: string;
  readonly pace: Pace;
  /** Each resolves when it is over and the broker serves again. */
  readonly troubles: readonly ((groups: readonly string[]) => void | Promise<void>)[];
}

const PARTITIONS = 3;

/** Lets random clients, as the seed has them, work on a broker for a while. What they saw that no Kafka may do. */
export async function historyOf(seed: string, subject: Subject): Promise<string[]> {
  const harness = new Harness([subject.address]);
  const clients: Client[] = [];
  let working = true;
  try {
    const topic = await harness.topic(PARTITIONS);
    const wire = await harness.protocol();
    for (const keyType of [0, 1] as const) await coordinated(wire, keyType, topic);
    const recorder = new Recorder();
    const world: World = {
      recorder,
      address: subject.address,
      topic,
      partitions: PARTITIONS,
      name: (word) => `${topic}-${word}`,
      pace: subject.pace,
      working: () => working,
    };
    const random = seededRandom(seed);
    const client = (name: string) => {
      const made = new Client(world, random.fork(name));
      clients.push(made);
      return made;
    };
    const cast = castOf(world, client);
    const all = Promise.all([...cast.working, troubled(client('troubles'), subject, cast.groups)]);
    await Promise.race([enough(recorder, subject.pace), all]);
    working = false;
    await all;
    await settle(client('end'), cast);
    return faultsIn(recorder.history);
  } finally {
    working = false;
    for (const { link } of clients) link.drop();
    await harness.end();
  }
}

/** On a busy machine little happens in its time. */
async function enough({ history }: Recorder, { workMs }: Pace): Promise<void> {
  await aWhile(workMs);
  await eventually('something of everything', () => isLively(history), 30_000);
}

interface Cast {
  readonly working: readonly Promise<void>[];
  readonly groups: readonly string[];
  readonly transactionalIds: readonly string[];
}

/** Who takes part: each kind of producer, a group of each style, one of them with static members, and who looks on. */
function castOf(world: World, client: (name: string) => Client): Cast {
  const [eager, cooperative] = [world.name('eager'), world.name('cooperative')];
  const groups = [eager, cooperative, world.name('of-transactions')];
  const [contested, own] = [world.name('contested'), world.name('own')];
  const working = [
    ...['plain-1', 'plain-2'].map((name) => plainProducer(client(name), name)),
    ...['idempotent-1', 'idempotent-2'].map((name) => idempotentProducer(client(name), name)),
    ...['rival-1', 'rival-2'].map((name) => transactionalProducer(client(name), name, contested)),
    transactionalProducer(client('alone'), 'alone', own),
    ...[null, null, 'one'].map((instance, i) =>
      groupMember(client(`eager-${i}`), { group: eager, style: 'eager', instance }),
    ),
    ...[null, null, 'one'].map((instance, i) =>
      groupMember(client(`cooperative-${i}`), { group: cooperative, style: 'cooperative', instance }),
    ),
    // Two that claim to be the same instance: the later one fences the other.
    groupMember(client('twin'), { group: eager, style: 'eager', instance: 'one' }),
    follower(client('committed'), true),
    follower(client('everything'), false),
    observer(client('observer'), groups),
  ];
  return { working, groups, transactionalIds: [contested, own] };
}

async function troubled(client: Client, { troubles, pace }: Subject, groups: readonly string[]): Promise<void> {
  while (troubles.length > 0) {
    await client.rest(2 * pace.troubleMs);
    if (!client.world.working()) return;
    await troubles[client.between(0, troubles.length - 1)]?.(groups);
  }
}

/** Decides what was left open, and writes down what there is in the end. */
async function settle(client: Client, { groups, transactionalIds }: Cast): Promise<void> {
  const { recorder, partitions } = client.world;
  for (const id of transactionalIds) await eventually(`${id} to be taken over`, () => newProducer(client, id), 30_000);
  for (let partition = 0; partition < partitions; partition++) {
    await eventually('every transaction to be decided', async () => {
      const { stableOffset, endOffset } = await fetchFrom(client, { partition, committed: false, from: 0 }, 0);
      return stableOffset === endOffset;
    });
    const all = await readAll(client, partition, false);
    recorder.history.logs.push({ partition, all, committed: await readAll(client, partition, true) });
  }
  for (const group of groups) {
    await eventually(`the offsets of ${group}`, () => look(client, group).catch(unlessUnanswered));
  }
}
