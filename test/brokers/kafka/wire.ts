import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { crc32c } from '../../../brokers/kafka/codec/crc32c.ts';
import { within } from '../../support/eventually.ts';

/** Bytes of a request body, written by hand, field by field. */
export class Body {
  readonly #parts: Buffer[] = [];

  int8(value: number): this {
    return this.#number(1, (part) => part.writeInt8(value));
  }

  int16(value: number): this {
    return this.#number(2, (part) => part.writeInt16BE(value));
  }

  int32(value: number): this {
    return this.#number(4, (part) => part.writeInt32BE(value));
  }

  int64(value: number): this {
    return this.#number(8, (part) => part.writeBigInt64BE(BigInt(value)));
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    return this.int16(Buffer.byteLength(value)).raw(Buffer.from(value));
  }

  bytes(value: Buffer): this {
    return this.int32(value.length).raw(value);
  }

  raw(value: Buffer): this {
    this.#parts.push(value);
    return this;
  }

  done(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #number(length: number, write: (part: Buffer) => void): this {
    const part = Buffer.alloc(length);
    write(part);
    return this.raw(part);
  }
}

/** A request frame, its size in front. */
export function frame(key: number, version: number, correlation: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const rest = new Body().int16(key).int16(version).int32(correlation).string('wire').raw(body).done();
  return new Body().bytes(rest).done();
}

interface Waiting {
  resolve(frame: Buffer): void;
  reject(error: Error): void;
}

/** A client that sends what it is told and keeps the frames it gets, without their size. */
export class WireClient {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  readonly #frames: Buffer[] = [];
  readonly #waiting: Waiting[] = [];
  #bytes = Buffer.alloc(0);
  #correlation = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    // Not by `once` of node:events, which would reject for a reset.
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('the connection closed'));
    });
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  static async connect(address: string): Promise<WireClient> {
    const [host, port] = address.split(':');
    const socket = connect(Number(port), host);
    await once(socket, 'connect');
    return new WireClient(socket);
  }

  send(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** The next frame that arrives: correlation id and what follows it. */
  async next(): Promise<{ correlation: number; body: Buffer }> {
    const got = this.#frames.shift();
    const bytes = got ?? (await within('a frame', this.#arrival()));
    return { correlation: bytes.readInt32BE(0), body: bytes.subarray(4) };
  }

  #arrival(): Promise<Buffer> {
    if (this.socket.destroyed) return Promise.reject(new Error('the connection is closed'));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Frames that arrived and nobody asked for. */
  get unread(): number {
    return this.#frames.length;
  }

  /** May be asked again before it has answered: answers come in order. Rejects when the connection closes first. */
  async ask(key: number, version: number, body?: Buffer): Promise<Buffer> {
    const correlation = ++this.#correlation;
    this.send(frame(key, version, correlation, body));
    const answer = await this.next();
    if (answer.correlation !== correlation) throw new Error(`answer ${answer.correlation} to ${correlation}`);
    return answer.body;
  }

  #receive(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= 4 && this.#bytes.length >= 4 + this.#bytes.readInt32BE(0)) {
      const end = 4 + this.#bytes.readInt32BE(0);
      const bytes = this.#bytes.subarray(4, end);
      this.#bytes = this.#bytes.subarray(end);
      const waiting = this.#waiting.shift();
      if (waiting) waiting.resolve(bytes);
      else this.#frames.push(bytes);
    }
  }
}

export interface BatchFields {
  timestamp?: number;
  attributes?: number;
  producerId?: number;
  epoch?: number;
  sequence?: number;
}

/** A record as a test writes it; values are text. */
export interface TestRecord {
  key?: string | null;
  value?: string | null;
  timestamp?: number;
}

/** A record batch, magic 2, as a producer writes it. */
export function batchOf(records: readonly TestRecord[], fields: BatchFields = {}): Buffer {
  const { timestamp = 1000, attributes = 0, producerId = -1, epoch = -1, sequence = -1 } = fields;
  const times = records.map((record) => record.timestamp ?? timestamp);
  const base = times[0] ?? timestamp;
  const encoded = records.map((record, i) => encodeRecord(record, (times[i] ?? base) - base, i));
  const checked = new Body()
    .int16(attributes)
    .int32(records.length - 1)
    .int64(base)
    .int64(Math.max(...times))
    .int64(producerId)
    .int16(epoch)
    .int32(sequence)
    .int32(records.length)
    .raw(Buffer.concat(encoded))
    .done();
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32c(checked));
  const rest = new Body().int32(-1).int8(2).raw(crc).raw(checked).done();
  return new Body().int64(0).bytes(rest).done();
}

function encodeRecord({ key = null, value = '' }: TestRecord, timestampDelta: number, offsetDelta: number): Buffer {
  const bytes = (text: string | null) =>
    text === null ? varint(-1) : Buffer.concat([varint(Buffer.byteLength(text)), Buffer.from(text)]);
  const body = [Buffer.alloc(1), varint(timestampDelta), varint(offsetDelta), bytes(key), bytes(value), varint(0)];
  const record = Buffer.concat(body);
  return Buffer.concat([varint(record.length), record]);
}

function varint(value: number): Buffer {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  const bytes: number[] = [];
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

/** Produce 7 of one batch to one partition. */
export function produceBody(topic: string, partition: number, batch: Buffer, acks = -1): Buffer {
  const head = new Body().string(null).int16(acks).int32(1000).int32(1).string(topic).int32(1);
  return head.int32(partition).bytes(batch).done();
}

/** Fetch 11 of one partition. */
export function fetchBody(
  topic: string,
  partition: number,
  offset: number,
  options: { maxWait?: number; minBytes?: number; maxBytes?: number; epoch?: number } = {},
): Buffer {
  const { maxWait = 0, minBytes = 1, maxBytes = 1 << 20, epoch = -1 } = options;
  const head = new Body().int32(-1).int32(maxWait).int32(minBytes).int32(maxBytes).int8(0).int32(0).int32(epoch);
  const wanted = head
    .int32(1)
    .string(topic)
    .int32(1)
    .int32(partition)
    .int32(-1)
    .int64(offset)
    .int64(-1)
    .int32(maxBytes);
  return wanted.int32(0).string('').done();
}

/** Fetch 11 of several partitions of a topic from their start; the limit is on all of them together. */
export function fetchAllBody(topic: string, partitions: readonly number[], maxBytes: number): Buffer {
  const head = new Body().int32(-1).int32(0).int32(1).int32(maxBytes).int8(0).int32(0).int32(-1);
  head.int32(1).string(topic).int32(partitions.length);
  for (const partition of partitions)
    head
      .int32(partition)
      .int32(-1)
      .int64(0)
      .int64(-1)
      .int32(1 << 20);
  return head.int32(0).string('').done();
}

/** What a Fetch 11 of one partition was answered. */
export function readFetch(body: Buffer): { sessionError: number; error: number; end: number; records: Buffer } {
  const sessionError = body.readInt16BE(4);
  if (body.readInt32BE(10) === 0) return { sessionError, error: -1, end: -1, records: Buffer.alloc(0) };
  let at = 14 + 2 + body.readInt16BE(14) + 4 + 4;
  const error = body.readInt16BE(at);
  const end = Number(body.readBigInt64BE(at + 2));
  at += 2 + 8 + 8 + 8 + 4 + 4;
  return { sessionError, error, end, records: body.subarray(at + 4, at + 4 + body.readInt32BE(at)) };
}

/** Metadata 4, which makes the topic. */
export function metadataBody(topic: string): Buffer {
  return new Body().int32(1).string(topic).int8(1).done();
}

/** IncrementalAlterConfigs 0 of one setting of a topic; operation 0 sets, 1 deletes. */
export function incrementalBody(topic: string, name: string, operation: number, value: string | null): Buffer {
  const resource = new Body().int32(1).int8(2).string(topic).int32(1);
  return resource.string(name).int8(operation).string(value).int8(0).done();
}
