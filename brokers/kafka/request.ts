import type { Clock } from '../../contracts/clock.ts';
import type { Reader } from './codec/reader.ts';
import type { Writer } from './codec/writer.ts';
import type { Groups } from './groups.ts';
import type { Rounds } from './rounds.ts';
import type { Topics } from './topics.ts';
import type { Transactions } from './transactions.ts';

/** The broker's number in every answer that names one; there is no other. */
export const NODE_ID = 0;

/** "Not asked for": the bit field of allowed operations (KIP-430), which are not served. */
export const OPERATIONS_UNKNOWN = -0x8000_0000;

/** What handlers work on: the whole broker but its sockets. */
export interface BrokerState {
  /** The registry: what ApiVersions announces. */
  readonly apis: readonly { readonly key: number; readonly min: number; readonly max: number }[];
  readonly clock: Clock;
  clusterId: string;
  readonly topics: Topics;
  readonly groups: Groups;
  readonly autoCreateTopics: boolean;
  readonly defaultPartitions: number;
  readonly maxFetchWaitMs: number;
  /** Fetches that found too little. */
  readonly fetchWaits: Rounds;
  readonly transactions: Transactions;
}

/** The connection that a request came by. */
export interface Peer {
  /** Where clients are told to connect: the address by which this one came, when the broker listens on all. */
  readonly advertised: { readonly host: string; readonly port: number };
  readonly remoteHost: string;
  /** Calls `ended` once, when the connection closes; the answer takes the wish back. */
  onceClosed(ended: () => void): () => void;
}

/** A request whose header was read; `body` stands behind it. */
export interface Request {
  readonly version: number;
  readonly clientId: string;
  readonly body: Reader;
  readonly peer: Peer;
}

/** Reads the body, writes the answer's; a promise where the answer has to wait. */
export type Handler = (request: Request, answer: Writer, broker: BrokerState) => Promise<void> | undefined;
