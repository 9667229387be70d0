import type { Clock } from '../../contracts/clock.ts';
import type { Random } from '../../contracts/random.ts';
import { ErrorCode, NO_REFUSAL, type Refusal } from './error-codes.ts';
import { PartitionLog } from './log.ts';
import { NODE_ID } from './request.ts';
import { NO_STORE, type Store } from './store.ts';
import { checkSetting, TopicConfig, type TopicDefaults } from './topic-config.ts';

/** A topic in one process has no use for more, and a mistyped number should not take the machine's memory. */
const MOST_PARTITIONS = 10_000;
/** In place of a topic's id where there is no topic (KIP-516). */
export const NO_TOPIC_ID = '0'.repeat(32);
const NAME = /^[a-zA-Z0-9._-]{1,249}$/;

/** A topic: its partitions and its settings. */
export class Topic {
  readonly name: string;
  /** 32 hexadecimal digits: another one when a topic of the same name is made again (KIP-516). */
  readonly id: string;
  config: TopicConfig;
  readonly partitions: PartitionLog[] = [];
  readonly #clock: Clock;
  readonly #store: Store;

  constructor({ name, id, partitions, config }: TopicPlan & { id: string }, clock: Clock, store: Store) {
    this.name = name;
    this.id = id;
    this.config = config;
    this.#clock = clock;
    this.#store = store;
    this.grow(partitions);
  }

  grow(partitions: number): void {
    for (let index = this.partitions.length; index < partitions; index++) {
      this.partitions.push(new PartitionLog(this.#clock, () => this.config, this.#store.log(this.id, index)));
    }
  }
}

/** A topic to be made; `partitions` and `replicationFactor` are −1 for the broker's default. */
export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Which brokers have which partition; empty to leave it to this one. */
  readonly assignments: readonly { readonly index: number; readonly nodes: readonly number[] }[];
  readonly settings: readonly (readonly [name: string, value: string | null])[];
}

/** What becomes of a `NewTopic` by the broker's defaults. */
export interface TopicPlan {
  readonly name: string;
  readonly partitions: number;
  readonly config: TopicConfig;
}

export interface TopicsOptions {
  readonly clock: Clock;
  /** For the topics' ids. */
  readonly random: Random;
  readonly defaultPartitions: number;
  readonly defaults: TopicDefaults;
  readonly store?: Store;
}

/** A topic as it is kept, without its records. */
export interface KeptTopic {
  readonly name: string;
  readonly id: string;
  readonly partitions: number;
  readonly settings: readonly (readonly [name: string, value: string])[];
}

/** All topics of the broker, and the rules by which they come and go. */
export class Topics {
  readonly #options: TopicsOptions;
  readonly #store: Store;
  readonly #byName = new Map<string, Topic>();
  readonly #nameById = new Map<string, string>();

  constructor(options: TopicsOptions) {
    this.#options = options;
    this.#store = options.store ?? NO_STORE;
  }

  /** Topics that were kept, with what is kept of their records. */
  restore(topics: readonly KeptTopic[]): void {
    for (const { name, id, partitions, settings } of topics) {
      const topic = new Topic(
        { name, id, partitions, config: this.#config(settings) },
        this.#options.clock,
        this.#store,
      );
      this.#add(topic);
    }
  }

  get(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  /** The name of the topic that has this id. */
  nameOf(id: string): string | undefined {
    return this.#nameById.get(id);
  }

  log(name: string, partition: number): PartitionLog | undefined {
    return this.#byName.get(name)?.partitions[partition];
  }

  all(): IterableIterator<Topic> {
    return this.#byName.values();
  }

  /** Why `wanted` cannot be made, if it cannot. */
  refusal(wanted: NewTopic): Refusal {
    if (!isTopicName(wanted.name)) return refuse(ErrorCode.INVALID_TOPIC, 'not a topic name');
    if (this.#byName.has(wanted.name)) return refuse(ErrorCode.TOPIC_ALREADY_EXISTS, 'the topic exists');
    const twin = [...this.#byName.keys()].find((name) => metricName(name) === metricName(wanted.name));
    if (twin !== undefined) return refuse(ErrorCode.INVALID_TOPIC, `the name collides with that of ${twin}`);
    if (wanted.assignments.length > 0) return assignmentRefusal(wanted);
    if (wanted.partitions !== -1 && (wanted.partitions < 1 || wanted.partitions > MOST_PARTITIONS)) {
      return refuse(ErrorCode.INVALID_PARTITIONS, `a topic has 1 to ${MOST_PARTITIONS} partitions`);
    }
    if (wanted.replicationFactor !== -1 && wanted.replicationFactor !== 1) {
      return refuse(ErrorCode.INVALID_REPLICATION_FACTOR, 'there is one broker, so the replication factor is 1');
    }
    return settingsRefusal(wanted.settings);
  }

  /** What a topic that is not refused is going to be. */
  plan({ name, partitions, assignments, settings }: NewTopic): TopicPlan {
    const unsaid = assignments.length || this.#options.defaultPartitions;
    return { name, partitions: partitions === -1 ? unsaid : partitions, config: this.#config(settings) };
  }

  /** An id for a topic: 32 hexadecimal digits. */
  newId(): string {
    return this.#options.random.uuid().replaceAll('-', '');
  }

  /** Makes a topic that is not refused. */
  create(wanted: NewTopic): Topic {
    const { clock } = this.#options;
    const plan = { ...this.plan(wanted), id: this.newId() };
    this.#keep(plan, plan.partitions, plan.config);
    const topic = new Topic(plan, clock, this.#store);
    this.#add(topic);
    return topic;
  }

  delete(name: string): boolean {
    const topic = this.#byName.get(name);
    if (!topic) return false;
    this.#store.put([['topic', name], undefined]);
    this.#byName.delete(name);
    this.#nameById.delete(topic.id);
    for (const log of topic.partitions) log.delete();
    return true;
  }

  /** Why a topic cannot get `partitions`, if it cannot: they only ever become more. */
  growthRefusal(topic: Topic, partitions: number, assignments: readonly (readonly number[])[] | null): Refusal {
    const present = topic.partitions.length;
    if (partitions <= present || partitions > MOST_PARTITIONS) {
      return refuse(ErrorCode.INVALID_PARTITIONS, `the topic has ${present} partitions`);
    }
    if (assignments === null) return NO_REFUSAL;
    const fits = assignments.length === partitions - present && assignments.every(isThisBroker);
    return fits ? NO_REFUSAL : MISPLACED;
  }

  /** Gives a topic as many partitions; a number that is not refused. */
  grow(topic: Topic, partitions: number): void {
    this.#keep(topic, partitions, topic.config);
    topic.grow(partitions);
  }

  /** Replaces what was set for a topic; settings that are not refused. */
  configure(topic: Topic, settings: NewTopic['settings']): void {
    const config = this.#config(settings);
    this.#keep(topic, topic.partitions.length, config);
    topic.config = config;
  }

  #add(topic: Topic): void {
    this.#byName.set(topic.name, topic);
    this.#nameById.set(topic.id, topic.name);
  }

  #keep({ name, id }: { name: string; id: string }, partitions: number, config: TopicConfig): void {
    this.#store.put([['topic', name], { id, partitions, settings: [...config.explicit] }]);
  }

  #config(settings: NewTopic['settings']): TopicConfig {
    const explicit = new Map<string, string>();
    for (const [name, value] of settings) if (value !== null) explicit.set(name, value);
    return new TopicConfig(explicit, this.#options.defaults);
  }
}

export function isTopicName(name: string): boolean {
  return NAME.test(name) && name !== '.' && name !== '..';
}

/** Metrics write a dot as an underscore, so two topics must not differ in that alone. */
function metricName(topic: string): string {
  return topic.replaceAll('.', '_');
}

function assignmentRefusal({ partitions, replicationFactor, assignments, settings }: NewTopic): Refusal {
  if (partitions !== -1 || replicationFactor !== -1) {
    return refuse(
      ErrorCode.INVALID_REQUEST,
      'assignments say by themselves how many partitions and replicas there are',
    );
  }
  const indexes = new Set(assignments.map(({ index }) => index));
  const isComplete = assignments.every((_, index) => indexes.has(index));
  const isPlaced = assignments.every(({ nodes }) => isThisBroker(nodes));
  return isComplete && isPlaced ? settingsRefusal(settings) : MISPLACED;
}

function isThisBroker(nodes: readonly number[]): boolean {
  return nodes.length === 1 && nodes[0] === NODE_ID;
}

/** The first of the settings that cannot be taken. */
export function settingsRefusal(settings: NewTopic['settings']): Refusal {
  for (const [name, value] of settings) {
    const refusal = checkSetting(name, value);
    if (refusal.error !== ErrorCode.NONE) return refusal;
  }
  return NO_REFUSAL;
}

function refuse(error: ErrorCode, message: string): Refusal {
  return { error, message };
}

const MISPLACED = refuse(ErrorCode.INVALID_REPLICA_ASSIGNMENT, `every partition has one replica, on broker ${NODE_ID}`);
