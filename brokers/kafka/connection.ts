import type { Socket } from 'node:net';
import { messageOf } from '../../contracts/errors.ts';
import type { Logger } from '../../contracts/logger.ts';
import { MalformedFrame } from './codec/reader.ts';
import type { Writer } from './codec/writer.ts';
import type { Faults } from './faults/faults.ts';
import type { FaultyPeer } from './faults/observed-request.ts';
import type { RequestIdentity } from './faults/types.ts';
import { labelOf, open } from './opened.ts';
import type { BrokerState, Peer } from './request.ts';
import { RequestQueue } from './request-queue.ts';
import { storageError } from './storage-errors.ts';
import { StorageFailure } from './store.ts';

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly broker: BrokerState;
  readonly faults: Faults;
  readonly logger: Logger;
  readonly advertised: Peer['advertised'];
  readonly maxFrameBytes: number;
  /** By how many bytes `bufferedBytes` has changed. */
  readonly buffered: (change: number) => void;
}

/**
 * One client: requests are answered one at a time, in the order they came, as the protocol promises. What does not
 * follow the grammar ends this connection and nothing else.
 */
export class Connection implements FaultyPeer {
  readonly advertised: Peer['advertised'];
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly #socket: Socket;
  readonly #broker: BrokerState;
  readonly #faults: Faults;
  readonly #logger: Logger;
  readonly #queue: RequestQueue;
  readonly #closing = new Set<() => void>();
  /** The request that waits for its answer, and those behind it for theirs. */
  #waiting: Buffer | undefined;
  #stalled = false;
  #paused = false;
  /** The answer that got ready in a pause. */
  #unsent: Writer | undefined;
  /** Whether the disk did not take a request of this client. */
  #refused = false;
  #closed = false;

  constructor({ socket, broker, faults, logger, advertised, maxFrameBytes, buffered }: ConnectionOptions) {
    this.#socket = socket;
    this.#broker = broker;
    this.#faults = faults;
    this.#logger = logger;
    this.advertised = advertised;
    this.remoteHost = socket.remoteAddress ?? '';
    this.remotePort = socket.remotePort ?? 0;
    this.#queue = new RequestQueue(maxFrameBytes, buffered);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('drain', () => this.#answerQueued());
    socket.on('error', (error) => this.#logger.debug({ error: messageOf(error) }, 'kafka connection failed'));
    // By its end, too: what a client that has gone wanted to be told may be forgotten.
    socket.on('end', () => this.#close());
    socket.on('close', () => this.#close());
    faults.connected(this);
  }

  /** Of requests that have come, in part or whole, and are not begun. */
  get bufferedBytes(): number {
    return this.#queue.bytes;
  }

  get closed(): boolean {
    return this.#closed;
  }

  onceClosed(ended: () => void): () => void {
    this.#closing.add(ended);
    return () => void this.#closing.delete(ended);
  }

  destroy(): void {
    // Not by the socket's close event, which may come after that of its server.
    this.#close();
    this.#socket.destroy();
  }

  /** All connections together hold more than they may, and this one most of it. */
  shed(): void {
    const fields = { remote: this.remoteHost, bytes: this.bufferedBytes };
    this.#logger.warn(fields, 'kafka connection dropped: too much of requests is buffered');
    this.destroy();
  }

  stall(stalled: boolean): void {
    this.#stalled = stalled;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.#unsent) this.#finish(this.#unsent);
    else this.#answerQueued();
  }

  held(): RequestIdentity[] {
    if (!this.#stalled && !this.#paused) return [];
    const frames = this.#waiting ? [this.#waiting, ...this.#queue.frames] : this.#queue.frames;
    return frames.map((frame) => ({ connection: this.remotePort, ...labelOf(frame) }));
  }

  #receive(chunk: Buffer): void {
    if (this.#closed) return;
    try {
      this.#queue.push(chunk);
    } catch (error) {
      this.#drop(error);
    }
    if (this.#queue.isFull) this.#socket.pause();
    if (this.#stalled || this.#paused) this.#faults.changed();
    this.#answerQueued();
  }

  #answerQueued(): void {
    this.#beginQueued();
    if (!this.#closed) this.#queue.tell();
  }

  /** Goes on until the queue is empty, a request has to wait, or the client does not read its answers. */
  #beginQueued(): void {
    if (this.#waiting || this.#paused || this.#queue.isEmpty) return;
    this.#socket.cork();
    while (!this.#waiting && !this.#paused && !this.#closed && !this.#socket.writableNeedDrain) {
      const frame = this.#queue.shift();
      if (!frame) break;
      try {
        this.#answer(frame);
      } catch (error) {
        this.#fail(frame, error);
      }
    }
    this.#socket.uncork();
    if (!this.#queue.isFull && this.#socket.isPaused()) this.#socket.resume();
  }

  #answer(frame: Buffer): void {
    const opened = open(frame, this);
    const { api, request, answer } = opened;
    this.#waiting = frame;
    const waiting =
      this.#faults.rules === undefined
        ? api.handle(request, answer, this.#broker)
        : this.#faults.pass(frame, opened, this);
    if (!waiting) {
      this.#waiting = undefined;
      this.#send(answer);
      return;
    }
    waiting.then(
      () => this.#finish(answer),
      (error: unknown) => this.#fail(frame, error),
    );
  }

  /** What the disk does not take is refused, so that the client tries again; anything else drops it. */
  #fail(frame: Buffer, error: unknown): void {
    if (!(error instanceof StorageFailure)) {
      this.#drop(error);
      return;
    }
    if (!this.#refused) this.#logger.error({ error: error.message }, 'kafka requests refused: the disk takes nothing');
    this.#refused = true;
    this.#faults.refusal(frame, this, storageError(frame)).then(
      (answer) => this.#finish(answer),
      (failure: unknown) => this.#drop(failure),
    );
  }

  /** Sends the answer of the request that waited, and goes on with those behind it. */
  #finish(answer: Writer): void {
    this.#unsent = this.#paused ? answer : undefined;
    if (this.#unsent) return;
    this.#waiting = undefined;
    this.#send(answer);
    this.#answerQueued();
  }

  #send(answer: Writer): void {
    const pieces = answer.finish();
    if (!pieces || this.#closed) return;
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
  }

  #drop(error: unknown): void {
    const fields = { remote: this.remoteHost, error: messageOf(error) };
    if (error instanceof MalformedFrame) this.#logger.warn(fields, 'kafka connection dropped: request not understood');
    else this.#logger.error(fields, 'kafka connection dropped: the broker failed on a request');
    this.#close();
    this.#socket.destroy();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.end();
    this.#waiting = undefined;
    this.#unsent = undefined;
    this.#faults.disconnected(this);
    for (const ended of this.#closing) ended();
    this.#closing.clear();
  }
}
