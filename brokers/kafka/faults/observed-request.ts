import type { Clock } from '../../../contracts/clock.ts';
import { ErrorCode } from '../error-codes.ts';
import { type Opened, open } from '../opened.ts';
import type { BrokerState, Peer } from '../request.ts';
import { Notes, rehearsalOf } from './rehearsal.ts';

/** The name of an error of the Kafka protocol, as `NOT_COORDINATOR`. */
export type KafkaErrorName = keyof typeof ErrorCode;

/** A connection as faults see it. */
export interface FaultyPeer extends Peer {
  /** The client's port: with the correlation id it names a request, for both sides. */
  readonly remotePort: number;
  readonly closed: boolean;
  /** Its request on the way is held, and those behind it; or no longer. */
  stall(stalled: boolean): void;
  /** Drops the connection. */
  destroy(): void;
}

/** What names a request, on both sides of the connection. */
export interface RequestIdentity {
  /** The port from which the client came. */
  readonly connection: number;
  readonly correlationId: number;
  /** The API's name, as `Produce`. */
  readonly api: string;
}

/** A request on its way, as a rule sees it. What it is about is read from its body only when asked for. */
export class SeenRequest implements RequestIdentity {
  readonly api: string;
  /** The API's number (kafka.apache.org/protocol#protocol_api_keys). */
  readonly key: number;
  readonly version: number;
  readonly clientId: string;
  readonly connection: number;
  readonly correlationId: number;
  /** @internal */
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

  /** The topics that it names, with their partitions where it names them. */
  get topics(): ReadonlyMap<string, readonly number[]> {
    return this.#rehearsed().topics;
  }

  /** The consumer groups that it names. FindCoordinator, which only looks for one, names none. */
  get groups(): ReadonlySet<string> {
    return this.#rehearsed().groups;
  }

  /** The keys of the records of a Produce, as text; those of compressed batches, which are not opened, are missing. */
  get recordKeys(): readonly (string | null)[] {
    return this.#rehearsed().keys;
  }

  /** @internal Writes an answer of this API's form with the error in each of its places; nothing else happens. */
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
