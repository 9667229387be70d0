import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import { type BrokerState, NODE_ID, type Request } from '../request.ts';
import { isTopicName, type Topic } from '../topics.ts';

/** "Not asked for": the bit field of allowed operations (KIP-430). */
const OPERATIONS_UNKNOWN = -0x8000_0000;

/**
 * Metadata Request (0–8) => [topics] allow_auto_topic_creation include_cluster_authorized_operations
 *                           include_topic_authorized_operations
 *   topics => STRING                    all of them when null, in version 0 when empty
 *   allow_auto_topic_creation => BOOLEAN                  4+
 *   include_cluster_authorized_operations => BOOLEAN      8+
 *   include_topic_authorized_operations => BOOLEAN        8+
 *
 * Metadata Response (0–8) => throttle_time_ms [brokers] cluster_id controller_id [topics] cluster_authorized_operations
 *   throttle_time_ms => INT32           3+
 *   brokers => node_id host port rack
 *     node_id => INT32
 *     host => STRING
 *     port => INT32
 *     rack => NULLABLE_STRING           1+
 *   cluster_id => NULLABLE_STRING       2+
 *   controller_id => INT32              1+
 *   topics => error_code name is_internal [partitions] topic_authorized_operations
 *     error_code => INT16
 *     name => STRING
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
 *   cluster_authorized_operations => INT32                8+
 */
export function metadata({ version, body, peer }: Request, answer: Writer, broker: BrokerState): undefined {
  const names = body.nullableArray(() => body.string());
  const mayCreate = (version < 4 || body.boolean()) && broker.autoCreateTopics;
  const all = names === null || (version === 0 && names.length === 0);
  const topics = all
    ? [...broker.topics.all()].map((topic) => ({ name: topic.name, topic }))
    : [...new Set(names)].map((name) => ({ name, topic: find(name, mayCreate, broker) }));

  if (version >= 3) answer.int32(0);
  answer.array([peer.advertised], ({ host, port }) => {
    answer.int32(NODE_ID).string(host).int32(port);
    if (version >= 1) answer.nullableString(null);
  });
  if (version >= 2) answer.nullableString(broker.clusterId);
  if (version >= 1) answer.int32(NODE_ID);
  answer.array(topics, ({ name, topic }) => {
    answer.errorCode(
      topic ? ErrorCode.NONE : isTopicName(name) ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC,
    );
    answer.string(name);
    if (version >= 1) answer.boolean(false);
    answer.array([...(topic?.partitions.keys() ?? [])], (index) => writePartition(answer, version, index));
    if (version >= 8) answer.int32(OPERATIONS_UNKNOWN);
  });
  if (version >= 8) answer.int32(OPERATIONS_UNKNOWN);
}

/**
 * A topic that is asked for is made at once and answered with its leader. (Apache Kafka makes it a moment later and
 * answers UNKNOWN_TOPIC_OR_PARTITION until then, which clients take as "ask again".)
 */
function find(name: string, mayCreate: boolean, broker: BrokerState): Topic | undefined {
  const known = broker.topics.get(name);
  if (known || !mayCreate) return known;
  const wanted = { name, partitions: -1, replicationFactor: -1, settings: [] };
  return broker.topics.refusal(wanted).error === ErrorCode.NONE ? broker.topics.create(wanted) : undefined;
}

function writePartition(answer: Writer, version: number, index: number): void {
  const node = (id: number) => void answer.int32(id);
  answer.errorCode(ErrorCode.NONE).int32(index).int32(NODE_ID);
  if (version >= 7) answer.int32(0);
  answer.array([NODE_ID], node).array([NODE_ID], node);
  if (version >= 5) answer.array([], node);
}
