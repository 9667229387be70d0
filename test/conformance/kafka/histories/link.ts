import type { Random } from '../../../../contracts/random.ts';
import { eventually, within } from '../../../support/eventually.ts';
import { ProtocolClient } from '../protocol/client.ts';
import { at, type Fields, type Value } from '../protocol/values.ts';

/** Not the leader, unknown a moment after a start, loading, not available, moved, a transaction that is being completed. */
const PASSING = new Set<Value>([3, 5, 6, 7, 13, 14, 15, 16, 51]);

/** So often something is asked again. */
const MOST_ATTEMPTS = 20;

/** The connection went, or no answer came in time: whether the request had its effect is not known. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

export interface Insisted {
  readonly answer: Fields;
  readonly error: Value;
  /** The first one is 1. */
  readonly attempt: number;
}

export interface LinkOptions {
  readonly address: string;
  readonly random: Random;
  /** Of how many requests the connection is dropped, before the answer or about when it comes. */
  readonly dropRate: () => number;
  readonly patienceMs: number;
}

/** A client's way to the broker: connects when it is needed, and again when the connection is gone. */
export class Link {
  readonly #options: LinkOptions;
  #client: Promise<ProtocolClient> | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Several may be under way; they are sent in order. Rejects with Unanswered. */
  async ask(api: string, version: number, request: Fields, patienceMs = this.#options.patienceMs): Promise<Fields> {
    const { random, dropRate } = this.#options;
    const client = await this.#connected();
    const answer = within(api, client.ask(api, version, request), patienceMs);
    if (random.next() < dropRate()) setTimeout(() => client.end(), random.next() * 3);
    return await answer.catch((error: Error) => {
      client.end();
      throw new Unanswered(`${api}: ${error.message}`);
    });
  }

  /** Asks again while the error at `path` is one that passes by itself. */
  async settled(api: string, version: number, request: Fields, ...path: (string | number)[]): Promise<Fields> {
    const look = async () => {
      const answer = await this.ask(api, version, request);
      return !isPassing(at(answer, ...path)) && answer;
    };
    return await eventually(`${api} to be settled`, look, 30_000);
  }

  /** The same, and again where no answer came: for what may be asked twice. Undefined when none came at all. */
  async insisting(
    api: string,
    version: number,
    request: Fields,
    ...path: (string | number)[]
  ): Promise<Insisted | undefined> {
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      const answer = await this.settled(api, version, request, ...path).catch(unlessUnanswered);
      if (answer) return { answer, error: at(answer, ...path), attempt };
      await aWhile(10);
    }
    return undefined;
  }

  /** The connection goes, with all that is under way. */
  drop(): void {
    void this.#client?.then(
      (client) => client.end(),
      () => undefined,
    );
  }

  #connected(): Promise<ProtocolClient> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<ProtocolClient> {
    const connecting = () => ProtocolClient.connect(this.#options.address).catch(() => undefined);
    const client = await eventually('a broker that listens', connecting, 30_000);
    client.wire.socket.setNoDelay(true);
    void client.wire.closed.then(() => {
      this.#client = undefined;
    });
    return client;
  }
}

export function isPassing(error: Value): boolean {
  return PASSING.has(error);
}

export function aWhile(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Undefined for what was not answered. */
export function unlessUnanswered(error: unknown): undefined {
  if (!(error instanceof Unanswered)) throw error;
}
