/** A record as it is read from Kafka, before its value is parsed. */
export interface InRecord {
  /** The topic's name without the site's prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the Unix epoch, as its producer stamped it. */
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  /** Text where it is ASCII, otherwise raw. */
  readonly headers: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;
}

/** A record to be written. Its key chooses the partition as the Java client does (murmur2), unless `partition` does. */
export interface OutRecord {
  /** The topic's name without the site's prefix. */
  readonly topic: string;
  readonly key: string | null;
  /** `null` is a tombstone in a compacted topic. */
  readonly value: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds since the Unix epoch, from the clock port. */
  readonly timestamp: number;
  readonly partition?: number;
}

/** One header's text, the last one where it is repeated. */
export function headerOf(record: InRecord, name: string): string | undefined {
  const raw = record.headers[name];
  return (Array.isArray(raw) ? raw.at(-1) : raw)?.toString();
}

/** Of what was moved, and of what is left of it: among how many partitions its key was dealt out anew. */
const MOVED_HEADER = 'moved-among';

/** What is left of a record that was moved to the partition which its key has among `partitions`: whoever reads them all ignores it. */
export function movedRecord({ topic, key, partition, timestamp }: InRecord, partitions: number): OutRecord {
  return { topic, key, value: null, headers: { [MOVED_HEADER]: String(partitions) }, partition, timestamp };
}

/** A record in the partition that its key has among `partitions`. Who counts fewer must not take it for one that was put there by mistake. */
export function movedCopy(record: OutRecord, partition: number, partitions: number): OutRecord {
  return { ...record, partition, headers: { ...record.headers, [MOVED_HEADER]: String(partitions) } };
}

/** Among how many partitions the key of a record that was moved, or of what is left of one, was dealt out; undefined for any other record. */
export function movedAmong(record: InRecord): number | undefined {
  const text = headerOf(record, MOVED_HEADER);
  return text === undefined ? undefined : Number(text);
}

/** Whether a tombstone says that its record is in another partition, and not that there is none. */
export function isLeftOver(record: InRecord): boolean {
  return record.value === null && movedAmong(record) !== undefined;
}

/** Where a record stands: the cause that derived ids and dead letters name. */
export function coordinatesOf(record: InRecord): string {
  return `${record.topic}/${record.partition}/${record.offset}`;
}
