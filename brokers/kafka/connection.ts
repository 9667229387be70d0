import type { Socket } from 'node:net';
import { messageOf } from '../../contracts/errors.ts';
import type { Logger } from '../../contracts/logger.ts';
import { unsupportedApiVersions } from './apis/18-api-versions.ts';
import { FrameSplitter } from './codec/frames.ts';
import { MalformedFrame, Reader } from './codec/reader.ts';
import { Writer } from './codec/writer.ts';
import { type Api, REGISTRY } from './registry.ts';
import type { BrokerState, Peer } from './request.ts';

const API_VERSIONS = 18;
/** Beyond this many bytes of requests not begun the socket is read no further, until they are. */
const MOST_QUEUED_BYTES = 4 * 1024 * 1024;

const APIS: ReadonlyMap<number, Api> = new Map(REGISTRY.map((api) => [api.key, api]));

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly broker: BrokerState;
  readonly logger: Logger;
  readonly advertised: Peer['advertised'];
  readonly maxFrameBytes: number;
}

/**
 * One client: requests are answered one at a time, in the order they came, as the protocol promises. What does not
 * follow the grammar ends this connection and nothing else.
 */
export class Connection implements Peer {
  readonly advertised: Peer['advertised'];
  readonly remoteHost: string;
  readonly #socket: Socket;
  readonly #broker: BrokerState;
  readonly #logger: Logger;
  readonly #frames: FrameSplitter;
  readonly #closing = new Set<() => void>();
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #answering = false;
  #closed = false;

  constructor({ socket, broker, logger, advertised, maxFrameBytes }: ConnectionOptions) {
    this.#socket = socket;
    this.#broker = broker;
    this.#logger = logger;
    this.advertised = advertised;
    this.remoteHost = socket.remoteAddress ?? '';
    this.#frames = new FrameSplitter(maxFrameBytes);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('drain', () => this.#answerQueued());
    socket.on('error', (error) => this.#logger.debug({ error: messageOf(error) }, 'kafka connection failed'));
    socket.on('close', () => this.#close());
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

  #receive(chunk: Buffer): void {
    if (this.#closed) return;
    try {
      this.#frames.push(chunk, (frame) => {
        this.#queue.push(frame);
        this.#queuedBytes += frame.length;
      });
    } catch (error) {
      this.#drop(error);
    }
    if (this.#queuedBytes > MOST_QUEUED_BYTES) this.#socket.pause();
    this.#answerQueued();
  }

  /** Goes on until the queue is empty, a request has to wait, or the client does not read its answers. */
  #answerQueued(): void {
    if (this.#answering || this.#queue.length === 0) return;
    this.#socket.cork();
    while (!this.#answering && !this.#closed && !this.#socket.writableNeedDrain) {
      const frame = this.#queue.shift();
      if (!frame) break;
      this.#queuedBytes -= frame.length;
      try {
        this.#answer(frame);
      } catch (error) {
        this.#drop(error);
      }
    }
    this.#socket.uncork();
    if (this.#queuedBytes <= MOST_QUEUED_BYTES && this.#socket.isPaused()) this.#socket.resume();
  }

  /**
   * Request header (0–1) => request_api_key request_api_version correlation_id client_id
   *   request_api_key => INT16
   *   request_api_version => INT16
   *   correlation_id => INT32
   *   client_id => NULLABLE_STRING
   */
  #answer(frame: Buffer): void {
    const body = new Reader(frame);
    const key = body.int16();
    const version = body.int16();
    const answer = new Writer(body.int32());
    const clientId = body.nullableString() ?? '';
    const api = APIS.get(key);
    if (!api || version < (api.servedFrom ?? api.min) || version > api.max) {
      if (key !== API_VERSIONS) throw new MalformedFrame(`version ${version} of API ${key} is not served`);
      unsupportedApiVersions(answer, this.#broker.apis);
      this.#send(answer);
      return;
    }
    const waiting = api.handle({ version, clientId, body, peer: this }, answer, this.#broker);
    if (!waiting) {
      this.#send(answer);
      return;
    }
    this.#answering = true;
    waiting.then(
      () => {
        this.#answering = false;
        this.#send(answer);
        this.#answerQueued();
      },
      (error: unknown) => this.#drop(error),
    );
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
    this.#closed = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    for (const ended of this.#closing) ended();
    this.#closing.clear();
  }
}
