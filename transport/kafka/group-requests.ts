import type { Broker } from 'kafkajs/src/cluster/index.js';
import heartbeatRequest from 'kafkajs/src/protocol/requests/heartbeat/index.js';
import joinRequest, { type Joined } from 'kafkajs/src/protocol/requests/joinGroup/index.js';
import syncRequest from 'kafkajs/src/protocol/requests/syncGroup/index.js';

/*
 * What a member asks its coordinator, in the versions that carry `group.instance.id` (KIP-345). kafkajs encodes them, but
 * its `Broker` passes no instance on.
 */

const join = joinRequest.protocol({ version: 5 });
const sync = syncRequest.protocol({ version: 3 });
const beat = heartbeatRequest.protocol({ version: 3 });

type JoinRequest = Omit<Parameters<typeof join>[0], 'protocolType'>;

/** Answers when the generation is complete. A newcomer without an instance is told its id first, and asks again with that. */
export async function joinGroup(coordinator: Broker, request: JoinRequest): Promise<Joined> {
  const ask = (memberId: string) =>
    coordinator.connectionPool.send(join({ ...request, memberId, protocolType: 'consumer' }));
  try {
    return await ask(request.memberId);
  } catch (error) {
    if (error instanceof Error && 'memberId' in error && typeof error.memberId === 'string') {
      return await ask(error.memberId);
    }
    throw error;
  }
}

export function syncGroup(coordinator: Broker, request: Parameters<typeof sync>[0]) {
  return coordinator.connectionPool.send(sync(request));
}

export function heartbeat(coordinator: Broker, request: Parameters<typeof beat>[0]) {
  return coordinator.connectionPool.send(beat(request));
}
