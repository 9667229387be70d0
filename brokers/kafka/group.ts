import type { Clock, Timer } from '../../contracts/clock.ts';
import type { Random } from '../../contracts/random.ts';
import { ErrorCode } from './error-codes.ts';
import {
  type JoinAnswer,
  type JoinRequest,
  joinFailure,
  Member,
  type MemberIdentity,
  NOTHING,
  type SyncAnswer,
  syncFailure,
} from './member.ts';

/** As much of a client's id as goes into its member id. */
const LONGEST_CLIENT_ID = 255;

/** The states of the classic group protocol, by the names that DescribeGroups shows. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

export interface SyncRequest {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly generation: number;
  /** What the member believes was chosen; null from one that does not say. */
  readonly protocolType: string | null;
  readonly protocol: string | null;
  readonly assignments: readonly { memberId: string; assignment: Buffer }[];
}

/**
 * The membership of one consumer group:
 *
 *   Empty ── join ──▶ PreparingRebalance ── all joined, or time is up ──▶ CompletingRebalance ── leader's sync ──▶ Stable
 *                        ▲      │ nobody left: Empty                            │                              │
 *                        └──────┴──────────── a join, a leave, a session that ended ◀──────────────────────────┘
 */
export class Group {
  readonly id: string;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #members = new Map<string, Member>();
  /** Ids that were given out and have not joined yet. */
  readonly #expected = new Map<string, Timer>();
  #state: GroupState = 'Empty';
  #generation = 0;
  #protocolType = '';
  #protocol = '';
  #leader = '';
  #rebalanceEnd: Timer | undefined;

  constructor(id: string, clock: Clock, random: Random) {
    this.id = id;
    this.#clock = clock;
    this.#random = random;
  }

  get state(): GroupState {
    return this.#state;
  }

  get protocolType(): string {
    return this.#protocolType;
  }

  /** The assignor chosen; empty unless the group is stable. */
  get protocol(): string {
    return this.#state === 'Stable' ? this.#protocol : '';
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  members(): IterableIterator<Member> {
    return this.#members.values();
  }

  /** Answers when the generation is complete, at once with an error or to a newcomer that has to take its id first. */
  join(request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    if (!this.#agreesWith(request)) return joinFailure(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, request.memberId);
    if (request.memberId === '') return this.#joinNew(request);

    const expected = this.#expected.get(request.memberId);
    if (expected) {
      expected.cancel();
      this.#expected.delete(request.memberId);
      return this.#admit(request.memberId, request);
    }
    const refusal = this.#identify(request.memberId, request.instanceId);
    const member = this.#members.get(request.memberId);
    if (!member) return joinFailure(refusal, request.memberId);
    return this.#rejoin(member, request);
  }

  /** Answers with the member's share, as soon as the leader has sent everyone's. */
  sync(request: SyncRequest): SyncAnswer | Promise<SyncAnswer> {
    const refusal = this.#identify(request.memberId, request.instanceId);
    const member = this.#members.get(request.memberId);
    if (refusal !== ErrorCode.NONE || !member) return syncFailure(refusal);
    if (request.generation !== this.#generation) return syncFailure(ErrorCode.ILLEGAL_GENERATION);
    if (this.#state === 'PreparingRebalance') return syncFailure(ErrorCode.REBALANCE_IN_PROGRESS);
    if (this.#state === 'Stable') {
      this.#renew(member);
      return this.#shareOf(member);
    }
    member.session?.cancel();
    member.answerSync(syncFailure(ErrorCode.REBALANCE_IN_PROGRESS));
    const answer = member.awaitSync();
    if (member.id === this.#leader) this.#share(request.assignments);
    return answer;
  }

  heartbeat(memberId: string, instanceId: string | null, generation: number): ErrorCode {
    const refusal = this.#identify(memberId, instanceId);
    const member = this.#members.get(memberId);
    if (refusal !== ErrorCode.NONE || !member) return refusal;
    if (generation !== this.#generation) return ErrorCode.ILLEGAL_GENERATION;
    this.#renew(member);
    return this.#state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
  }

  /** An instance can be named without its member's id, by whoever administers it (KIP-345). */
  leave(memberId: string, instanceId: string | null): ErrorCode {
    const expected = this.#expected.get(memberId);
    if (expected) {
      this.#forget(memberId, expected);
      return ErrorCode.NONE;
    }
    const instance = [...this.#members.values()].find((member) => member.instanceId === instanceId);
    const named = memberId === '' && instanceId !== null ? (instance?.id ?? '') : memberId;
    const refusal = this.#identify(named, instanceId);
    const member = this.#members.get(named);
    if (refusal !== ErrorCode.NONE || !member) return refusal;
    this.#remove(member, ErrorCode.UNKNOWN_MEMBER_ID);
    return ErrorCode.NONE;
  }

  /** Whether this member may commit offsets. Without a generation, only while nobody consumes as the group. */
  mayCommit(claimed: MemberIdentity): ErrorCode {
    if (claimed.generation < 0 && this.isEmpty) return ErrorCode.NONE;
    const refusal = this.#isMember(claimed);
    if (refusal !== ErrorCode.NONE) return refusal;
    if (this.#state === 'CompletingRebalance') return ErrorCode.REBALANCE_IN_PROGRESS;
    const member = this.#members.get(claimed.memberId);
    if (member) this.#renew(member);
    return ErrorCode.NONE;
  }

  /** The same within a transaction, whose producer need not be a member if it does not say that it is one (KIP-447). */
  mayCommitTransactionally(claimed: MemberIdentity): ErrorCode {
    const { generation, memberId, instanceId } = claimed;
    if (generation < 0 && (this.isEmpty || (memberId === '' && instanceId === null))) return ErrorCode.NONE;
    return this.#isMember(claimed);
  }

  /** Whether this is a member of the present generation. */
  #isMember({ memberId, instanceId, generation }: MemberIdentity): ErrorCode {
    const refusal = this.#identify(memberId, instanceId);
    if (refusal !== ErrorCode.NONE) return refusal;
    return generation === this.#generation ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
  }

  /** Everyone has to join again now, unless they are at it already. */
  rebalance(): void {
    if (this.#state === 'Stable' || this.#state === 'CompletingRebalance') this.#prepare();
  }

  /** Whoever waits is answered `error` now; members stay, and their sessions start over. */
  turnAway(error: ErrorCode): void {
    for (const member of this.#members.values()) {
      if (!member.awaitsJoin && !member.awaitsSync) continue;
      member.answerJoin(joinFailure(error, member.id));
      member.answerSync(syncFailure(error));
      this.#renew(member);
    }
  }

  /** The coordinator goes: everyone who waits is told, and members have to join anew. */
  dissolve(): void {
    this.#rebalanceEnd?.cancel();
    for (const timer of this.#expected.values()) timer.cancel();
    this.#expected.clear();
    for (const member of this.#members.values()) dismiss(member, ErrorCode.COORDINATOR_NOT_AVAILABLE);
    this.#members.clear();
    this.#state = 'Empty';
    this.#leader = '';
  }

  #joinNew(request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    const id = `${request.clientId.slice(0, LONGEST_CLIENT_ID)}-${this.#random.uuid()}`;
    if (request.instanceId !== null) {
      // Static membership (KIP-345): whoever comes with the instance's id takes its place.
      const former = [...this.#members.values()].find((member) => member.instanceId === request.instanceId);
      if (former) this.#evict(former, ErrorCode.FENCED_INSTANCE_ID);
    } else if (request.idFirst) {
      const timer = this.#clock.after('kafka member expected', request.sessionTimeoutMs, () => this.#forget(id, timer));
      this.#expected.set(id, timer);
      return joinFailure(ErrorCode.MEMBER_ID_REQUIRED, id);
    }
    return this.#admit(id, request);
  }

  #admit(id: string, request: JoinRequest): Promise<JoinAnswer> {
    if (this.isEmpty) this.#protocolType = request.protocolType;
    const member = new Member(id, request);
    this.#members.set(id, member);
    return this.#awaitGeneration(member);
  }

  #rejoin(member: Member, request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    const unchanged = member.offersTheSame(request.protocols);
    member.update(request);
    // A member whose answer was lost asks again for what it has; the leader of a stable group asks for a rebalance.
    const asksAgain = this.#state === 'CompletingRebalance' || (this.#state === 'Stable' && member.id !== this.#leader);
    if (unchanged && asksAgain) {
      this.#renew(member);
      return this.#generationFor(member);
    }
    return this.#awaitGeneration(member);
  }

  #awaitGeneration(member: Member): Promise<JoinAnswer> {
    member.session?.cancel();
    member.answerJoin(joinFailure(ErrorCode.REBALANCE_IN_PROGRESS, member.id));
    const answer = member.awaitJoin();
    if (this.#state !== 'PreparingRebalance') this.#prepare();
    this.#completeIfAllJoined();
    return answer;
  }

  #prepare(): void {
    for (const member of this.#members.values()) {
      if (member.awaitsSync) this.#renew(member);
      member.answerSync(syncFailure(ErrorCode.REBALANCE_IN_PROGRESS));
      member.assignment = NOTHING;
    }
    this.#state = 'PreparingRebalance';
    const longest = Math.max(0, ...[...this.#members.values()].map((member) => member.rebalanceTimeoutMs));
    this.#rebalanceEnd = this.#clock.after('kafka group rebalance', longest, () => this.#complete());
  }

  #completeIfAllJoined(): void {
    if (this.#state !== 'PreparingRebalance' || this.#expected.size > 0) return;
    for (const member of this.#members.values()) if (!member.awaitsJoin) return;
    this.#complete();
  }

  #complete(): void {
    this.#rebalanceEnd?.cancel();
    for (const member of this.#members.values()) {
      if (!member.awaitsJoin) this.#evict(member, ErrorCode.UNKNOWN_MEMBER_ID);
    }
    this.#generation += 1;
    if (this.isEmpty) {
      this.#state = 'Empty';
      this.#leader = '';
      return;
    }
    this.#state = 'CompletingRebalance';
    this.#protocol = this.#vote();
    if (!this.#members.has(this.#leader))
      for (const first of this.#members.keys()) {
        this.#leader = first;
        break;
      }
    for (const member of this.#members.values()) {
      member.answerJoin(this.#generationFor(member));
      this.#renew(member);
    }
  }

  #generationFor(member: Member): JoinAnswer {
    const everyone = [...this.#members.values()].map(({ id, instanceId, protocols }) => ({
      id,
      instanceId,
      metadata: protocols.find((offered) => offered.name === this.#protocol)?.metadata ?? NOTHING,
    }));
    return {
      error: ErrorCode.NONE,
      generation: this.#generation,
      protocolType: this.#protocolType,
      protocol: this.#protocol,
      leader: this.#leader,
      memberId: member.id,
      members: member.id === this.#leader ? everyone : [],
    };
  }

  #share(assignments: SyncRequest['assignments']): void {
    this.#state = 'Stable';
    for (const { memberId, assignment } of assignments) {
      const member = this.#members.get(memberId);
      if (member) member.assignment = Buffer.from(assignment);
    }
    for (const member of this.#members.values()) {
      if (!member.awaitsSync) continue;
      member.answerSync(this.#shareOf(member));
      this.#renew(member);
    }
  }

  #shareOf({ assignment }: Member): SyncAnswer {
    return { error: ErrorCode.NONE, protocolType: this.#protocolType, protocol: this.#protocol, assignment };
  }

  /** The assignor that every member offers and most put first. */
  #vote(): string {
    const members = [...this.#members.values()];
    const common = (name: string) => members.every((member) => member.protocols.some((offer) => offer.name === name));
    const votes = new Map<string, number>();
    for (const member of members) {
      const choice = member.protocols.find((offer) => common(offer.name))?.name;
      if (choice !== undefined) votes.set(choice, (votes.get(choice) ?? 0) + 1);
    }
    let best = '';
    for (const [name, count] of votes) if (count > (votes.get(best) ?? 0)) best = name;
    return best;
  }

  #agreesWith(request: JoinRequest): boolean {
    if (request.protocolType === '' || request.protocols.length === 0) return false;
    if (this.isEmpty) return true;
    const others = [...this.#members.values()].filter((member) => member.id !== request.memberId);
    if (request.protocolType !== this.#protocolType) return false;
    return request.protocols.some(({ name }) =>
      others.every((member) => member.protocols.some((offered) => offered.name === name)),
    );
  }

  /** Whether the caller is who it says: an instance's id belongs to the member that joined with it last. */
  #identify(memberId: string, instanceId: string | null): ErrorCode {
    if (instanceId !== null) {
      for (const member of this.#members.values()) {
        if (member.instanceId === instanceId && member.id !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
      }
    }
    return this.#members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
  }

  /** The session starts over. A member that waits for us cannot send heartbeats, and is not held to them. */
  #renew(member: Member): void {
    member.session?.cancel();
    if (member.awaitsJoin) return;
    member.session = this.#clock.after('kafka member session', member.sessionTimeoutMs, () =>
      this.#remove(member, ErrorCode.UNKNOWN_MEMBER_ID),
    );
  }

  #remove(member: Member, told: ErrorCode): void {
    this.#evict(member, told);
    this.rebalance();
    this.#completeIfAllJoined();
  }

  #evict(member: Member, told: ErrorCode): void {
    this.#members.delete(member.id);
    dismiss(member, told);
  }

  #forget(expectedId: string, timer: Timer): void {
    timer.cancel();
    this.#expected.delete(expectedId);
    this.#completeIfAllJoined();
  }
}

function dismiss(member: Member, told: ErrorCode): void {
  member.session?.cancel();
  member.answerJoin(joinFailure(told, member.id));
  member.answerSync(syncFailure(told));
}
