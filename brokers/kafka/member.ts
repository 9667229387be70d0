import type { Timer } from '../../contracts/clock.ts';
import type { ErrorCode } from './error-codes.ts';

/** An assignor that a member offers, and what it tells the leader about itself in that assignor's words. */
export interface OfferedProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export interface JoinRequest {
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** Empty for a newcomer. */
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly protocolType: string;
  readonly protocols: readonly OfferedProtocol[];
  readonly clientId: string;
  readonly clientHost: string;
  /** From JoinGroup 4 on a newcomer is given its id first, so that a lost answer leaves no ghost (KIP-394). */
  readonly idFirst: boolean;
  /** Whether it can lead without assigning (KIP-814). */
  readonly maySkipAssignment: boolean;
}

/** A member as it names itself in its requests. */
export interface MemberIdentity {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly generation: number;
}

export interface JoinAnswer {
  readonly error: ErrorCode;
  readonly generation: number;
  /** Null with an error. */
  readonly protocolType: string | null;
  readonly protocol: string | null;
  readonly leader: string;
  readonly skipAssignment: boolean;
  readonly memberId: string;
  /** For the leader alone: every member, with what it offered. */
  readonly members: readonly { id: string; instanceId: string | null; metadata: Buffer }[];
}

export interface SyncRequest extends MemberIdentity {
  /** What the member believes was chosen; null from one that does not say. */
  readonly protocolType: string | null;
  readonly protocol: string | null;
  /** Everyone's share, from the leader alone. */
  readonly assignments: readonly { memberId: string; assignment: Buffer }[];
}

export interface SyncAnswer {
  readonly error: ErrorCode;
  /** Null with an error. */
  readonly protocolType: string | null;
  readonly protocol: string | null;
  readonly assignment: Buffer;
}

export const NOTHING = Buffer.alloc(0);

/** One member of a group, and what it waits for. */
export class Member {
  readonly id: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  sessionTimeoutMs = 0;
  rebalanceTimeoutMs = 0;
  protocols: readonly OfferedProtocol[] = [];
  assignment: Buffer = NOTHING;
  /** Whether it took a generation and has not asked for its share yet. */
  owesSync = false;
  /** The session's end, unless the member is waiting for an answer of ours. */
  session: Timer | undefined;
  #answerJoin: ((answer: JoinAnswer) => void) | undefined;
  #answerSync: ((answer: SyncAnswer) => void) | undefined;

  constructor(id: string, request: JoinRequest) {
    this.id = id;
    this.instanceId = request.instanceId;
    this.clientId = request.clientId;
    this.clientHost = request.clientHost;
    this.update(request);
  }

  update(request: JoinRequest): void {
    this.sessionTimeoutMs = request.sessionTimeoutMs;
    this.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
    // Copied: the request's bytes belong to a much larger read from the socket.
    this.protocols = request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }));
  }

  offersTheSame(protocols: readonly OfferedProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every((offered, i) => {
        const known = this.protocols[i];
        return known !== undefined && known.name === offered.name && known.metadata.equals(offered.metadata);
      })
    );
  }

  metadataFor(protocol: string): Buffer {
    return this.protocols.find((offered) => offered.name === protocol)?.metadata ?? NOTHING;
  }

  get awaitsJoin(): boolean {
    return this.#answerJoin !== undefined;
  }

  get awaitsSync(): boolean {
    return this.#answerSync !== undefined;
  }

  awaitJoin(): Promise<JoinAnswer> {
    return new Promise((resolve) => {
      this.#answerJoin = resolve;
    });
  }

  awaitSync(): Promise<SyncAnswer> {
    return new Promise((resolve) => {
      this.#answerSync = resolve;
    });
  }

  /** Whatever it waits for, it is answered `error`. */
  turnAway(error: ErrorCode): void {
    this.answerJoin(joinFailure(error, this.id));
    this.answerSync(syncFailure(error));
  }

  answerJoin(answer: JoinAnswer): void {
    this.#answerJoin?.(answer);
    this.#answerJoin = undefined;
  }

  answerSync(answer: SyncAnswer): void {
    this.#answerSync?.(answer);
    this.#answerSync = undefined;
  }
}

export function joinFailure(error: ErrorCode, memberId: string): JoinAnswer {
  return {
    error,
    generation: -1,
    protocolType: null,
    protocol: null,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  };
}

export function syncFailure(error: ErrorCode): SyncAnswer {
  return { error, protocolType: null, protocol: null, assignment: NOTHING };
}
