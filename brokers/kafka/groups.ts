import type { Clock } from '../../contracts/clock.ts';
import type { Random } from '../../contracts/random.ts';
import { ErrorCode } from './error-codes.ts';
import { Group } from './group.ts';
import { type JoinAnswer, type JoinRequest, joinFailure, type MemberIdentity } from './member.ts';
import { type CommittedOffset, type KeepOffset, Offsets } from './offsets.ts';
import { NO_STORE, type Store } from './store.ts';

export interface GroupsOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Bounds of `session.timeout.ms`, as `group.min.session.timeout.ms` and its sister. */
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  readonly store?: Store;
}

/** A group that was kept, by the number of its newest generation. */
export interface KeptGroup {
  readonly id: string;
  readonly generation: number;
}

/** An offset that was kept. */
export interface KeptOffset {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly committed: CommittedOffset;
}

/** The protocol type of groups of consumers. */
const CONSUMER = 'consumer';

interface ForCommit {
  readonly error: ErrorCode;
  readonly offsets?: Offsets;
}

interface Entry {
  readonly group: Group;
  readonly offsets: Offsets;
}

/** What a member is told of a group that is not there. */
export function absenceOf(groupId: string): ErrorCode {
  return groupId === '' ? ErrorCode.INVALID_GROUP_ID : ErrorCode.UNKNOWN_MEMBER_ID;
}

/** The group coordinator: every group there is, with its members and its offsets. */
export class Groups {
  readonly #options: GroupsOptions;
  readonly #store: Store;
  readonly #byId = new Map<string, Entry>();

  constructor(options: GroupsOptions) {
    this.#options = options;
    this.#store = options.store ?? NO_STORE;
  }

  get(id: string): Group | undefined {
    return this.#byId.get(id)?.group;
  }

  offsets(id: string): Offsets | undefined {
    return this.#byId.get(id)?.offsets;
  }

  all(): Group[] {
    return [...this.#byId.values()].map((entry) => entry.group);
  }

  join(request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#options;
    const { groupId, memberId, sessionTimeoutMs } = request;
    if (groupId === '') return joinFailure(ErrorCode.INVALID_GROUP_ID, memberId);
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      return joinFailure(ErrorCode.INVALID_SESSION_TIMEOUT, memberId);
    }
    const known = this.get(groupId);
    if (!known && memberId !== '') return joinFailure(ErrorCode.UNKNOWN_MEMBER_ID, memberId);
    return (known ?? this.#make(groupId).group).join(request);
  }

  /** Where to keep what this member commits, or why not. A group that nobody joined may keep offsets, one without a name too. */
  forCommit(id: string, member: MemberIdentity): ForCommit {
    return this.#forCommit(id, member, (group) => group.mayCommit(member));
  }

  /** The same within a transaction. */
  forTransactionalCommit(id: string, member: MemberIdentity): ForCommit {
    return this.#forCommit(id, member, (group) => group.mayCommitTransactionally(member));
  }

  #forCommit(id: string, { generation }: MemberIdentity, judge: (group: Group) => ErrorCode): ForCommit {
    const known = this.#byId.get(id);
    if (!known && generation >= 0) return { error: ErrorCode.ILLEGAL_GENERATION };
    const { group, offsets } = known ?? this.#make(id);
    const error = judge(group);
    return error === ErrorCode.NONE ? { error, offsets } : { error };
  }

  /** The offsets of a group, to delete some of what nobody consumes. Members of a kind that we cannot ask keep all. */
  forDeletion(id: string): ForCommit & { isSubscribed(topic: string): boolean } {
    const known = this.#byId.get(id);
    const isSubscribed = (topic: string) => known?.group.subscribesTo(topic) ?? false;
    if (!known) return { error: id === '' ? ErrorCode.INVALID_GROUP_ID : ErrorCode.GROUP_ID_NOT_FOUND, isSubscribed };
    const { group, offsets } = known;
    if (!group.isEmpty && group.protocolType !== CONSUMER) return { error: ErrorCode.NON_EMPTY_GROUP, isSubscribed };
    return { error: ErrorCode.NONE, offsets, isSubscribed };
  }

  delete(id: string): ErrorCode {
    const group = this.get(id);
    if (!group) return ErrorCode.GROUP_ID_NOT_FOUND;
    if (!group.isEmpty) return ErrorCode.NON_EMPTY_GROUP;
    group.dissolve();
    for (const { topic } of this.offsets(id)?.all() ?? []) this.offsets(id)?.forgetTopic(topic);
    this.#store.put([['group', id], undefined]);
    this.#byId.delete(id);
    return ErrorCode.NONE;
  }

  forgetTopic(topic: string): void {
    for (const { offsets } of this.#byId.values()) offsets.forgetTopic(topic);
  }

  /** Ends every session and every wait; offsets stay. */
  dissolve(): void {
    for (const { group } of this.#byId.values()) group.dissolve();
  }

  /** Groups that were kept, and offsets with theirs; they are empty. */
  restore(groups: readonly KeptGroup[], kept: readonly KeptOffset[]): void {
    for (const { id, generation } of groups) this.#known(id).group.restore(generation);
    for (const { group, topic, partition, committed } of kept) {
      this.#known(group).offsets.restore(topic, partition, committed);
    }
  }

  #known(id: string): Entry {
    return this.#byId.get(id) ?? this.#make(id);
  }

  #make(id: string): Entry {
    const { clock, random } = this.#options;
    const store = this.#store;
    const keep: KeepOffset = (topic, partition, committed) => store.put([['offset', id, topic, partition], committed]);
    // A rebalance does not wait for a disk that is full: its number would only be counted again after a restart.
    const keepGeneration = (generation: number) => store.note([['group', id], { generation }]);
    const entry = { group: new Group({ id, clock, random, keepGeneration }), offsets: new Offsets(keep) };
    this.#byId.set(id, entry);
    return entry;
  }
}
