import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32c } from '../../../brokers/kafka/codec/crc32c.ts';
import { FrameSplitter } from '../../../brokers/kafka/codec/frames.ts';
import { MalformedFrame, Reader } from '../../../brokers/kafka/codec/reader.ts';
import { Writer } from '../../../brokers/kafka/codec/writer.ts';

const int64 = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });

const ID = '00112233445566778899aabbccddeeff';

describe('writer and reader', () => {
  test.each([
    ['old', false],
    ['flexible', true],
  ])('agree on every type of %s versions, also across chunks and referenced slices', (_name, flexible) => {
    const field = fc.record({
      n: int64,
      text: fc.string({ unit: 'grapheme' }),
      blob: fc.uint8Array({ maxLength: 900 }),
    });
    fc.assert(
      fc.property(fc.array(field, { maxLength: 20 }), (fields) => {
        const writer = new Writer(77);
        if (flexible) writer.becomeFlexible({ header: true });
        writer.array(fields, ({ n, text, blob }) => {
          const bytes = Buffer.from(blob);
          writer
            .int64(n)
            .string(text)
            .bytes(bytes)
            .slices([bytes, bytes])
            .boolean(n > 0)
            .nullableString(null)
            .uuid(ID)
            .int32s([n > 0 ? 1 : 2, 3])
            .nullArray();
        });
        const frame = Buffer.concat(writer.finish() ?? []);
        expect(frame.readInt32BE(0)).toBe(frame.length - 4);
        const reader = new Reader(frame.subarray(4));
        expect(reader.int32()).toBe(77);
        if (flexible) reader.becomeFlexible();
        const seen = reader.array(() => {
          const [n, text, blob] = [reader.int64(), reader.string(), reader.bytes()];
          expect(reader.bytes()).toEqual(Buffer.concat([blob, blob]));
          expect([reader.boolean(), reader.nullableString(), reader.uuid()]).toEqual([n > 0, null, ID]);
          expect(reader.values(() => reader.int32())).toEqual([n > 0 ? 1 : 2, 3]);
          expect(reader.nullableArray(() => reader.int32())).toBe(null);
          return { n, text, blob: new Uint8Array(blob) };
        });
        expect(seen).toEqual(fields);
        // A flexible message ends with its tagged fields, of which there are none.
        expect(reader.remaining).toBe(flexible ? 1 : 0);
      }),
    );
  });

  test('an INT64 is written as BigInt would write it', () => {
    fc.assert(
      fc.property(int64, (value) => {
        const frame = Buffer.concat(new Writer(0).int64(value).finish() ?? []);
        expect(frame.readBigInt64BE(8)).toBe(BigInt(value));
      }),
    );
  });

  test.each([
    ['a number past the end', [0, 0], (reader: Reader) => reader.int32()],
    ['a string past the end', [0, 9, 65], (reader: Reader) => reader.string()],
    ['a string of negative length', [255, 254], (reader: Reader) => reader.nullableString()],
    ['null where a string has to be', [255, 255], (reader: Reader) => reader.string()],
    ['bytes past the end', [0x7f, 255, 255, 255], (reader: Reader) => reader.nullableBytes()],
    ['bytes of negative length', [255, 255, 255, 254], (reader: Reader) => reader.nullableBytes()],
    ['an array longer than the frame', [0x7f, 255, 255, 255, 1], (reader: Reader) => reader.array(() => reader.int8())],
    ['an array of negative length', [255, 255, 255, 0], (reader: Reader) => reader.nullableArray(() => reader.int8())],
    ['null where an array has to be', [255, 255, 255, 255], (reader: Reader) => reader.array(() => reader.int8())],
  ])('%s is malformed', (_name, bytes, read) => {
    expect(() => read(new Reader(Buffer.from(bytes)))).toThrow(MalformedFrame);
  });
});

describe('a flexible message', () => {
  const reader = (...bytes: number[]) => {
    const made = new Reader(Buffer.from([0, ...bytes]));
    made.becomeFlexible();
    return made;
  };

  test.each([
    ['a string past the end', [10, 65], (from: Reader) => from.string()],
    ['null where a string has to be', [0], (from: Reader) => from.string()],
    ['a string longer than any', [0x81, 0x80, 0x80, 0x08], (from: Reader) => from.string()],
    ['bytes past the end', [0xff, 0xff, 0xff, 0xff, 0x0f], (from: Reader) => from.bytes()],
    [
      'an array longer than the frame',
      [0xff, 0xff, 0xff, 0xff, 0x0f, 1],
      (from: Reader) => from.array(() => from.int8()),
    ],
    ['a length that does not end', [0x80, 0x80, 0x80, 0x80, 0x80, 1], (from: Reader) => from.bytes()],
    ['a tagged field past the end', [2, 7, 1, 0, 9, 0], (from: Reader) => from.array(() => from.int8())],
  ])('with %s is malformed', (_name, bytes, read) => {
    expect(() => read(reader(...bytes))).toThrow(MalformedFrame);
  });

  test('may have tagged fields that nobody knows, in its header and in its structures', () => {
    const bytes = Buffer.from([1, 5, 2, 0xaa, 0xbb, 3, 7, 1, 0, 2, 0xcc, 0xdd, 8, 0, 42]);
    const tagged = new Reader(bytes);
    tagged.becomeFlexible();
    expect(tagged.array(() => tagged.int8())).toEqual([7, 8]);
    expect(tagged.int8()).toBe(42);
  });
});

test('the largest INT64 and a long string that is no UTF-8 can be answered with', () => {
  const largest = new Reader(Buffer.from([0x7f, ...Array(7).fill(0xff)])).int64();
  expect(() => new Writer(0).int64(largest)).not.toThrow();
  const bytes = Buffer.alloc(2 + 0x7fff, 0xff);
  bytes.writeInt16BE(0x7fff);
  expect(() => new Reader(bytes).string()).toThrow(MalformedFrame);
  bytes.fill('a', 2);
  expect(() => new Writer(0).string(new Reader(bytes).string())).not.toThrow();
});

describe('the frame splitter', () => {
  test('finds the same frames however the stream is cut', () => {
    const frames = fc.array(fc.uint8Array({ minLength: 10, maxLength: 300 }), { maxLength: 10 });
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sent, cuts) => {
        const stream = Buffer.concat(sent.flatMap((bytes) => [sizeOf(bytes.length), Buffer.from(bytes)]));
        const splitter = new FrameSplitter(1000);
        const got: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const end = at + (cuts[i % cuts.length] ?? 1);
          splitter.push(stream.subarray(at, end), (frame) => void got.push(new Uint8Array(frame)));
          at = end;
        }
        expect(got).toEqual(sent);
      }),
    );
  });

  test.each([-1, 0, 9, 1001, 0x7fffffff])('a frame of %i bytes is malformed', (size) => {
    expect(() => new FrameSplitter(1000).push(sizeOf(size), () => undefined)).toThrow(MalformedFrame);
  });
});

test('CRC-32C gives the check value of the catalogue, and is the same however long the rest', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  // RFC 3720 B.4: 32 bytes of zeroes, of ones, and ascending.
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 255))).toBe(0x62a8ab43);
  expect(crc32c(Buffer.from([...Array(32).keys()]))).toBe(0x46dd794e);
});

function sizeOf(bytes: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes);
  return size;
}
