import type { Clock } from '../../contracts/clock.ts';
import type { Random } from '../../contracts/random.ts';
import type { Refusal } from './error-codes.ts';
import { PartitionLog } from './log.ts';
import { NO_STORE, type Store } from './store.ts';
import { TopicConfig, type TopicDefaults } from './topic-config.ts';
import { type NewTopic, newTopicRefusal } from './topic-rules.ts';

/** In place of a topic's id where there is no topic (KIP-516). */
export const NO_TOPIC_ID = '0'.repeat(32);

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
    return newTopicRefusal(wanted, [...this.#byName.keys()]);
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
