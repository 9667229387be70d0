import type { Clock, Timer } from '../../contracts/clock.ts';
import { ErrorCode } from './error-codes.ts';
import { ExpectedMembers } from './expected-members.ts';
import { Generation } from './generation.ts';
import { type JoinAnswer, joinFailure, type Member, NOTHING, type SyncRequest, syncFailure } from './member.ts';
import { Roster } from './roster.ts';

/** The states of the classic group protocol, by the names that DescribeGroups shows. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

/** Keeps the number of the newest generation, so that none is ever counted twice. */
export type KeepGeneration = (number: number) => void;

/**
 * The generations of one consumer group, and its members, from rebalance to rebalance:
 *
 *   Empty ── join ──▶ PreparingRebalance ── all joined, or time is up ──▶ CompletingRebalance ── leader's sync ──▶ Stable
 *                        ▲      │ nobody left: Empty                            │                              │
 *                        └──────┴──────────── a join, a leave, a session that ended ◀──────────────────────────┘
 */
export class Generations {
  readonly members = new Roster();
  /** The newest one. */
  readonly current = new Generation();
  readonly #clock: Clock;
  readonly #keep: KeepGeneration;
  /** The next generation waits for them as well. */
  readonly #expected: ExpectedMembers;
  #state: GroupState = 'Empty';
  /** The end of waiting for joins, or for syncs. */
  #deadline: Timer | undefined;

  constructor(clock: Clock, keep: KeepGeneration) {
    this.#clock = clock;
    this.#keep = keep;
    this.#expected = new ExpectedMembers(clock);
  }

  /** Goes on counting behind a generation that was kept. */
  restore(number: number): void {
    this.current.number = number;
  }

  get state(): GroupState {
    return this.#state;
  }

  expect(memberId: string, sessionTimeoutMs: number): void {
    this.#expected.add(memberId, sessionTimeoutMs, () => void this.forget(memberId));
  }

  isExpected(memberId: string): boolean {
    return this.#expected.has(memberId);
  }

  /** Waits no longer for an id that was given out; false if it is not waited for. */
  forget(memberId: string): boolean {
    if (!this.#expected.delete(memberId)) return false;
    this.#completeIfAllJoined();
    return true;
  }

  /** A newcomer, with an id that was given out or with a new one; answers with its first generation. */
  admit(member: Member, protocolType: string): Promise<JoinAnswer> {
    this.#expected.delete(member.id);
    if (this.members.size === 0) this.current.protocolType = protocolType;
    this.members.add(member);
    return this.next(member);
  }

  /**
   * Static membership (KIP-345): whoever comes with an instance's id takes its place and its share, without a rebalance
   * if the group is stable and its assignor stays. One that led is told not to assign anew (KIP-814); if it cannot be told,
   * it is named no members, and the leader by the id that it had before.
   */
  replace(former: Member, member: Member, maySkipAssignment: boolean): JoinAnswer | Promise<JoinAnswer> {
    const leader = this.current.leader;
    member.assignment = former.assignment;
    this.#evict(former, ErrorCode.FENCED_INSTANCE_ID);
    this.members.add(member);
    if (leader === former.id) this.current.leader = member.id;
    if (this.#state !== 'Stable' || this.members.vote() !== this.current.protocol) return this.next(member);
    this.renew(member);
    const present = this.current.joinedBy(member, this.members);
    return maySkipAssignment
      ? { ...present, skipAssignment: this.current.isLedBy(member) }
      : { ...present, leader, members: [] };
  }

  /** The next generation, as soon as it is complete. */
  next(member: Member): Promise<JoinAnswer> {
    member.session?.cancel();
    member.answerJoin(joinFailure(ErrorCode.REBALANCE_IN_PROGRESS, member.id));
    const answer = member.awaitJoin();
    if (this.#state !== 'PreparingRebalance') this.#prepare();
    this.#completeIfAllJoined();
    return answer;
  }

  /** Everyone has to join again now, unless they are at it already. */
  rebalance(): void {
    if (this.#state === 'Stable' || this.#state === 'CompletingRebalance') this.#prepare();
  }

  /** The leader's word: the group is stable, and whoever waits gets its share. */
  share(assignments: SyncRequest['assignments']): void {
    this.#state = 'Stable';
    for (const { memberId, assignment } of assignments) {
      const member = this.members.get(memberId);
      if (member) member.assignment = Buffer.from(assignment);
    }
    for (const member of this.members) {
      if (!member.awaitsSync) continue;
      member.answerSync(this.current.shareOf(member));
      this.renew(member);
    }
  }

  /** The session starts over. A member that waits for us cannot send heartbeats, and is not held to them. */
  renew(member: Member): void {
    member.session?.cancel();
    if (member.awaitsJoin) return;
    member.session = this.#clock.after('kafka member session', member.sessionTimeoutMs, () => this.remove(member));
  }

  /** A member is gone; the others share anew. */
  remove(member: Member): void {
    this.#evict(member, ErrorCode.UNKNOWN_MEMBER_ID);
    this.rebalance();
    this.#completeIfAllJoined();
  }

  /** Ends every session and every wait. */
  dissolve(): void {
    this.#deadline?.cancel();
    this.#expected.clear();
    for (const member of this.members) this.#evict(member, ErrorCode.COORDINATOR_NOT_AVAILABLE);
    this.#state = 'Empty';
    this.current.leader = '';
  }

  #prepare(): void {
    for (const member of this.members) {
      if (member.awaitsSync) this.renew(member);
      member.answerSync(syncFailure(ErrorCode.REBALANCE_IN_PROGRESS));
      member.assignment = NOTHING;
    }
    this.#state = 'PreparingRebalance';
    this.#setDeadline(() => this.#complete());
  }

  #completeIfAllJoined(): void {
    if (this.#state !== 'PreparingRebalance' || this.#expected.size > 0) return;
    for (const member of this.members) if (!member.awaitsJoin) return;
    this.#complete();
  }

  /** Goes on with those who joined, and with static members, which may come back until their sessions end (KIP-345). */
  #complete(): void {
    for (const member of this.members) {
      if (!member.awaitsJoin && member.instanceId === null) this.#evict(member, ErrorCode.UNKNOWN_MEMBER_ID);
    }
    const leader = this.#electLeader();
    if (!leader && this.members.size > 0) {
      this.#setDeadline(() => this.#complete());
      return;
    }
    this.#deadline?.cancel();
    this.current.leader = leader?.id ?? '';
    this.current.number += 1;
    this.#keep(this.current.number);
    if (this.members.size === 0) {
      this.#state = 'Empty';
      return;
    }
    this.#state = 'CompletingRebalance';
    this.current.protocol = this.members.vote();
    for (const member of this.members) {
      member.answerJoin(this.current.joinedBy(member, this.members));
      member.owesSync = true;
      this.renew(member);
    }
    this.#setDeadline(() => this.#removeWhoOwesSync());
  }

  /** The leader that there was, or else the first member that has joined. */
  #electLeader(): Member | undefined {
    const present = this.members.get(this.current.leader);
    if (present?.awaitsJoin) return present;
    for (const member of this.members) if (member.awaitsJoin) return member;
    return undefined;
  }

  /** Members that took the generation and never asked for their share are gone, however they beat. */
  #removeWhoOwesSync(): void {
    const debtors = [...this.members].filter((member) => member.owesSync);
    for (const member of debtors) this.#evict(member, ErrorCode.UNKNOWN_MEMBER_ID);
    if (debtors.length > 0) this.rebalance();
    this.#completeIfAllJoined();
  }

  /** Within the longest time that a member asked for. */
  #setDeadline(act: () => void): void {
    this.#deadline?.cancel();
    const longest = Math.max(0, ...[...this.members].map((member) => member.rebalanceTimeoutMs));
    this.#deadline = this.#clock.after('kafka group rebalance', longest, act);
  }

  #evict(member: Member, told: ErrorCode): void {
    this.members.delete(member);
    member.session?.cancel();
    member.turnAway(told);
  }
}
