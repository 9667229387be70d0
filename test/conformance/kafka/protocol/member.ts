import { Body } from '../../../brokers/kafka/wire.ts';
import { coordinated, settled } from './asking.ts';
import type { ProtocolClient } from './client.ts';
import { at, type Fields, listAt, numberAt, textAt, type Value } from './values.ts';

export interface MemberOptions {
  readonly instanceId?: string;
  readonly protocols?: readonly string[];
  readonly protocolType?: string;
  /** What it subscribes to. */
  readonly topics?: readonly string[];
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
}

/** What a consumer says of itself in version 0 (ConsumerProtocolSubscription); Apache Kafka reads it. */
export function subscription(topics: readonly string[], note: string): Buffer {
  const body = new Body().int16(0).int32(topics.length);
  for (const topic of topics) body.string(topic);
  return body.bytes(Buffer.from(note)).done();
}

/** A member of a group that sends just what it is told. */
export class WireMember {
  readonly client: ProtocolClient;
  readonly groupId: string;
  readonly options: MemberOptions;
  memberId = '';
  generation = -1;
  /** The assignor that the group has chosen. */
  protocol = 'range';

  constructor(client: ProtocolClient, groupId: string, options: MemberOptions = {}) {
    this.client = client;
    this.groupId = groupId;
    this.options = options;
  }

  get identity(): Fields {
    const { groupId, memberId, generation: generationId, options } = this;
    return { groupId, memberId, generationId, groupInstanceId: options.instanceId ?? null };
  }

  /** JoinGroup, once. */
  askToJoin(version = 7, fields: Fields = {}): Promise<Fields> {
    const { protocols = ['range'], protocolType = 'consumer', topics = [] } = this.options;
    const { sessionTimeoutMs = 10_000, rebalanceTimeoutMs = 10_000 } = this.options;
    const { generationId: _, ...identity } = this.identity;
    return this.client.ask('JoinGroup', version, {
      ...identity,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocolType,
      protocols: protocols.map((name) => ({ name, metadata: subscription(topics, name) })),
      ...fields,
    });
  }

  /** Joins, with the id that it is given first, and keeps what it is told. */
  async join(version = 7): Promise<Fields> {
    await coordinated(this.client, 0, this.groupId);
    let answer = await settled(() => this.askToJoin(version), 'errorCode');
    if (at(answer, 'errorCode') === 79) {
      this.memberId = textAt(answer, 'memberId');
      answer = await this.askToJoin(version);
    }
    if (at(answer, 'errorCode') === 0) {
      this.memberId = textAt(answer, 'memberId');
      this.generation = numberAt(answer, 'generationId');
      this.protocol = textAt(answer, 'protocolName');
    }
    return answer;
  }

  /** SyncGroup; `shares` by member id, from the leader. */
  sync(shares: Readonly<Record<string, string>> = {}, fields: Fields = {}, version = 5): Promise<Fields> {
    const assignments = Object.entries(shares).map(([memberId, share]) => ({
      memberId,
      assignment: Buffer.from(share),
    }));
    const { protocol: protocolName, options } = this;
    const chosen = { protocolType: options.protocolType ?? 'consumer', protocolName };
    return this.client.ask('SyncGroup', version, { ...this.identity, ...chosen, assignments, ...fields });
  }

  async heartbeat(fields: Fields = {}, version = 4): Promise<Value> {
    return at(await this.client.ask('Heartbeat', version, { ...this.identity, ...fields }), 'errorCode');
  }

  /** Commits an offset of partition 0; answers with its error. */
  async commit(topic: string, committedOffset: number, fields: Fields = {}, version = 8): Promise<Value> {
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: '' }] }];
    const ask = () => this.client.ask('OffsetCommit', version, { ...this.identity, topics, ...fields });
    const path = ['topics', 0, 'partitions', 0, 'errorCode'];
    return at(await settled(ask, ...path), ...path);
  }

  /** Leaves by its own id. */
  async leave(): Promise<Value> {
    const { groupId, memberId } = this;
    const members = [{ memberId, groupInstanceId: this.options.instanceId ?? null }];
    const answer = await this.client.ask('LeaveGroup', 4, { groupId, members });
    return at(listAt(answer, 'members')[0], 'errorCode');
  }
}
