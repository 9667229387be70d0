/** What a detector understands of what a broker sends (MQTT 3.1.1, chapter 3); other packets are passed over. */
export interface PacketHandler {
  /** 3.2: 0 is accepted, 1–5 are refusals. */
  connack(returnCode: number): void;
  /** 3.4 */
  puback(packetId: number): void;
  /** 3.9: the answer to one filter, the QoS granted or 0x80. */
  suback(packetId: number, granted: number): void;
  /** 3.3: `packetId` is 0 at QoS 0. Topic and payload are left out: a detector subscribes to one topic, whose payload is empty. */
  publish(packetId: number, retained: boolean): void;
  /** 3.13 */
  pingresp(): void;
}

const CONNACK = 2;
const PUBLISH = 3;
const PUBACK = 4;
const SUBACK = 9;
const PINGRESP = 13;
/** Bytes of a body that are looked at: more than any topic of ours and a packet id. */
const HEAD_BYTES = 1_024;
const NOTHING = Buffer.alloc(0);

/**
 * Reads packets off a byte stream that arrives in any pieces. It keeps bytes only while a packet is incomplete, and of a
 * long one only its head, so that thousands of connections at rest hold nothing.
 */
export class PacketReader {
  /** The beginning of a packet whose rest is to come. */
  #held = NOTHING;
  /** Bytes of a body whose head has been handled. */
  #skip = 0;

  /** Takes the next bytes; `chunk` may be overwritten afterwards. Throws where they are no MQTT. */
  push(chunk: Buffer, handler: PacketHandler): void {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = NOTHING;
    let at = Math.min(this.#skip, bytes.length);
    this.#skip -= at;
    while (at < bytes.length) {
      const { length, start } = remainingLength(bytes, at + 1);
      const headEnd = start + Math.min(length, HEAD_BYTES);
      if (start === 0 || headEnd > bytes.length) {
        this.#held = Buffer.from(bytes.subarray(at));
        return;
      }
      dispatch(bytes[at] ?? 0, bytes.subarray(start, headEnd), handler);
      const end = start + length;
      this.#skip = Math.max(0, end - bytes.length);
      at = Math.min(end, bytes.length);
    }
  }
}

/** 2.2.3: 1–4 bytes, 7 bits each, least significant first. `start` is where the body begins, 0 while bytes are missing. */
function remainingLength(bytes: Buffer, from: number): { length: number; start: number } {
  let length = 0;
  for (let i = 0; i < 4; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) return { length: 0, start: 0 };
    length += (byte & 0x7f) * 0x80 ** i;
    if (byte < 0x80) return { length, start: from + i + 1 };
  }
  throw new Error('the length of an MQTT packet has more than 4 bytes');
}

function dispatch(first: number, head: Buffer, handler: PacketHandler): void {
  const type = first >> 4;
  if (type === CONNACK) handler.connack(head.readUInt8(1));
  else if (type === PUBACK) handler.puback(head.readUInt16BE(0));
  else if (type === SUBACK) handler.suback(head.readUInt16BE(0), head.readUInt8(2));
  else if (type === PINGRESP) handler.pingresp();
  else if (type === PUBLISH) {
    const qos = (first >> 1) & 3;
    handler.publish(qos === 0 ? 0 : head.readUInt16BE(2 + head.readUInt16BE(0)), (first & 1) === 1);
  }
}
