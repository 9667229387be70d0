import { MalformedFrame } from './reader.ts';

const SIZE = 4;
/** The shortest request: api_key, api_version, correlation_id, client_id. */
const SHORTEST = 10;

/**
 * Cuts a TCP stream into frames (`size => INT32`, then that many bytes). A frame that lies within one chunk is a slice of
 * it; others are joined once, when complete. Memory is taken as bytes arrive, never because a size announces them.
 */
export class FrameSplitter {
  readonly #maxBytes: number;
  /** The pieces of a frame that began in an earlier chunk. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** How many bytes the next step needs: a size, or that and the frame. */
  #wanted = SIZE;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Of a frame that is not complete. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Calls `emit` for every frame that `chunk` completes; throws MalformedFrame for a size that cannot be. */
  push(chunk: Buffer, emit: (frame: Buffer) => void): void {
    let at = 0;
    while (this.#heldBytes > 0 && at < chunk.length) at = this.#join(chunk, at, emit);
    while (chunk.length - at >= this.#wanted) {
      const end = at + SIZE + this.#sizeAt(chunk, at);
      if (end > chunk.length) {
        this.#wanted = end - at;
        break;
      }
      emit(chunk.subarray(at + SIZE, end));
      at = end;
    }
    if (at < chunk.length) this.#hold(chunk.subarray(at));
  }

  /** Adds of the chunk no more than what is held needs; answers with where the chunk goes on. */
  #join(chunk: Buffer, at: number, emit: (frame: Buffer) => void): number {
    const end = Math.min(chunk.length, at + this.#wanted - this.#heldBytes);
    this.#hold(chunk.subarray(at, end));
    if (this.#heldBytes < this.#wanted) return end;
    const bytes = Buffer.concat(this.#held, this.#heldBytes);
    if (this.#wanted === SIZE) {
      this.#wanted += this.#sizeAt(bytes, 0);
      this.#held = [bytes];
      return end;
    }
    this.#held = [];
    this.#heldBytes = 0;
    this.#wanted = SIZE;
    emit(bytes.subarray(SIZE));
    return end;
  }

  #sizeAt(bytes: Buffer, at: number): number {
    const size = bytes.readInt32BE(at);
    if (size < SHORTEST || size > this.#maxBytes) throw new MalformedFrame(`frame of ${size} bytes`);
    return size;
  }

  #hold(bytes: Buffer): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
  }
}
