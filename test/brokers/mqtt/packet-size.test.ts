import fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { PacketSizeGuard } from '../../../brokers/mqtt/packet-size.ts';

const publish = (payloadBytes: number) =>
  generate({ cmd: 'publish', topic: 't', payload: Buffer.alloc(payloadBytes), qos: 0, retain: false, dup: false });
const remainingLength = (payloadBytes: number) => 2 + 't'.length + payloadBytes;

/** The bytes cut into chunks at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

describe('PacketSizeGuard', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 20 });
  const places = fc.array(fc.nat(400_000), { maxLength: 40 });

  it('passes packets up to the limit, however the stream is cut', () => {
    fc.assert(
      fc.property(sizes, places, (payloads, at) => {
        const guard = new PacketSizeGuard(remainingLength(20_000));
        const stream = Buffer.concat([...payloads.map(publish), Buffer.of(0xc0, 0x00)]);
        return cut(stream, at).every((chunk) => guard.passes(chunk));
      }),
    );
  });

  it('stops at the header of a packet beyond the limit, however the stream is cut', () => {
    fc.assert(
      fc.property(sizes, places, (payloads, at) => {
        const guard = new PacketSizeGuard(remainingLength(20_000));
        const header = publish(20_001).subarray(0, 4);
        const stream = Buffer.concat([...payloads.map(publish), header]);
        return cut(stream, at).some((chunk) => !guard.passes(chunk));
      }),
    );
  });

  it('stops at a length of more than four bytes', () => {
    expect(new PacketSizeGuard(2 ** 28).passes(Buffer.of(0x30, 0x80, 0x80, 0x80, 0x80, 0x01))).toBe(false);
    expect(new PacketSizeGuard(2 ** 28).passes(Buffer.of(0x30, 0xff, 0xff, 0xff, 0x7f))).toBe(true);
  });
});
