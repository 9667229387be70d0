import { connect, type Socket } from 'node:net';
import { logLevel } from 'kafkajs';
import Cluster from 'kafkajs/src/cluster/index.js';
import loggers, { type KafkajsLogger } from 'kafkajs/src/loggers/index.js';
import { SmokewireError } from '../../contracts/errors.ts';
import type { Logger } from '../../contracts/logger.ts';
import { Backoff } from './backoff.ts';
import type { KafkaClient } from './client.ts';
import { errorFields, kafkaErrorType, stopped } from './errors.ts';
import './share-connects.ts';
import './tame-timer.ts';

/** Hides what is not committed of other people's transactions, as Kafka Streams does. */
export const READ_COMMITTED = 1;

/**
 * The connections of one part, which nobody else shares: one to each broker, and another for fetches. kafkajs never
 * retries in here, since its waits cannot be cut short; each part does it on its clock.
 */
export class Link {
  readonly cluster: Cluster;
  readonly kafkajsLogger: KafkajsLogger;
  readonly #client: KafkaClient;
  readonly #sockets = new Set<Socket>();
  #closed = false;

  constructor(client: KafkaClient) {
    this.#client = client;
    this.kafkajsLogger = loggers.createLogger({ level: logLevel.WARN, logCreator: () => bridgeTo(client.logger) });
    this.cluster = new Cluster({
      logger: this.kafkajsLogger,
      brokers: client.brokers,
      clientId: client.clientId,
      socketFactory: ({ host, port, onConnect }) => this.#connect(host, port, onConnect),
      connectionTimeout: Math.min(2_000, client.connectTimeoutMs),
      authenticationTimeout: 5_000,
      reauthenticationThreshold: 10_000,
      requestTimeout: 15_000,
      enforceRequestTimeout: true,
      // Metadata is read anew when an answer says that it is stale, and never by the clock.
      metadataMaxAge: Number.MAX_SAFE_INTEGER,
      // Topics are made by ensureTopics alone: a broker's default would give them another number of partitions.
      allowAutoTopicCreation: false,
      maxInFlightRequests: null,
      isolationLevel: READ_COMMITTED,
      retry: { retries: 0 },
    });
  }

  /**
   * Connects, and learns about `topics` (named as in Kafka), trying again for `connectTimeoutMs`; then rejects with
   * KAFKA_UNREACHABLE, or with START_FAILED where Kafka does answer, such as that there is no such topic. With `patient` it tries for ever. Rejects with STOPPED when `signal` aborts.
   */
  async open(topics: readonly string[], signal: AbortSignal, { patient = false } = {}): Promise<void> {
    const { wireClock, connectTimeoutMs, logger } = this.#client;
    const deadline = new AbortController();
    const giveUp = () => {
      deadline.abort();
      this.close();
    };
    signal.addEventListener('abort', giveUp, { once: true });
    const timer = patient ? undefined : wireClock.after('kafka connect timeout', connectTimeoutMs, giveUp);
    const backoff = new Backoff(wireClock, 'kafka connect retry');
    let lastAnswer: string | undefined;
    try {
      for (;;) {
        try {
          if (signal.aborted) throw stopped(this.#client.clientId);
          await this.cluster.connect();
          await this.cluster.addMultipleTargetTopics(topics);
          return;
        } catch (error) {
          if (signal.aborted) throw stopped(this.#client.clientId);
          if (deadline.signal.aborted) throw this.#failed(lastAnswer, error);
          lastAnswer = kafkaErrorType(error) ?? lastAnswer;
          logger.debug(errorFields(error), 'no connection to Kafka yet');
          await backoff.wait(deadline.signal);
        }
      }
    } finally {
      timer?.cancel();
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Cuts the connections on which fetches wait, so that those reject at once; the next fetch connects again. */
  dropFetches(): void {
    for (const broker of Object.values(this.cluster.brokerPool.brokers)) {
      broker.connectionPool.pool[1].socket?.destroy(new Error('the fetch is no longer wanted'));
    }
  }

  /** Cuts every connection; whatever waits for an answer rejects. */
  close(): void {
    this.#closed = true;
    for (const socket of this.#sockets) socket.destroy(new Error('the link was closed'));
  }

  #connect(host: string, port: number, onConnect: () => void): Socket {
    if (this.#closed) throw stopped(this.#client.clientId);
    // kafkajs leaves Nagle on; without it a produce no longer waits for the acknowledgement of the one before.
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, onConnect);
    this.#client.lifeline.opened(socket);
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      // kafkajs unrefs a dead socket again at each failed attempt, and each time leaves a listener on it.
      socket.unref = () => socket;
    });
    return socket;
  }

  #failed(answer: string | undefined, cause: unknown): SmokewireError {
    const { brokers, connectTimeoutMs } = this.#client;
    const where = brokers.join(', ');
    return answer
      ? new SmokewireError('START_FAILED', `Kafka at ${where} answers ${answer}`, { cause })
      : new SmokewireError('KAFKA_UNREACHABLE', `no Kafka broker answers at ${where} within ${connectTimeoutMs} ms`, {
          cause,
        });
  }
}

/**
 * What kafkajs calls errors and warnings are retried by the part that met them, which says so itself once it matters; they
 * are details to us.
 */
function bridgeTo(logger: Logger) {
  return ({ namespace, log }: { namespace: string; log: { message: string } }): void =>
    logger.debug({ namespace, detail: log.message }, 'kafkajs');
}
