import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { expect, it } from 'vitest';
import { type PacketHandler, PacketReader } from '../../simulators/packet-reader.ts';

function recorder(): { handler: PacketHandler; heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    handler: {
      connack: (code) => heard.push(`connack ${code}`),
      puback: (id) => heard.push(`puback ${id}`),
      suback: (id, granted) => heard.push(`suback ${id} ${granted}`),
      publish: (id, retained) => heard.push(`publish ${id} ${retained}`),
      pingresp: () => heard.push('pingresp'),
    },
  };
}

const id = fc.integer({ min: 1, max: 0xffff });
const publish = fc
  .record({
    topic: fc.stringMatching(/^[a-z/]{1,200}$/),
    size: fc.nat(70_000),
    retain: fc.boolean(),
    qos: fc.constantFrom(0, 1),
    id,
  })
  .map(({ topic, size, retain, qos, id: messageId }): [Packet, string] => [
    { cmd: 'publish', topic, payload: Buffer.alloc(size, 0x30), retain, dup: false, qos: qos === 0 ? 0 : 1, messageId },
    `publish ${qos === 0 ? 0 : messageId} ${retain}`,
  ]);
const packet = fc.oneof(
  publish,
  id.map((messageId): [Packet, string] => [{ cmd: 'puback', messageId }, `puback ${messageId}`]),
  id.map((messageId): [Packet, string] => [{ cmd: 'suback', messageId, granted: [1] }, `suback ${messageId} 1`]),
  fc.constant<[Packet, string]>([{ cmd: 'pingresp' }, 'pingresp']),
  fc.constant<[Packet, string]>([{ cmd: 'connack', returnCode: 5, sessionPresent: false }, 'connack 5']),
);

it('reads what a broker sends, cut into any pieces', () => {
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 3_000 })), (packets, cuts) => {
      const { handler, heard } = recorder();
      const reader = new PacketReader();
      const shared = Buffer.alloc(4_096);
      let rest = Buffer.concat(packets.map(([one]) => generate(one)));
      for (let i = 0; rest.length > 0; i++) {
        const length = rest.copy(shared, 0, 0, Math.min(rest.length, cuts[i] ?? 4_096));
        reader.push(shared.subarray(0, length), handler);
        shared.fill(0xff); // as the next read does it
        rest = rest.subarray(length);
      }
      expect(heard).toEqual(packets.map(([, expected]) => expected));
    }),
    { numRuns: 300 },
  );
});

it('refuses a length of five bytes', () => {
  const { handler } = recorder();
  expect(() => new PacketReader().push(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]), handler)).toThrow('4 bytes');
});

it('refuses a packet that is shorter than its kind', () => {
  const { handler } = recorder();
  expect(() => new PacketReader().push(Buffer.from([0x40, 0x01, 0x00]), handler)).toThrow();
});
