import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import { type BrokerState, NODE_ID, OPERATIONS_UNKNOWN, type Request } from '../request.ts';

/**
 * DescribeCluster Request (0) => include_cluster_authorized_operations
 *   include_cluster_authorized_operations => BOOLEAN
 *
 * DescribeCluster Response (0) => throttle_time_ms error_code error_message cluster_id controller_id [brokers]
 *                                 cluster_authorized_operations
 *   throttle_time_ms => INT32
 *   error_code => INT16
 *   error_message => NULLABLE_STRING
 *   cluster_id => STRING
 *   controller_id => INT32
 *   brokers => broker_id host port rack
 *     broker_id => INT32
 *     host => STRING
 *     port => INT32
 *     rack => NULLABLE_STRING
 *   cluster_authorized_operations => INT32
 */
export function describeCluster({ peer }: Request, answer: Writer, broker: BrokerState): undefined {
  answer.int32(0).errorCode(ErrorCode.NONE).nullableString(null).string(broker.clusterId).int32(NODE_ID);
  answer.array([peer.advertised], ({ host, port }) => {
    answer.int32(NODE_ID).string(host).int32(port).nullableString(null);
  });
  answer.int32(OPERATIONS_UNKNOWN);
}
