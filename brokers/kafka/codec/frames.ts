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
  #held: Buffer[] = [];
  #heldBytes = 0;
  #wanted = SIZE;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Calls `emit` for every frame that `chunk` completes; throws MalformedFrame for a size that cannot be. */
  push(chunk: Buffer, emit: (frame: Buffer) => void): void {
    let bytes = chunk;
    if (this.#heldBytes > 0) {
      this.#hold(chunk);
      if (this.#heldBytes < this.#wanted) return;
      bytes = Buffer.concat(this.#held, this.#heldBytes);
      this.#held = [];
      this.#heldBytes = 0;
    }
    let at = 0;
    this.#wanted = SIZE;
    while (bytes.length - at >= SIZE) {
      const size = bytes.readInt32BE(at);
      if (size < SHORTEST || size > this.#maxBytes) throw new MalformedFrame(`frame of ${size} bytes`);
      if (bytes.length - at < SIZE + size) {
        this.#wanted = SIZE + size;
        break;
      }
      emit(bytes.subarray(at + SIZE, at + SIZE + size));
      at += SIZE + size;
    }
    if (at < bytes.length) this.#hold(bytes.subarray(at));
  }

  #hold(bytes: Buffer): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
  }
}
