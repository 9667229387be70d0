import { seededRandom } from '../../app/random.ts';
import { headerOf } from '../../contracts/kafka-records.ts';
import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import { CANARY_FLOOR } from '../../contracts/signals.ts';
import { correlatorDefinition } from '../../processors/correlator/correlator.ts';
import { watchdogDefinition } from '../../processors/watchdog/watchdog.ts';
import { canaryOf } from '../../transport/kafka/canary-ids.ts';
import { partitionOf } from '../../transport/kafka/partition.ts';
import { type Heard, SimulatedBridge } from './bridge.ts';
import { Chance, type Span } from './chance.ts';
import { crew } from './crew.ts';
import { SimulatedDetector } from './detector.ts';
import { doublesOf } from './double.ts';
import { addPartitions } from './growth.ts';
import { KafkaLog } from './kafka-log.ts';
import { Scheduler } from './scheduler.ts';
import { END_MS, type Story, storyOf, TROUBLE_MS } from './story.ts';
import { SITE, T0, type World } from './world.ts';

export const WINDOWS = { misses: 3, graceMs: 1_000, canaryPeriodMs: 1_000 } as const;

/** What Kafka compacts. */
const TABLES = ['detectors', 'presence', 'detector-states', 'census', 'correlator.state'] as const;

/** What happened, as nobody in the simulation could know it. */
export interface History {
  readonly story: Story;
  readonly world: World;
  /** What each record of `signals` really was, by partition and offset. */
  readonly heard: readonly Heard[][];
  /** Each announcement that came into the registry, and through which bridge. */
  readonly announcements: readonly Announcement[];
  /** Each time that a detector was written into a partition of the registry, be it by whoever moves it. */
  readonly registered: ReadonlyMap<number, readonly Registered[]>;
  /** Each detector's heartbeat as it stood in the registry, and since when. */
  readonly announced: ReadonlyMap<number, readonly Announced[]>;
  /** When each partition was watched, in spans of one watchdog each. */
  readonly watched: readonly Span[][];
  /** When the site's verdicts were read, in spans of one correlator each. */
  readonly correlated: readonly Span[];
}

export interface Registered {
  readonly partition: number;
  readonly at: number;
}

export interface Announcement {
  readonly id: number;
  readonly at: number;
  readonly bridge: string;
}

export interface Announced {
  readonly at: number;
  /** When the bridge really received it, ms. */
  readonly receivedAt: number;
  readonly heartbeatMs: number;
}

/** Lets a seed's story happen, and answers with the truth about it. The same seed gives the same history. */
export async function simulate(seed: string): Promise<History> {
  const chance = new Chance(seededRandom(seed));
  const story = storyOf(chance.fork('story'));
  const world: World = {
    scheduler: new Scheduler(),
    log: new KafkaLog(),
    chance: chance.fork('world'),
    crashRate: story.crashRate,
    said: [],
    steppedAt: partitioned(story),
    regrouped: [],
  };
  const heard = partitioned<Heard>(story);
  build(world, story, (partition, offset, truth) => {
    const records = heard[partition];
    if (records) records[offset] = truth;
  });
  const announcements: Announcement[] = [];
  const registered = new Map<number, Registered[]>();
  const announced = followRegistry(world, story, announcements, registered);
  const crews = watch(world, story);
  await world.scheduler.runUntil(END_MS);
  return { story, world, heard, announcements, registered, announced, ...crews };
}

function partitioned<T>({ growth }: Story): T[][] {
  return Array.from({ length: growth?.to ?? PARTITIONS }, () => []);
}

/** The building, and what goes wrong with its way into Kafka. */
function build(world: World, story: Story, onHeard: (partition: number, offset: number, heard: Heard) => void): void {
  const { scheduler, log } = world;
  const made = story.bridges.map((plan) => new SimulatedBridge(world, { ...plan, onHeard }));
  const [first, ...others] = made;
  if (!first) return;
  const detectors = story.detectors.map((plan) => new SimulatedDetector(world, plan, [first, ...others]));
  const doubles = story.detectors.flatMap((plan) => doublesOf(world, plan, made));
  const devices = [...detectors, ...doubles];
  for (const device of devices) device.start();
  for (const [i, bridge] of made.entries()) {
    sing(world, bridge, story.mutes);
    during(scheduler, story.bridges[i]?.brokerOutages ?? [], (out) => {
      bridge.brokerUp = !out;
      for (const device of devices) device.brokerChanged(bridge);
    });
    during(scheduler, story.bridges[i]?.outages ?? [], (out) => {
      bridge.setUp(!out);
      if (!out) for (const detector of detectors) detector.bridgeReturned(bridge);
    });
  }
  during(scheduler, story.kafkaOutages, (out) => {
    log.up = !out;
  });
  if (story.growth) addPartitions(world, story.growth, made);
  for (const at of story.compactions) {
    scheduler.after(at, () => {
      for (const topic of TABLES) log.compact(topic);
    });
  }
}

function followRegistry(
  { log, scheduler }: World,
  { bridges }: Story,
  announcements: Announcement[],
  registered: Map<number, Registered[]>,
): ReadonlyMap<number, readonly Announced[]> {
  const announced = new Map<number, Announced[]>();
  /** Where each announcement was written first. */
  const places = new Map<string, number>();
  log.onAppend((topic, partition) => {
    if (topic !== 'detectors') return;
    const record = log.read(topic, partition, log.extent(topic, partition).end - 1, 1).records[0];
    if (!record || record.value === null) return;
    const id = Number(record.key);
    registered.set(id, [...(registered.get(id) ?? []), { partition, at: scheduler.now }]);
    const name = headerOf(record, 'ce_id') ?? '';
    if ((places.get(name) ?? partition) !== partition) return;
    places.set(name, partition);
    const { heartbeatMs } = JSON.parse(String(record.value));
    const bridge = headerOf(record, 'bridge') ?? '';
    announcements.push({ id, at: scheduler.now, bridge });
    const known = announced.get(id) ?? [];
    announced.set(id, known);
    if (known.at(-1)?.heartbeatMs !== heartbeatMs) {
      const skewMs = bridges.find(({ name }) => name === bridge)?.skewMs ?? 0;
      known.push({ at: scheduler.now, receivedAt: record.timestamp - T0 - skewMs, heartbeatMs });
    }
  });
  return announced;
}

/** The canaries of one broker: a beat is sent now or never, and at most one is on its way. */
function sing(world: World, bridge: SimulatedBridge, mutes: readonly Span[]): void {
  const { scheduler } = world;
  const chance = world.chance.fork(`canary ${bridge.name}`);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const canary = canaryOf(partition);
    let pending = false;
    let backAt = 0;
    const beat = () => {
      scheduler.after(WINDOWS.canaryPeriodMs + chance.int(-2, 2), beat);
      const muted = mutes.some(({ from, to }) => from <= scheduler.now && scheduler.now < to);
      if (!bridge.brokerUp) {
        pending = false;
        backAt = scheduler.now + chance.int(1, 1_500);
      }
      if (muted || pending || scheduler.now < backAt) return;
      pending = true;
      bridge.signal({ detector: canary, floor: CANARY_FLOOR, value: 0 }, () => {
        pending = false;
      });
    };
    scheduler.after(partition + chance.int(0, 10), beat);
  }
}

/** The watchdogs, and the correlator behind them. */
function watch(world: World, story: Story): Pick<History, 'watched' | 'correlated'> {
  const watchdog = (group: string) => () => watchdogDefinition({ ...WINDOWS, site: SITE, group });
  const watched = crew(world, story, {
    name: 'w',
    definitions: story.redundant ? [watchdog('watchdog'), watchdog('watchdog-b')] : [watchdog('watchdog')],
    size: story.watchdogs,
    stalls: story.stalls,
    learnAfter: story.growth?.groupsLearnAfter ?? [],
  });
  const correlated = crew(world, story, {
    name: 'c',
    definitions: [() => correlatorDefinition({ site: SITE, canaryPeriodMs: WINDOWS.canaryPeriodMs })],
    size: story.correlators,
    stalls: story.correlatorStalls,
  });
  world.scheduler.after(TROUBLE_MS, () => {
    world.crashRate = 0;
  });
  return { watched, correlated: correlated[partitionOf(SITE, PARTITIONS)] ?? [] };
}

function during(scheduler: Scheduler, spans: readonly Span[], set: (within: boolean) => void): void {
  for (const { from, to } of spans) {
    scheduler.after(from, () => set(true));
    scheduler.after(to, () => set(false));
  }
}
