/** A message as its subscriber reads it off the wire. */
export interface Publish {
  readonly topic: string;
  /** A view into what was read: copy what is to outlive the batch. Cut where it was larger than the reader keeps. */
  readonly payload: Buffer;
  /** Bytes that the payload had on the wire. */
  readonly payloadBytes: number;
  /** What acknowledges it (QoS 1); 0 where nothing does (QoS 0). */
  readonly packetId: number;
  /** Sent because of a subscription, not because it was published just now (MQTT 3.1.1, 3.3.1.3). */
  readonly retained: boolean;
}

/** Any packet but PUBLISH; `body` is what follows the fixed header. */
export interface ControlPacket {
  readonly type: number;
  readonly body: Buffer;
}

/** Packet types (MQTT 3.1.1, 2.2.1). */
export const PACKET = { connack: 2, publish: 3, suback: 9, pingresp: 13 } as const;

/** The largest topic: its length is sent as 16 bits. */
const MAX_TOPIC_BYTES = 0xffff;
/** What a broker says to a subscriber besides PUBLISH is short; a SUBACK has a byte for each filter. */
const MAX_CONTROL_BYTES = 1_024;

/**
 * Splits the byte stream of an MQTT 3.1.1 broker into packets, without copying more than the end of a chunk.
 *
 *     packet    = type and flags (1 byte), remaining length (1–4 bytes, 7 bits each, least first), body
 *     PUBLISH   = 0011 dup qos qos retain, length, topic length (2), topic, [packet id (2) where qos > 0], payload
 *
 * A packet that is larger than `keepBytes` allows is not collected: it is handed over cut, and its rest is dropped as it
 * comes. So memory is bounded whatever the broker sends. What breaks the protocol throws; the reader is of no use after.
 */
export class FrameReader {
  readonly #keepBytes: number;
  readonly #onPublish: (message: Publish) => void;
  readonly #onControl: (packet: ControlPacket) => void;
  /** The beginning of a packet that has not come whole. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** How many bytes have to be held before it is worth another look. */
  #neededBytes = 0;
  /** What is still to come of a packet that was cut. */
  #skipBytes = 0;

  constructor(options: {
    /** The largest payload that is handed over whole. */
    readonly maxPayloadBytes: number;
    readonly onPublish: (message: Publish) => void;
    readonly onControl: (packet: ControlPacket) => void;
  }) {
    this.#keepBytes = 2 + MAX_TOPIC_BYTES + 2 + options.maxPayloadBytes;
    this.#onPublish = options.onPublish;
    this.#onControl = options.onControl;
  }

  read(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#heldBytes > 0) {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      if (this.#heldBytes < this.#neededBytes) return;
      bytes = Buffer.concat(this.#held, this.#heldBytes);
      this.#held = [];
      this.#heldBytes = 0;
    }
    let at = this.#skipBytes;
    this.#skipBytes = 0;
    while (at < bytes.length) {
      let length = 0;
      let body = at + 1;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[body];
        if (byte === undefined) {
          this.#hold(bytes, at, body + 1);
          return;
        }
        body += 1;
        length |= (byte & 0x7f) << shift;
        if (byte < 0x80) break;
        if (shift === 21) throw new Error('a packet announces a length of more than four bytes');
      }
      const first = bytes[at] ?? 0;
      const type = first >> 4;
      if (type !== PACKET.publish && length > MAX_CONTROL_BYTES) {
        throw new Error(`a packet of type ${type} announces ${length} bytes`);
      }
      const end = body + Math.min(length, this.#keepBytes);
      if (end > bytes.length) {
        this.#hold(bytes, at, end);
        return;
      }
      if (type === PACKET.publish) this.#onPublish(publishOf(bytes, first, body, end, length));
      else this.#onControl({ type, body: bytes.subarray(body, end) });
      at = body + length;
    }
    this.#skipBytes = at - bytes.length;
  }

  /** Waits for the packet that begins at `at`, until it reaches to `until`. */
  #hold(bytes: Buffer, at: number, until: number): void {
    this.#held.push(bytes.subarray(at));
    this.#heldBytes = bytes.length - at;
    this.#neededBytes = until - at;
  }
}

/** The PUBLISH whose body begins at `body`, is there up to `end`, and has `length` bytes on the wire. */
function publishOf(bytes: Buffer, first: number, body: number, end: number, length: number): Publish {
  const qos = (first >> 1) & 0b11;
  if (qos > 1) throw new Error('a message came with a quality of service that was not subscribed to');
  const topicAt = body + 2;
  if (topicAt > end) throw new Error('a message ends before its topic');
  const topicEnd = topicAt + bytes.readUInt16BE(body);
  const payloadAt = topicEnd + 2 * qos;
  if (payloadAt > end) throw new Error('a message is shorter than its topic');
  const packetId = qos === 0 ? 0 : bytes.readUInt16BE(topicEnd);
  // [MQTT-2.3.1-1]
  if (qos === 1 && packetId === 0) throw new Error('a message has the packet id 0');
  return {
    topic: bytes.toString('utf8', topicAt, topicEnd),
    payload: bytes.subarray(payloadAt, end),
    payloadBytes: body + length - payloadAt,
    packetId,
    retained: (first & 1) === 1,
  };
}
