import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import { type BrokerState, NODE_ID, OPERATIONS_UNKNOWN, type Request } from '../request.ts';
import { isTopicName } from '../topic-rules.ts';
import { NO_TOPIC_ID, type Topic } from '../topics.ts';

/**
 * Metadata Request (0–12) => [topics] allow_auto_topic_creation include_cluster_authorized_operations
 *                            include_topic_authorized_operations
 *   topics => topic_id name             all of them when null, in version 0 when empty
 *     topic_id => UUID                  10+; 12+: in place of a null name
 *     name => STRING                    10+: NULLABLE_STRING
 *   allow_auto_topic_creation => BOOLEAN                  4+
 *   include_cluster_authorized_operations => BOOLEAN      8–10
 *   include_topic_authorized_operations => BOOLEAN        8+
 *
 * Metadata Response (0–12) => throttle_time_ms [brokers] cluster_id controller_id [topics] cluster_authorized_operations
 *   throttle_time_ms => INT32           3+
 *   brokers => node_id host port rack
 *     node_id => INT32
 *     host => STRING
 *     port => INT32
 *     rack => NULLABLE_STRING           1+
 *   cluster_id => NULLABLE_STRING       2+
 *   controller_id => INT32              1+
 *   topics => error_code name topic_id is_internal [partitions] topic_authorized_operations
 *     error_code => INT16
 *     name => STRING                    12+: NULLABLE_STRING
 *     topic_id => UUID                  10+
 *     is_internal => BOOLEAN            1+
 *     partitions => error_code index leader_id leader_epoch [replica_nodes] [isr_nodes] [offline_replicas]
 *       error_code => INT16
 *       index => INT32
 *       leader_id => INT32
 *       leader_epoch => INT32           7+
 *       replica_nodes => INT32
 *       isr_nodes => INT32
 *       offline_replicas => INT32       5+
 *     topic_authorized_operations => INT32                8+
 *   cluster_authorized_operations => INT32                8–10
 */
export function metadata({ version, body, peer }: Request, answer: Writer, broker: BrokerState): undefined {
  const wanted = body.nullableArray(() => readTopic(body, version));
  const mayCreate = (version < 4 || body.boolean()) && broker.autoCreateTopics;
  const all = wanted === null || (version === 0 && wanted.length === 0);
  const topics = all
    ? [...broker.topics.all()].map((topic) => ({ error: ErrorCode.NONE, ...named(topic) }))
    : found(wanted, version, mayCreate, broker);

  if (version >= 3) answer.int32(0);
  answer.array([peer.advertised], ({ host, port }) => {
    answer.int32(NODE_ID).string(host).int32(port);
    if (version >= 1) answer.nullableString(null);
  });
  if (version >= 2) answer.nullableString(broker.clusterId);
  if (version >= 1) answer.int32(NODE_ID);
  answer.array(topics, ({ error, name, id, topic }) => {
    answer.errorCode(error);
    if (version >= 12) answer.nullableString(name);
    else answer.string(name ?? '');
    if (version >= 10) answer.uuid(id);
    if (version >= 1) answer.boolean(false);
    answer.array([...(topic?.partitions.keys() ?? [])], (index) => writePartition(answer, version, index));
    if (version >= 8) answer.int32(OPERATIONS_UNKNOWN);
  });
  if (version >= 8 && version <= 10) answer.int32(OPERATIONS_UNKNOWN);
}

interface Wanted {
  readonly id: string;
  readonly name: string | null;
}

interface Found extends Wanted {
  readonly error: ErrorCode;
  readonly topic?: Topic | undefined;
}

function readTopic(body: Reader, version: number): Wanted {
  return version >= 10 ? { id: body.uuid(), name: body.nullableString() } : { id: NO_TOPIC_ID, name: body.string() };
}

function found(wanted: readonly Wanted[], version: number, mayCreate: boolean, broker: BrokerState): Found[] {
  const byId = wanted.filter(({ id }) => id !== NO_TOPIC_ID);
  if ((version < 12 && byId.length > 0) || wanted.some(({ id, name }) => id === NO_TOPIC_ID && name === null)) {
    return wanted.map((topic) => ({ ...topic, error: ErrorCode.INVALID_REQUEST }));
  }
  if (byId.length > 0) {
    return byId.map(({ id }) => {
      const name = broker.topics.nameOf(id);
      const topic = name === undefined ? undefined : broker.topics.get(name);
      return topic ? { error: ErrorCode.NONE, ...named(topic) } : { error: ErrorCode.UNKNOWN_TOPIC_ID, name: null, id };
    });
  }
  return [...new Set(wanted.map(({ name }) => name ?? ''))].map((name) => {
    const topic = find(name, mayCreate, broker);
    if (topic) return { error: ErrorCode.NONE, ...named(topic) };
    const error = isTopicName(name) ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC;
    return { error, name, id: NO_TOPIC_ID };
  });
}

function named(topic: Topic) {
  return { name: topic.name, id: topic.id, topic };
}

/**
 * A topic that is asked for is made at once and answered with its leader. (Apache Kafka makes it a moment later and
 * answers UNKNOWN_TOPIC_OR_PARTITION until then, which clients take as "ask again".)
 */
function find(name: string, mayCreate: boolean, broker: BrokerState): Topic | undefined {
  const known = broker.topics.get(name);
  if (known || !mayCreate) return known;
  const wanted = { name, partitions: -1, replicationFactor: -1, assignments: [], settings: [] };
  return broker.topics.refusal(wanted).error === ErrorCode.NONE ? broker.topics.create(wanted) : undefined;
}

function writePartition(answer: Writer, version: number, index: number): void {
  answer.errorCode(ErrorCode.NONE).int32(index).int32(NODE_ID);
  if (version >= 7) answer.int32(0);
  answer.int32s([NODE_ID]).int32s([NODE_ID]);
  if (version >= 5) answer.int32s([]);
}
