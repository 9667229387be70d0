import type { Clock } from '../../../contracts/clock.ts';
import type { Random } from '../../../contracts/random.ts';
import { batchIsCompressed, batchProblem } from '../batch.ts';
import { MalformedFrame } from '../codec/reader.ts';
import { ErrorCode, type Refusal } from '../error-codes.ts';
import type { Group } from '../group.ts';
import { Groups } from '../groups.ts';
import { type Appended, notAppended, PartitionLog } from '../log.ts';
import { type JoinAnswer, type JoinRequest, joinFailure } from '../member.ts';
import { type CommittedOffset, Offsets } from '../offsets.ts';
import { recordsOf } from '../records.ts';
import type { BrokerState } from '../request.ts';
import { TopicConfig } from '../topic-config.ts';
import type { NewTopic } from '../topic-rules.ts';
import { type Topic, Topics } from '../topics.ts';
import { type TransactionalProducer, Transactions } from '../transactions.ts';
import type { SeenRecord } from './types.ts';

const DEFAULTS = { retentionBytes: -1, maxMessageBytes: 0 };
const CONFIG = new TopicConfig(new Map(), DEFAULTS);

/** Time stands still for a rehearsal: what it would wait for never comes. */
const STILL: Clock = {
  now: () => 0,
  after: () => ({ cancel: () => undefined }),
  every: () => ({ cancel: () => undefined }),
};
const UNRANDOM: Random = { next: () => 0, uuid: () => '', fork: () => UNRANDOM };

/** What a handler asked its broker about. */
export class Notes {
  readonly topics = new Map<string, number[]>();
  readonly groups = new Set<string>();
  /** The records to append; of a compressed batch, which is not opened, none. */
  readonly records: SeenRecord[] = [];

  topic(name: string): number[] {
    const partitions = this.topics.get(name) ?? [];
    this.topics.set(name, partitions);
    return partitions;
  }

  partition(name: string, index: number): void {
    const partitions = this.topic(name);
    if (!partitions.includes(index)) partitions.push(index);
  }
}

/**
 * A broker that has nothing and takes note of what it is asked for. A handler that works on it tells what its request
 * is about, and writes an answer of the right form, without any effect: so faults need no second grammar of the
 * protocol. `fresh` is an empty broker by the same options; its topics are only asked for what their ids stand for.
 */
export function rehearsalOf(fresh: (clock: Clock) => BrokerState, notes: Notes): BrokerState {
  const broker = fresh(STILL);
  const topics = new NotedTopics(notes, broker.topics);
  const groups = new NotedGroups(notes);
  return {
    ...broker,
    topics,
    groups,
    transactions: new NotedTransactions(notes, topics, groups),
    autoCreateTopics: false,
    maxFetchWaitMs: 0,
  };
}

class NotedTopics extends Topics {
  readonly #notes: Notes;
  readonly #known: Topics;

  constructor(notes: Notes, known: Topics) {
    super({ clock: STILL, random: UNRANDOM, defaultPartitions: 1, defaults: DEFAULTS });
    this.#notes = notes;
    this.#known = known;
  }

  override nameOf(id: string): string | undefined {
    return this.#known.nameOf(id);
  }

  override get(name: string): Topic | undefined {
    this.#notes.topic(name);
    return undefined;
  }

  override refusal(wanted: NewTopic): Refusal {
    this.#notes.topic(wanted.name);
    return super.refusal(wanted);
  }

  override delete(name: string): boolean {
    this.#notes.topic(name);
    return false;
  }

  override log(name: string, partition: number): PartitionLog {
    this.#notes.partition(name, partition);
    return new NotedLog(name, this.#notes);
  }
}

class NotedLog extends PartitionLog {
  readonly #topic: string;
  readonly #notes: Notes;

  constructor(topic: string, notes: Notes) {
    super(STILL, () => CONFIG);
    this.#topic = topic;
    this.#notes = notes;
  }

  override hasOpenTransaction(): boolean {
    return true;
  }

  override append(batch: Buffer): Appended {
    const error = batchProblem(batch, batch.length);
    if (error === ErrorCode.NONE && !batchIsCompressed(batch, 0)) {
      this.#notes.records.push(...keysOf(batch).map((key) => ({ topic: this.#topic, key })));
    }
    return notAppended(error);
  }
}

class NotedGroups extends Groups {
  readonly #notes: Notes;

  constructor(notes: Notes) {
    super({ clock: STILL, random: UNRANDOM, minSessionTimeoutMs: 0, maxSessionTimeoutMs: 0 });
    this.#notes = notes;
  }

  override get(id: string): Group | undefined {
    this.#notes.groups.add(id);
    return undefined;
  }

  override offsets(id: string): Offsets {
    this.#notes.groups.add(id);
    return new NotedOffsets(this.#notes);
  }

  override join({ groupId, memberId }: JoinRequest): JoinAnswer {
    this.#notes.groups.add(groupId);
    return joinFailure(ErrorCode.NONE, memberId);
  }

  override forCommit(id: string): { error: ErrorCode; offsets: Offsets } {
    return { error: ErrorCode.NONE, offsets: this.offsets(id) };
  }

  override forTransactionalCommit(id: string): { error: ErrorCode; offsets: Offsets } {
    return this.forCommit(id);
  }
}

class NotedTransactions extends Transactions {
  readonly #notes: Notes;

  constructor(notes: Notes, topics: Topics, groups: Groups) {
    super({ clock: STILL, topics, groups, maxTimeoutMs: 0 });
    this.#notes = notes;
  }

  override addGroup(_producer: TransactionalProducer, groupId: string): ErrorCode {
    this.#notes.groups.add(groupId);
    return ErrorCode.NONE;
  }

  override mayCommit(): ErrorCode {
    return ErrorCode.NONE;
  }
}

class NotedOffsets extends Offsets {
  readonly #notes: Notes;

  constructor(notes: Notes) {
    super();
    this.#notes = notes;
  }

  override get(topic: string, partition: number): CommittedOffset | undefined {
    this.#notes.partition(topic, partition);
    return undefined;
  }
}

/** As far as they can be read. */
function keysOf(batch: Buffer): (string | null)[] {
  const keys: (string | null)[] = [];
  try {
    for (const { key } of recordsOf(batch, 0)) keys.push(key?.toString() ?? null);
  } catch (error) {
    if (!(error instanceof MalformedFrame)) throw error;
  }
  return keys;
}
