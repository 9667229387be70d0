// The modules of kafkajs 2.2.4 that we use below its public surface, as far as we use them. The version is pinned exactly,
// and test/transport/kafka/pinned.test.ts fails when it moves. Why: docs/decisions/0010-kafkajs-below-its-clients.md.

declare module 'kafkajs/src/cluster/index.js' {
  import type { Socket } from 'node:net';
  import type { KafkajsLogger } from 'kafkajs/src/loggers/index.js';

  export interface PartitionMetadata {
    readonly partitionId: number;
    readonly leader: number;
  }
  export interface Connection {
    readonly socket?: Socket;
  }
  /** One request below `Broker`: kafkajs frames it, numbers it and matches the answer. */
  export interface ProtocolRequest<T> {
    readonly request: {
      readonly apiKey: number;
      readonly apiVersion: number;
      readonly apiName: string;
      encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
    };
    readonly response: { decode(payload: Buffer): Promise<T>; parse(decoded: T): Promise<T> };
    /** Where the broker may take longer than the connection's own timeout, in milliseconds. */
    readonly requestTimeout?: number;
  }
  export interface MemberRequest {
    readonly groupId: string;
    readonly memberId: string;
    readonly groupGenerationId: number;
  }
  export interface Broker {
    readonly connectionPool: {
      /** The first carries everything but Fetch, the second Fetch alone. */
      readonly pool: readonly [Connection, Connection];
      send<T>(request: ProtocolRequest<T>): Promise<T>;
    };
    isConnected(): boolean;
    leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
    offsetCommit(
      request: MemberRequest & {
        readonly topics: readonly {
          readonly topic: string;
          readonly partitions: readonly {
            readonly partition: number;
            readonly offset: string;
            readonly metadata: string;
          }[];
        }[];
      },
    ): Promise<unknown>;
    offsetFetch(request: {
      readonly groupId: string;
      readonly topics: readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number }[];
      }[];
    }): Promise<{
      readonly responses: readonly {
        readonly topic: string;
        readonly partitions: readonly {
          readonly partition: number;
          readonly offset: string;
          readonly metadata: string | null;
        }[];
      }[];
    }>;
  }

  export interface ClusterOptions {
    readonly logger: KafkajsLogger;
    readonly brokers: readonly string[];
    readonly clientId: string;
    readonly socketFactory: (options: { host: string; port: number; onConnect: () => void }) => Socket;
    readonly connectionTimeout: number;
    readonly authenticationTimeout: number;
    readonly reauthenticationThreshold: number;
    readonly requestTimeout: number;
    readonly enforceRequestTimeout: boolean;
    readonly metadataMaxAge: number;
    readonly allowAutoTopicCreation: boolean;
    readonly maxInFlightRequests: number | null;
    readonly isolationLevel: number;
    readonly retry: { readonly retries: number };
  }

  export default class Cluster {
    constructor(options: ClusterOptions);
    readonly brokerPool: { readonly brokers: Readonly<Record<string, Broker>> };
    readonly targetTopics: ReadonlySet<string>;
    connect(): Promise<void>;
    isConnected(): boolean;
    refreshMetadata(): Promise<void>;
    addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
    findBroker(node: { readonly nodeId: number | string }): Promise<Broker>;
    findGroupCoordinator(group: { readonly groupId: string }): Promise<Broker>;
    findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[];
    fetchTopicsOffset(
      topics: readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number }[];
        readonly fromBeginning: boolean;
      }[],
    ): Promise<
      readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
      }[]
    >;
  }
}

declare module 'kafkajs/src/loggers/index.js' {
  import type { logCreator } from 'kafkajs';

  export interface KafkajsLogger {
    namespace(name: string): KafkajsLogger;
  }
  const loggers: {
    readonly LEVELS: { readonly NOTHING: number; readonly ERROR: number; readonly WARN: number };
    createLogger(options: { level: number; logCreator: logCreator }): KafkajsLogger;
  };
  export default loggers;
}

declare module 'kafkajs/src/admin/index.js' {
  import type { Admin } from 'kafkajs';
  import type Cluster from 'kafkajs/src/cluster/index.js';
  import type { KafkajsLogger } from 'kafkajs/src/loggers/index.js';

  export default function createAdmin(options: {
    readonly cluster: Cluster;
    readonly logger: KafkajsLogger;
    readonly retry: { readonly retries: number };
  }): Admin;
}

declare module 'kafkajs/src/network/connection.js' {
  export default class Connection {
    connect(): Promise<boolean>;
  }
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    readonly pending: readonly unknown[];
    scheduleCheckPendingRequests(): void;
  }
}

declare module 'kafkajs/src/protocol/message/compression/index.js' {
  const compression: {
    /** Null for batches that are not compressed; throws for what kafkajs cannot open. */
    lookupCodecByAttributes(attributes: number): { decompress(bytes: Buffer): Promise<Buffer> } | null;
  };
  export default compression;
}

declare module 'kafkajs/src/protocol/requests/fetch/index.js' {
  import type { ProtocolRequest } from 'kafkajs/src/cluster/index.js';

  export interface FetchRequest {
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly isolationLevel: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly fetchOffset: string;
        readonly maxBytes: number;
      }[];
    }[];
  }
  const fetch: {
    protocol(which: {
      readonly version: 11;
    }): (request: FetchRequest) => Pick<ProtocolRequest<unknown>, 'request'> & { readonly requestTimeout: number };
  };
  export default fetch;
}

declare module 'kafkajs/src/protocol/requests/produce/v7/response.js' {
  export interface ProduceResponse {
    readonly topics: readonly {
      readonly topicName: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly errorCode: number;
        readonly baseOffset: string;
      }[];
    }[];
  }
  const response: { decode(payload: Buffer): Promise<ProduceResponse> };
  export default response;
}

declare module 'kafkajs/src/protocol/requests/joinGroup/index.js' {
  import type { ProtocolRequest } from 'kafkajs/src/cluster/index.js';

  export interface Joined {
    readonly generationId: number;
    readonly leaderId: string;
    readonly memberId: string;
    readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
  }
  const joinGroup: {
    protocol(which: {
      readonly version: 5;
    }): (request: {
      readonly groupId: string;
      readonly memberId: string;
      readonly groupInstanceId: string | null;
      readonly protocolType: 'consumer';
      readonly sessionTimeout: number;
      readonly rebalanceTimeout: number;
      readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
    }) => ProtocolRequest<Joined>;
  };
  export default joinGroup;
}

declare module 'kafkajs/src/protocol/requests/syncGroup/index.js' {
  import type { ProtocolRequest } from 'kafkajs/src/cluster/index.js';

  const syncGroup: {
    protocol(which: {
      readonly version: 3;
    }): (request: {
      readonly groupId: string;
      readonly memberId: string;
      readonly groupInstanceId: string | null;
      readonly generationId: number;
      readonly groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[];
    }) => ProtocolRequest<{ readonly memberAssignment: Buffer }>;
  };
  export default syncGroup;
}

declare module 'kafkajs/src/protocol/requests/heartbeat/index.js' {
  import type { MemberRequest, ProtocolRequest } from 'kafkajs/src/cluster/index.js';

  const heartbeat: {
    protocol(which: {
      readonly version: 3;
    }): (request: MemberRequest & { readonly groupInstanceId: string | null }) => ProtocolRequest<unknown>;
  };
  export default heartbeat;
}

declare module 'kafkajs/src/protocol/error.js' {
  const errors: {
    createErrorFromCode(code: number): Error & { readonly type: string; readonly retriable: boolean };
  };
  export default errors;
}

declare module 'kafkajs/src/protocol/recordBatch/crc32C/index.js' {
  /** CRC-32C (Castagnoli) of the bytes, unsigned. */
  export default function crc32C(bytes: Buffer): number;
}
