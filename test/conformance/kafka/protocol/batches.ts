/** A record as a reader sees it; values are text. */
export interface ReadRecord {
  readonly offset: number;
  readonly value: string;
}

export interface ReadBatch {
  readonly lastOffset: number;
  readonly producerId: number;
  readonly isTransactional: boolean;
  /** What a marker says; undefined for records. */
  readonly marker: 'commit' | 'abort' | undefined;
  readonly records: readonly ReadRecord[];
}

const HEADER_BYTES = 61;

/** The batches (magic 2, not compressed) of a Fetch answer, read apart from the broker's own reading of them. */
export function batchesOf(bytes: Buffer): ReadBatch[] {
  const batches: ReadBatch[] = [];
  for (let from = 0; from + HEADER_BYTES <= bytes.length; ) {
    const end = from + 12 + bytes.readInt32BE(from + 8);
    if (end > bytes.length) break;
    batches.push(batchIn(bytes.subarray(from, end)));
    from = end;
  }
  return batches;
}

function batchIn(batch: Buffer): ReadBatch {
  const baseOffset = Number(batch.readBigInt64BE(0));
  const attributes = batch.readInt16BE(21);
  const isControl = (attributes & 0b100000) !== 0;
  const cursor = { bytes: batch, at: HEADER_BYTES };
  const records = Array.from({ length: batch.readInt32BE(57) }, () => recordAt(cursor, baseOffset));
  return {
    lastOffset: baseOffset + batch.readInt32BE(23),
    producerId: Number(batch.readBigInt64BE(43)),
    isTransactional: (attributes & 0b10000) !== 0,
    marker: isControl ? (records[0]?.key?.readInt16BE(2) === 1 ? 'commit' : 'abort') : undefined,
    records: isControl ? [] : records.map(({ offset, value }) => ({ offset, value: value?.toString() ?? '' })),
  };
}

interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

function recordAt(cursor: Cursor, baseOffset: number) {
  const length = varint(cursor);
  const end = cursor.at + length;
  cursor.at += 1;
  varint(cursor);
  const offset = baseOffset + varint(cursor);
  const [key, value] = [bytesAt(cursor), bytesAt(cursor)];
  cursor.at = end;
  return { offset, key, value };
}

function bytesAt(cursor: Cursor): Buffer | null {
  const length = varint(cursor);
  if (length < 0) return null;
  cursor.at += length;
  return cursor.bytes.subarray(cursor.at - length, cursor.at);
}

/** Zigzag. */
function varint(cursor: Cursor): number {
  let value = 0;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = cursor.bytes.readUInt8(cursor.at++);
    value += (byte % 0x80) * scale;
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

/** An aborted transaction as Fetch lists it. */
export interface Aborted {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** What is left for read_committed when the listed transactions are taken out, as every client does it (KIP-98). */
export function withoutAborted(batches: readonly ReadBatch[], aborted: readonly Aborted[]): ReadRecord[] {
  const coming = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<number>();
  const kept: ReadRecord[] = [];
  for (const { producerId, isTransactional, lastOffset, marker, records } of batches) {
    for (let next = coming[0]; next && next.firstOffset <= lastOffset; next = coming[0]) {
      open.add(next.producerId);
      coming.shift();
    }
    if (marker === 'abort') open.delete(producerId);
    if (!(isTransactional && open.has(producerId))) kept.push(...records);
  }
  return kept;
}
