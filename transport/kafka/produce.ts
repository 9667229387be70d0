import type { Broker, ProtocolRequest } from 'kafkajs/src/cluster/index.js';
import response, { type ProduceResponse } from 'kafkajs/src/protocol/requests/produce/v7/response.js';

/** How long the leader may wait for its replicas, in milliseconds. */
const REPLICATION_TIMEOUT_MS = 10_000;
const ALL_REPLICAS = -1;

/** One partition's share of a Produce request. */
export interface PartitionData {
  readonly topic: string;
  readonly partition: number;
  /** A record batch. */
  readonly batch: Buffer;
}

/**
 * Sends record batches to the broker that leads their partitions, and answers with what became of each. Kafkajs frames the
 * request (Produce 7, of which Kafka 4 is still served) and decodes the answer:
 *
 *     transactionalId: nullable string, acks: int16, timeout: int32,
 *     [topic: string, [partition: int32, records: int32 length and bytes]]
 */
export async function produce(broker: Broker, data: readonly PartitionData[]): Promise<ProduceResponse> {
  const request: ProtocolRequest<ProduceResponse> = {
    request: { apiKey: 0, apiVersion: 7, apiName: 'Produce', encode: async () => encode(data) },
    response: { decode: response.decode, parse: async (decoded) => decoded },
  };
  return await broker.connectionPool.send(request);
}

function encode(data: readonly PartitionData[]): { buf: Buffer; buffer: Buffer } {
  const topics = new Map<string, PartitionData[]>();
  for (const entry of data) {
    const sameTopic = topics.get(entry.topic);
    if (sameTopic) sameTopic.push(entry);
    else topics.set(entry.topic, [entry]);
  }
  const parts = [int16(-1), int16(ALL_REPLICAS), int32(REPLICATION_TIMEOUT_MS), int32(topics.size)];
  for (const [topic, partitions] of topics) {
    const name = Buffer.from(topic);
    parts.push(int16(name.length), name, int32(partitions.length));
    for (const { partition, batch } of partitions) parts.push(int32(partition), int32(batch.length), batch);
  }
  const buffer = Buffer.concat(parts);
  return { buf: buffer, buffer };
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}
