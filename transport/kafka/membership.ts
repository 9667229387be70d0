import type { Broker } from 'kafkajs/src/cluster/index.js';
import {
  ASSIGNER,
  type Assignment,
  assignPartitions,
  decodeAssignment,
  encodeAssignment,
  encodeSubscription,
} from './assigner.ts';
import { kafkaErrorType } from './errors.ts';
import { heartbeat, joinGroup, syncGroup } from './group-requests.ts';
import type { Link } from './link.ts';
import type { Committed } from './types.ts';

/**
 * After this long without a heartbeat a member is given up and its partitions go to others, in milliseconds. 6 s is the
 * least that Kafka takes (`group.min.session.timeout.ms`): fire has to be indicated within 10 s (EN 54-2 7.1), also when
 * a processor is killed just then.
 */
export const SESSION_TIMEOUT_MS = 6_000;

/** How long the coordinator waits for members to come back in a rebalance, in milliseconds. */
const REBALANCE_TIMEOUT_MS = 10_000;

/** Answers of the coordinator that mean: join again. */
const LOST = ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'];

/** Whether an error says that this generation of the group is over. */
export function isGenerationOver(thrown: unknown): boolean {
  return LOST.includes(kafkaErrorType(thrown) ?? '');
}

/** Whether an error says that a newer process has taken this one's place, by the same instance. */
export function isFenced(thrown: unknown): boolean {
  return kafkaErrorType(thrown) === 'FENCED_INSTANCE_ID';
}

/** Answers of a coordinator that is only just taking over the group, as after the first use of a new cluster. */
const NOT_YET = ['GROUP_COORDINATOR_NOT_AVAILABLE', 'GROUP_LOAD_IN_PROGRESS', 'NOT_COORDINATOR_FOR_GROUP'];

/** Whether joining again, over the same connections, is the answer to an error. */
export function isWorthJoiningAgain(thrown: unknown): boolean {
  return isGenerationOver(thrown) || NOT_YET.includes(kafkaErrorType(thrown) ?? '');
}

/** An offset to be committed. */
export interface Progress extends Committed {
  readonly topic: string;
  readonly partition: number;
}

export interface MembershipOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  /**
   * Names this member for the group, also after a restart (KIP-345): who joins under a name that is taken has its partitions at
   * once, and fences who had them.
   */
  readonly instance?: string | undefined;
}

/** This process as a member of a consumer group: the group protocol, without any timer. Topic names are Kafka's. */
export class Membership {
  readonly groupId: string;
  readonly #topics: readonly string[];
  readonly #instance: string | null;
  #memberId = '';
  #generation = -1;
  #leads = false;
  #coordinator: Broker | undefined;

  constructor({ groupId, topics, instance }: MembershipOptions) {
    this.groupId = groupId;
    this.#topics = topics;
    this.#instance = instance ?? null;
  }

  /** Whether this member deals out the partitions: when it joins again, everybody has to. */
  get leads(): boolean {
    return this.#leads;
  }

  /**
   * Joins, or joins again, and answers with this member's share. If it is to deal out partitions, it calls `count` before to
   * know of how many; nobody of the group works while that runs.
   */
  async join(link: Link, count: () => Promise<number>): Promise<Assignment> {
    try {
      return await this.#joinAndSync(link, count);
    } catch (error) {
      if (kafkaErrorType(error) === 'UNKNOWN_MEMBER_ID') this.#memberId = '';
      throw error;
    }
  }

  async #joinAndSync(link: Link, count: () => Promise<number>): Promise<Assignment> {
    const { groupId } = this;
    const coordinator = await link.cluster.findGroupCoordinator({ groupId });
    this.#coordinator = coordinator;
    const groupInstanceId = this.#instance;
    const { memberId, generationId, leaderId, members } = await joinGroup(coordinator, {
      groupId,
      memberId: this.#memberId,
      groupInstanceId,
      sessionTimeout: SESSION_TIMEOUT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      groupProtocols: [{ name: ASSIGNER, metadata: encodeSubscription(this.#topics) }],
    });
    this.#memberId = memberId;
    this.#generation = generationId;
    this.#leads = memberId === leaderId;
    const of = this.#leads ? await count() : 0;
    const memberIds = this.#leads ? members.map((member) => member.memberId) : [];
    const assignments = [...assignPartitions(memberIds, of)];
    const { memberAssignment } = await syncGroup(coordinator, {
      groupId,
      memberId,
      groupInstanceId,
      generationId,
      groupAssignment: assignments.map(([id, partitions]) => ({
        memberId: id,
        memberAssignment: encodeAssignment(this.#topics, { partitions, of }),
      })),
    });
    return decodeAssignment(memberAssignment);
  }

  /** Throws what `isGenerationOver` knows when the group rebalances. */
  async heartbeat(link: Link): Promise<void> {
    await this.#ask(link, (coordinator) =>
      heartbeat(coordinator, { ...this.#identity(), groupInstanceId: this.#instance }),
    );
  }

  async commit(link: Link, progress: readonly Progress[]): Promise<void> {
    const topics = progress.map(({ topic, partition, offset, metadata }) => ({
      topic,
      partitions: [{ partition, offset: String(offset), metadata }],
    }));
    await this.#ask(link, (coordinator) => coordinator.offsetCommit({ ...this.#identity(), topics }));
  }

  /** What is committed for some partitions of topics; where nothing is, nothing is answered. */
  async committed(link: Link, topics: readonly string[], partitions: readonly number[]): Promise<Progress[]> {
    if (topics.length === 0 || partitions.length === 0) return [];
    const wanted = topics.map((topic) => ({ topic, partitions: partitions.map((partition) => ({ partition })) }));
    const { responses } = await this.#ask(link, (coordinator) =>
      coordinator.offsetFetch({ groupId: this.groupId, topics: wanted }),
    );
    return responses.flatMap(({ topic, partitions: answers }) =>
      answers
        .filter(({ offset }) => Number(offset) >= 0)
        .map(({ partition, offset, metadata }) => ({
          topic,
          partition,
          offset: Number(offset),
          metadata: metadata ?? '',
        })),
    );
  }

  /** Leaves, so that the others need not wait for the session to run out. */
  async leave(): Promise<void> {
    const memberId = this.#memberId;
    if (memberId === '') return;
    this.#memberId = '';
    await this.#coordinator?.leaveGroup({ groupId: this.groupId, memberId });
  }

  #identity(): { groupId: string; memberId: string; groupGenerationId: number } {
    return { groupId: this.groupId, memberId: this.#memberId, groupGenerationId: this.#generation };
  }

  /** Asks the coordinator, whoever that is by now. */
  async #ask<T>(link: Link, question: (coordinator: Broker) => Promise<T>): Promise<T> {
    try {
      this.#coordinator ??= await link.cluster.findGroupCoordinator({ groupId: this.groupId });
      return await question(this.#coordinator);
    } catch (error) {
      if (isGenerationOver(error)) {
        if (kafkaErrorType(error) !== 'REBALANCE_IN_PROGRESS') this.#generation = -1;
        // An instance joins again as who it was: one that was replaced meanwhile is fenced, and takes nothing back.
        if (kafkaErrorType(error) === 'UNKNOWN_MEMBER_ID' && this.#instance === null) this.#memberId = '';
      } else if (!isFenced(error)) {
        this.#coordinator = undefined;
      }
      throw error;
    }
  }
}
