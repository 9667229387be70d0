/**
 * Follows the framing of an MQTT byte stream, to refuse a packet by the length that it declares, before its bytes are
 * collected: aedes has no such limit, and its parser would gather up to the protocol's 256 MB for each connection.
 *
 * Fixed header (MQTT 3.1.1, 2.2): type and flags, 1 byte; remaining length, 1–4 bytes, 7 bits each, least significant
 * first, the top bit says that more follow.
 */
export class PacketSizeGuard {
  readonly #limit: number;
  /** Bytes of the current packet's body that are still to come. */
  #body = 0;
  #inLength = false;
  #length = 0;
  #weight = 1;

  /** @param limit the largest remaining length that passes, in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False when `chunk`, the next bytes of the stream, holds a packet that declares more than the limit. */
  passes(chunk: Uint8Array): boolean {
    for (let at = 0; at < chunk.length; ) {
      if (this.#body > 0) {
        const step = Math.min(this.#body, chunk.length - at);
        this.#body -= step;
        at += step;
      } else if (!this.#inLength) {
        this.#inLength = true;
        this.#length = 0;
        this.#weight = 1;
        at += 1;
      } else {
        const byte = chunk[at] ?? 0;
        at += 1;
        this.#length += (byte & 0x7f) * this.#weight;
        this.#weight *= 0x80;
        if (this.#length > this.#limit) return false;
        if (byte < 0x80) {
          this.#inLength = false;
          this.#body = this.#length;
        } else if (this.#weight > 0x80 ** 3) {
          return false; // a fifth byte of length does not exist
        }
      }
    }
    return true;
  }
}
