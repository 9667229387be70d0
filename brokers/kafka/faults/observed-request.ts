import type { Clock } from '../../../contracts/clock.ts';
import { ErrorCode } from '../error-codes.ts';
import { type Opened, open } from '../opened.ts';
import type { BrokerState, Peer } from '../request.ts';
import { Notes, rehearsalOf } from './rehearsal.ts';
import type { KafkaErrorName, RequestIdentity, SeenRecord, SeenRequest } from './types.ts';

/** A connection as faults see it. */
export interface FaultyPeer extends Peer {
  readonly remotePort: number;
  readonly closed: boolean;
  /** Its request on the way is held, and those behind it; or no longer. */
  stall(stalled: boolean): void;
  /** Takes bytes from now on, and answers nothing. */
  pause(): void;
  resume(): void;
  /** Drops the connection. */
  destroy(): void;
  /** The requests that arrived and are not answered because of a fault. */
  held(): RequestIdentity[];
}

/** A request before it is handled, while there are rules. */
export class ObservedRequest implements SeenRequest {
  readonly api: string;
  readonly key: number;
  readonly version: number;
  readonly clientId: string;
  readonly connection: number;
  readonly correlationId: number;
  readonly peer: FaultyPeer;
  readonly #frame: Buffer;
  readonly #opened: Opened;
  readonly #fresh: (clock: Clock) => BrokerState;
  #notes: Notes | undefined;

  constructor(opened: Opened, frame: Buffer, peer: FaultyPeer, fresh: (clock: Clock) => BrokerState) {
    this.api = opened.api.name;
    this.key = opened.api.key;
    this.version = opened.request.version;
    this.clientId = opened.request.clientId;
    this.connection = peer.remotePort;
    this.correlationId = opened.correlationId;
    this.peer = peer;
    this.#opened = opened;
    this.#frame = frame;
    this.#fresh = fresh;
  }

  get topics(): ReadonlyMap<string, readonly number[]> {
    return this.#rehearsed().topics;
  }

  get groups(): ReadonlySet<string> {
    return this.#rehearsed().groups;
  }

  get records(): readonly SeenRecord[] {
    return this.#rehearsed().records;
  }

  get recordKeys(): readonly (string | null)[] {
    return this.records.map(({ key }) => key);
  }

  /** Writes an answer of this API's form with the error in each of its places; nothing else happens. */
  async fail(error: KafkaErrorName): Promise<void> {
    const { api, request, answer } = this.#opened;
    answer.failWith(ErrorCode[error]);
    await api.handle(request, answer, rehearsalOf(this.#fresh, new Notes()));
  }

  #rehearsed(): Notes {
    if (!this.#notes) {
      this.#notes = new Notes();
      const { api, request, answer } = open(this.#frame, this.peer);
      api.handle(request, answer, rehearsalOf(this.#fresh, this.#notes));
    }
    return this.#notes;
  }
}
