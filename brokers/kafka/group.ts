import type { Clock } from '../../contracts/clock.ts';
import type { Random } from '../../contracts/random.ts';
import { ErrorCode } from './error-codes.ts';
import { Generations, type GroupState, type KeepGeneration } from './generations.ts';
import {
  type JoinAnswer,
  type JoinRequest,
  joinFailure,
  Member,
  type MemberIdentity,
  type SyncAnswer,
  type SyncRequest,
  syncFailure,
} from './member.ts';
import { subscribesTo } from './subscription.ts';

/** As much of a client's id as goes into its member id. */
const LONGEST_CLIENT_ID = 255;

export interface GroupOptions {
  readonly id: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly keepGeneration: KeepGeneration;
}

/** One consumer group: who may ask what of it, and what is answered. Its rebalances are `Generations`. */
export class Group {
  readonly id: string;
  readonly #random: Random;
  readonly #generations: Generations;

  constructor({ id, clock, random, keepGeneration }: GroupOptions) {
    this.id = id;
    this.#random = random;
    this.#generations = new Generations(clock, keepGeneration);
  }

  /** One that was kept; it has no members. */
  restore(generation: number): void {
    this.#generations.restore(generation);
  }

  get state(): GroupState {
    return this.#generations.state;
  }

  get protocolType(): string {
    return this.#generations.current.protocolType;
  }

  /** The assignor chosen; empty unless the group is stable. */
  get protocol(): string {
    return this.state === 'Stable' ? this.#generations.current.protocol : '';
  }

  get isEmpty(): boolean {
    return this.#generations.members.size === 0;
  }

  members(): IterableIterator<Member> {
    return this.#generations.members[Symbol.iterator]();
  }

  /** Answers when the generation is complete, at once with an error or to a newcomer that has to take its id first. */
  join(request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    const { memberId, instanceId, protocolType } = request;
    const generations = this.#generations;
    if (!this.#agreesWith(request)) return joinFailure(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId);
    if (memberId === '') return this.#joinNew(request);
    if (generations.isExpected(memberId)) return generations.admit(new Member(memberId, request), protocolType);
    const refusal = generations.members.identify(memberId, instanceId);
    const member = generations.members.get(memberId);
    if (refusal !== ErrorCode.NONE || !member) return joinFailure(refusal, memberId);
    return this.#rejoin(member, request);
  }

  /** Answers with the member's share, as soon as the leader has sent everyone's. */
  sync(request: SyncRequest): SyncAnswer | Promise<SyncAnswer> {
    const generations = this.#generations;
    const refusal = this.#isMember(request);
    const member = generations.members.get(request.memberId);
    if (refusal !== ErrorCode.NONE || !member) return syncFailure(refusal);
    if (
      differs(request.protocolType, generations.current.protocolType) ||
      differs(request.protocol, generations.current.protocol)
    ) {
      return syncFailure(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    }
    if (this.state === 'PreparingRebalance') return syncFailure(ErrorCode.REBALANCE_IN_PROGRESS);
    member.owesSync = false;
    if (this.state === 'Stable') {
      generations.renew(member);
      return generations.current.shareOf(member);
    }
    member.session?.cancel();
    member.answerSync(syncFailure(ErrorCode.REBALANCE_IN_PROGRESS));
    const answer = member.awaitSync();
    if (generations.current.isLedBy(member)) generations.share(request.assignments);
    return answer;
  }

  heartbeat(claimed: MemberIdentity): ErrorCode {
    const refusal = this.#isMember(claimed);
    if (refusal !== ErrorCode.NONE) return refusal;
    this.#renew(claimed);
    return this.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
  }

  /** An instance can be named without its member's id, by whoever administers the group (KIP-345). */
  leave(memberId: string, instanceId: string | null): ErrorCode {
    const { members } = this.#generations;
    if (this.#generations.forget(memberId)) return ErrorCode.NONE;
    const instance = memberId === '' && instanceId !== null ? members.instance(instanceId) : undefined;
    const refusal = members.identify(instance?.id ?? memberId, instanceId);
    const member = instance ?? members.get(memberId);
    if (refusal !== ErrorCode.NONE || !member) return refusal;
    this.#generations.remove(member);
    return ErrorCode.NONE;
  }

  /** Whether this member may commit offsets. Without a generation, only while nobody consumes as the group. */
  mayCommit(claimed: MemberIdentity): ErrorCode {
    if (claimed.generation < 0 && this.isEmpty) return ErrorCode.NONE;
    const refusal = this.#isMember(claimed);
    if (refusal !== ErrorCode.NONE) return refusal;
    if (this.state === 'CompletingRebalance') return ErrorCode.REBALANCE_IN_PROGRESS;
    this.#renew(claimed);
    return ErrorCode.NONE;
  }

  /** The same within a transaction, whose producer need not be a member if it does not say that it is one (KIP-447). */
  mayCommitTransactionally(claimed: MemberIdentity): ErrorCode {
    const { generation, memberId, instanceId } = claimed;
    if (generation < 0 && (this.isEmpty || (memberId === '' && instanceId === null))) return ErrorCode.NONE;
    return this.#isMember(claimed);
  }

  /** Whether one of the members, which are consumers, subscribes to a topic. */
  subscribesTo(topic: string): boolean {
    for (const { protocols } of this.members()) {
      if (protocols.some(({ metadata }) => subscribesTo(metadata, topic))) return true;
    }
    return false;
  }

  /** Everyone has to join again now, unless they are at it already. */
  rebalance(): void {
    this.#generations.rebalance();
  }

  /** Whoever waits is answered `error` now; members stay, and their sessions start over. */
  turnAway(error: ErrorCode): void {
    for (const member of this.members()) {
      if (!member.awaitsJoin && !member.awaitsSync) continue;
      member.turnAway(error);
      this.#generations.renew(member);
    }
  }

  /** The coordinator goes: everyone who waits is told, and members have to join anew. */
  dissolve(): void {
    this.#generations.dissolve();
  }

  #joinNew(request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    const { clientId, instanceId, sessionTimeoutMs, protocolType, maySkipAssignment } = request;
    const generations = this.#generations;
    const id = `${instanceId ?? clientId.slice(0, LONGEST_CLIENT_ID)}-${this.#random.uuid()}`;
    const former = instanceId === null ? undefined : generations.members.instance(instanceId);
    if (former) return generations.replace(former, new Member(id, request), maySkipAssignment);
    if (instanceId === null && request.idFirst) {
      generations.expect(id, sessionTimeoutMs);
      return joinFailure(ErrorCode.MEMBER_ID_REQUIRED, id);
    }
    return generations.admit(new Member(id, request), protocolType);
  }

  #rejoin(member: Member, request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    const generations = this.#generations;
    const unchanged = member.offersTheSame(request.protocols);
    member.update(request);
    // A member whose answer was lost asks again for what it has; the leader of a stable group asks for a rebalance.
    const asksAgain =
      this.state === 'CompletingRebalance' || (this.state === 'Stable' && !generations.current.isLedBy(member));
    if (!unchanged || !asksAgain) return generations.next(member);
    generations.renew(member);
    return generations.current.joinedBy(member, generations.members);
  }

  #agreesWith(request: JoinRequest): boolean {
    if (request.protocolType === '' || request.protocols.length === 0) return false;
    if (this.isEmpty) return true;
    return request.protocolType === this.protocolType && this.#generations.members.sharesProtocol(request);
  }

  /** Whether this is a member of the present generation. */
  #isMember({ memberId, instanceId, generation }: MemberIdentity): ErrorCode {
    const refusal = this.#generations.members.identify(memberId, instanceId);
    if (refusal !== ErrorCode.NONE) return refusal;
    return generation === this.#generations.current.number ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
  }

  #renew({ memberId }: MemberIdentity): void {
    const member = this.#generations.members.get(memberId);
    if (member) this.#generations.renew(member);
  }
}

/** Whether a member believes something else than is so; null from one that does not say. */
function differs(believed: string | null, actual: string): boolean {
  return believed !== null && believed !== actual;
}
