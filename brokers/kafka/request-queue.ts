import { FrameSplitter } from './codec/frames.ts';

/** Beyond so many requests not begun, or so many bytes of them, the socket is read no further, until they are. */
const MOST_QUEUED = 1_000;
const MOST_QUEUED_BYTES = 4 * 1024 * 1024;

/** The requests of one connection that have come and are not begun. */
export class RequestQueue {
  readonly #frames: FrameSplitter;
  readonly #buffered: (change: number) => void;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #told = 0;

  /** `buffered` hears by how much `bytes` has changed, when it is `told`. */
  constructor(maxFrameBytes: number, buffered: (change: number) => void) {
    this.#frames = new FrameSplitter(maxFrameBytes);
    this.#buffered = buffered;
  }

  /** Throws MalformedFrame for a size that cannot be. */
  push(chunk: Buffer): void {
    this.#frames.push(chunk, (frame) => {
      this.#queue.push(frame);
      this.#queuedBytes += frame.length;
    });
  }

  shift(): Buffer | undefined {
    const frame = this.#queue.shift();
    this.#queuedBytes -= frame?.length ?? 0;
    return frame;
  }

  get frames(): readonly Buffer[] {
    return this.#queue;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  get isFull(): boolean {
    return this.#queue.length > MOST_QUEUED || this.#queuedBytes > MOST_QUEUED_BYTES;
  }

  /** With the part that has come of the next one, when it was last told. */
  get bytes(): number {
    return this.#told;
  }

  /** After what came was begun as far as it can be: most of what comes is never worth telling. */
  tell(): void {
    this.#tell(this.#frames.heldBytes + this.#queuedBytes);
  }

  /** The connection is gone, and what it held. */
  end(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#tell(0);
  }

  #tell(bytes: number): void {
    const change = bytes - this.#told;
    this.#told = bytes;
    if (change !== 0) this.#buffered(change);
  }
}
