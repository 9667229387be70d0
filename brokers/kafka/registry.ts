import { produce } from './apis/00-produce.ts';
import { fetch } from './apis/01-fetch.ts';
import { listOffsets } from './apis/02-list-offsets.ts';
import { metadata } from './apis/03-metadata.ts';
import { offsetCommit } from './apis/08-offset-commit.ts';
import { offsetFetch } from './apis/09-offset-fetch.ts';
import { findCoordinator } from './apis/10-find-coordinator.ts';
import { joinGroup } from './apis/11-join-group.ts';
import { heartbeat } from './apis/12-heartbeat.ts';
import { leaveGroup } from './apis/13-leave-group.ts';
import { syncGroup } from './apis/14-sync-group.ts';
import { describeGroups } from './apis/15-describe-groups.ts';
import { listGroups } from './apis/16-list-groups.ts';
import { API_VERSIONS, apiVersions } from './apis/18-api-versions.ts';
import { createTopics } from './apis/19-create-topics.ts';
import { deleteTopics } from './apis/20-delete-topics.ts';
import { deleteRecords } from './apis/21-delete-records.ts';
import { initProducerId } from './apis/22-init-producer-id.ts';
import { offsetForLeaderEpoch } from './apis/23-offset-for-leader-epoch.ts';
import { addPartitionsToTxn } from './apis/24-add-partitions-to-txn.ts';
import { addOffsetsToTxn } from './apis/25-add-offsets-to-txn.ts';
import { endTxn } from './apis/26-end-txn.ts';
import { txnOffsetCommit } from './apis/28-txn-offset-commit.ts';
import { describeConfigs } from './apis/32-describe-configs.ts';
import { alterConfigs } from './apis/33-alter-configs.ts';
import { createPartitions } from './apis/37-create-partitions.ts';
import { deleteGroups } from './apis/42-delete-groups.ts';
import { incrementalAlterConfigs } from './apis/44-incremental-alter-configs.ts';
import { offsetDelete } from './apis/47-offset-delete.ts';
import { describeCluster } from './apis/60-describe-cluster.ts';
import type { Handler } from './request.ts';

export interface Api {
  readonly key: number;
  readonly name: string;
  /** The versions that ApiVersions announces. */
  readonly min: number;
  readonly max: number;
  /** The first flexible version (KIP-482). */
  readonly flexibleFrom: number;
  /** The least one that is really served, where that is another. */
  readonly servedFrom?: number;
  readonly handle: Handler;
}

/** Of an API that has no flexible version. */
const NEVER = Number.POSITIVE_INFINITY;

/**
 * All that is served; ApiVersions answers from this list and docs/kafka-coverage.md is held equal to it. The newest
 * versions are those of Apache Kafka 3.4.0, so that clients that guess a release from the set find one: flexible versions
 * everywhere (KIP-482), and a Fetch that calls topics by their ids (KIP-516), without which @platformatic/kafka cannot
 * fetch. The oldest are those that Kafka 4 kept (KIP-896), whose clients so find what they need too.
 */
export const REGISTRY: readonly Api[] = [
  // Below 3 are the record formats before KIP-98. Announced all the same: with a minimum of 3 librdkafka silently
  // stops compressing (KAFKA-18659; Kafka 4 does likewise).
  { key: 0, name: 'Produce', min: 0, max: 9, flexibleFrom: 9, servedFrom: 3, handle: produce },
  { key: 1, name: 'Fetch', min: 4, max: 13, flexibleFrom: 12, handle: fetch },
  { key: 2, name: 'ListOffsets', min: 1, max: 7, flexibleFrom: 6, handle: listOffsets },
  { key: 3, name: 'Metadata', min: 0, max: 12, flexibleFrom: 9, handle: metadata },
  { key: 8, name: 'OffsetCommit', min: 2, max: 8, flexibleFrom: 8, handle: offsetCommit },
  { key: 9, name: 'OffsetFetch', min: 1, max: 8, flexibleFrom: 6, handle: offsetFetch },
  { key: 10, name: 'FindCoordinator', min: 0, max: 4, flexibleFrom: 3, handle: findCoordinator },
  { key: 11, name: 'JoinGroup', min: 0, max: 9, flexibleFrom: 6, handle: joinGroup },
  { key: 12, name: 'Heartbeat', min: 0, max: 4, flexibleFrom: 4, handle: heartbeat },
  { key: 13, name: 'LeaveGroup', min: 0, max: 5, flexibleFrom: 4, handle: leaveGroup },
  { key: 14, name: 'SyncGroup', min: 0, max: 5, flexibleFrom: 4, handle: syncGroup },
  { key: 15, name: 'DescribeGroups', min: 0, max: 5, flexibleFrom: 5, handle: describeGroups },
  { key: 16, name: 'ListGroups', min: 0, max: 4, flexibleFrom: 3, handle: listGroups },
  { key: API_VERSIONS, name: 'ApiVersions', min: 0, max: 3, flexibleFrom: 3, handle: apiVersions },
  { key: 19, name: 'CreateTopics', min: 2, max: 7, flexibleFrom: 5, handle: createTopics },
  { key: 20, name: 'DeleteTopics', min: 1, max: 6, flexibleFrom: 4, handle: deleteTopics },
  { key: 21, name: 'DeleteRecords', min: 0, max: 2, flexibleFrom: 2, handle: deleteRecords },
  { key: 22, name: 'InitProducerId', min: 0, max: 4, flexibleFrom: 2, handle: initProducerId },
  { key: 23, name: 'OffsetForLeaderEpoch', min: 2, max: 4, flexibleFrom: 4, handle: offsetForLeaderEpoch },
  { key: 24, name: 'AddPartitionsToTxn', min: 0, max: 3, flexibleFrom: 3, handle: addPartitionsToTxn },
  { key: 25, name: 'AddOffsetsToTxn', min: 0, max: 3, flexibleFrom: 3, handle: addOffsetsToTxn },
  { key: 26, name: 'EndTxn', min: 0, max: 3, flexibleFrom: 3, handle: endTxn },
  { key: 28, name: 'TxnOffsetCommit', min: 0, max: 3, flexibleFrom: 3, handle: txnOffsetCommit },
  { key: 32, name: 'DescribeConfigs', min: 1, max: 4, flexibleFrom: 4, handle: describeConfigs },
  { key: 33, name: 'AlterConfigs', min: 0, max: 2, flexibleFrom: 2, handle: alterConfigs },
  { key: 37, name: 'CreatePartitions', min: 0, max: 3, flexibleFrom: 2, handle: createPartitions },
  { key: 42, name: 'DeleteGroups', min: 0, max: 2, flexibleFrom: 2, handle: deleteGroups },
  { key: 44, name: 'IncrementalAlterConfigs', min: 0, max: 1, flexibleFrom: 1, handle: incrementalAlterConfigs },
  { key: 47, name: 'OffsetDelete', min: 0, max: 0, flexibleFrom: NEVER, handle: offsetDelete },
  { key: 60, name: 'DescribeCluster', min: 0, max: 0, flexibleFrom: 0, handle: describeCluster },
];
