import {
  batchBaseOffset,
  batchBytes,
  batchIsControl,
  batchProducer,
  batchRecordCount,
  HEADER_BYTES,
} from '../../../../brokers/kafka/batch.ts';
import type { ProtocolClient } from '../protocol/client.ts';
import { at, type Fields, isFields, type Value } from '../protocol/values.ts';

/** What differs by its nature: how long, where, in which words, and settings that only one of the two knows. */
const INCOMPARABLE = new Set([
  'throttleTimeMs',
  'errorMessage',
  'batchIndexErrorMessage',
  'recordErrors',
  'logAppendTimeMs',
  'timestamp',
  'brokers',
  'clusterId',
  'controllerId',
  'nodeId',
  'host',
  'port',
  'leaderId',
  'replicaNodes',
  'isrNodes',
  'configs',
]);
/** What each broker chooses for itself: the first that is met is #0 on both. */
const CHOSEN = new Set(['producerId', 'memberId', 'leader', 'topicId']);
const NO_TOPIC = '0'.repeat(32);
/** Values that stand for none. */
const NONE = new Set<Value>([-1, '', null, NO_TOPIC]);

/** One broker as a sequence of requests sees it: a connection, and what it chose so far. */
export class World {
  readonly client: ProtocolClient;
  /** By transactional id, or by a name of its own for an idempotent producer. */
  readonly producers = new Map<string, { producerId: number; producerEpoch: number }>();
  /** By group: its one member. */
  readonly members = new Map<string, { memberId: string; generationId: number }>();
  readonly #prefix: string;
  readonly #chosen = new Map<Value, string>();

  /** The prefix keeps the names of a sequence to itself. */
  constructor(client: ProtocolClient, prefix: string) {
    this.client = client;
    this.#prefix = prefix;
  }

  named(name: string): string {
    return `${this.#prefix}-${name}`;
  }

  /** One that was not initialized calls itself by a number that nobody gave it. */
  producer(name: string) {
    return this.producers.get(name) ?? { producerId: 1_000_000 + name.charCodeAt(0), producerEpoch: 0 };
  }

  member(group: string) {
    return this.members.get(group) ?? { memberId: '', generationId: -1 };
  }

  /** An answer as both brokers have to give it. */
  comparable(answer: Fields): Fields {
    const entries = Object.entries(answer).filter(([name]) => !INCOMPARABLE.has(name));
    return Object.fromEntries(entries.map(([name, value]) => [name, this.#value(name, value)]));
  }

  #value(name: string, value: Value): Value {
    if (CHOSEN.has(name)) return this.#symbol(value);
    if (Buffer.isBuffer(value)) return name === 'records' ? this.#batches(value) : value.toString('latin1');
    if (Array.isArray(value)) {
      return value.toSorted(byIdentity).map((item) => (isFields(item) ? this.comparable(item) : item));
    }
    return isFields(value) ? this.comparable(value) : value;
  }

  #symbol(value: Value): Value {
    if (NONE.has(value)) return value;
    const known = this.#chosen.get(value) ?? `#${this.#chosen.size}`;
    this.#chosen.set(value, known);
    return known;
  }

  /** Batches without what the brokers choose: producers' ids, and the times of markers, and so their CRCs. */
  #batches(bytes: Buffer): Value[] {
    const batches: Value[] = [];
    for (let from = 0; from + HEADER_BYTES <= bytes.length; from += batchBytes(bytes, from)) {
      const { producerId, epoch, firstSequence } = batchProducer(bytes, from);
      batches.push({
        baseOffset: batchBaseOffset(bytes, from),
        attributes: bytes.readInt16BE(from + 21),
        producer: this.#symbol(producerId),
        epoch,
        firstSequence,
        count: batchRecordCount(bytes, from),
        // A marker ends with the epoch of its coordinator.
        records: bytes
          .subarray(from + HEADER_BYTES, from + batchBytes(bytes, from) - (batchIsControl(bytes, from) ? 5 : 0))
          .toString('latin1'),
      });
    }
    return batches;
  }
}

/** What names a structure among others, whose order nobody promises. */
const IDENTITIES = ['name', 'topic', 'groupId', 'partitionIndex', 'partition', 'index', 'firstOffset'];

function byIdentity(one: Value, other: Value): number {
  const identity = (value: Value) => JSON.stringify(isFields(value) ? IDENTITIES.map((name) => value[name]) : value);
  return identity(one).localeCompare(identity(other));
}

/** Takes note of what an answer gave to a producer. */
export function noteProducer(world: World, name: string, answer: Fields): void {
  if (at(answer, 'errorCode') !== 0) return;
  world.producers.set(name, {
    producerId: Number(at(answer, 'producerId')),
    producerEpoch: Number(at(answer, 'producerEpoch')),
  });
}
