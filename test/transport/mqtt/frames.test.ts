import fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { type ControlPacket, FrameReader, type Publish } from '../../../transport/mqtt/frames.ts';
import { publishPacket } from './scripted-broker.ts';

const MAX_PAYLOAD = 64;
/** What the reader keeps of a packet: the largest topic, its length, a packet id, the largest payload. */
const KEPT = 2 + 0xffff + 2 + MAX_PAYLOAD;

function reader() {
  const messages: Publish[] = [];
  const controls: ControlPacket[] = [];
  const frames = new FrameReader({
    maxPayloadBytes: MAX_PAYLOAD,
    onPublish: (message) => messages.push(message),
    onControl: (packet) => controls.push(packet),
  });
  return { frames, messages, controls };
}

/** `bytes` cut at the given places; those below zero count from the end. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const inside = places.map((place) => (place < 0 ? bytes.length + place : place % (bytes.length + 1)));
  const at = [0, ...inside, bytes.length].sort((a, b) => a - b);
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

/** Anywhere, and around the end of the stream. */
const place = fc.oneof(fc.nat(), fc.integer({ min: -20, max: -1 }));

const message = fc.record({
  topic: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((topic) => !/[+#\0]/.test(topic)),
  payload: fc.uint8Array({ maxLength: 300 }),
  id: fc.integer({ min: 0, max: 0xffff }),
  retained: fc.boolean(),
});

describe('FrameReader', () => {
  it('gives the same messages however the stream is cut', () => {
    const stream = fc.array(message, { maxLength: 20 });
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 40 }), (sent, places) => {
        const packets = sent.flatMap(({ topic, payload, id, retained }) => [
          publishPacket(id, Buffer.from(payload), topic, retained),
          generate({ cmd: 'pingresp' }),
        ]);
        const { frames, messages, controls } = reader();
        for (const chunk of cut(Buffer.concat(packets), places)) frames.read(chunk);
        expect(messages).toEqual(
          sent.map(({ topic, payload, id, retained }) => ({
            topic: Buffer.from(topic).toString(),
            payload: Buffer.from(payload),
            payloadBytes: payload.length,
            packetId: id,
            retained,
          })),
        );
        expect(controls).toHaveLength(sent.length);
      }),
    );
  });

  it('cuts what is larger than it keeps, however the stream is cut, and reads on behind it', () => {
    fc.assert(
      fc.property(fc.integer({ min: KEPT - 10, max: 4 * KEPT }), fc.array(place, { maxLength: 8 }), (size, places) => {
        const stream = Buffer.concat([publishPacket(7, Buffer.alloc(size, 'x')), publishPacket(8, 'behind')]);
        const { frames, messages } = reader();
        for (const chunk of cut(stream, places)) frames.read(chunk);
        const kept = Math.min(size, KEPT - 'a/b'.length - 4);
        expect(messages.map(({ packetId, payloadBytes }) => [packetId, payloadBytes])).toEqual([
          [7, size],
          [8, 6],
        ]);
        expect(messages[0]?.payload).toHaveLength(kept);
        expect(messages[1]?.payload.toString()).toBe('behind');
      }),
      { numRuns: 200 },
    );
  });

  it('neither crashes nor hands over a broken message, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (chunks) => {
        const { frames, messages } = reader();
        try {
          for (const chunk of chunks) frames.read(Buffer.from(chunk));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect(error).not.toBeInstanceOf(RangeError);
          expect(error).not.toBeInstanceOf(TypeError);
        }
        for (const { payload, payloadBytes } of messages) expect(payload.length).toBeLessThanOrEqual(payloadBytes);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['a length of five bytes', [0x30, 0xff, 0xff, 0xff, 0xff, 0x01], 'more than four bytes'],
    ['a SUBACK of 100 MB', [0x90, 0x80, 0xc2, 0xd7, 0x2f], 'announces 100000000 bytes'],
    ['QoS 2', [0x34, 0x05, 0x00, 0x01, 0x61, 0x00, 0x01], 'quality of service'],
    ['both bits of QoS', [0x36, 0x05, 0x00, 0x01, 0x61, 0x00, 0x01], 'quality of service'],
    ['the packet id 0', [0x32, 0x05, 0x00, 0x01, 0x61, 0x00, 0x00], 'packet id 0'],
    ['no room for the packet id', [0x32, 0x04, 0x00, 0x01, 0x61, 0x00], 'shorter than its topic'],
    ['a topic beyond its end', [0x30, 0x03, 0x00, 0x02, 0x61], 'shorter than its topic'],
    ['nothing at all', [0x30, 0x00], 'ends before its topic'],
  ])('refuses a packet with %s', (_, bytes, problem) => {
    expect(() => reader().frames.read(Buffer.from(bytes))).toThrow(problem);
  });

  it('takes a packet as large as the protocol allows without holding more than it keeps', () => {
    const { frames, messages } = reader();
    const total = 256 * 1024 * 1024 - 1;
    frames.read(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0x00, 0x01, 0x61]));
    const chunk = Buffer.alloc(1024 * 1024);
    const before = process.memoryUsage().arrayBuffers;
    for (let left = total - 3; left > 0; left -= chunk.length)
      frames.read(chunk.subarray(0, Math.min(left, chunk.length)));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * 1024 * 1024);
    frames.read(publishPacket(8, 'behind'));
    expect(messages.map(({ payloadBytes }) => payloadBytes)).toEqual([total - 3, 6]);
  });
});
