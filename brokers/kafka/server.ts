import { once } from 'node:events';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { SmokewireError } from '../../contracts/errors.ts';
import type { Logger } from '../../contracts/logger.ts';
import { Connection } from './connection.ts';
import type { Faults } from './faults/faults.ts';
import type { BrokerState } from './request.ts';

export interface ListenerOptions {
  readonly host: string;
  readonly maxFrameBytes: number;
  readonly maxConnections: number;
  /** What all connections together may hold of requests that are not begun. */
  readonly maxBufferedBytes: number;
  readonly broker: BrokerState;
  readonly faults: Faults;
  readonly logger: Logger;
}

const ALL_ADDRESSES = new Set(['0.0.0.0', '::']);

/** The listening socket and the connections that came by it. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #connections = new Set<Connection>();
  readonly #server: Server;
  #bufferedBytes = 0;
  /** Whether it was told that there are as many connections as may be. */
  #toldFull = false;
  #port = 0;
  #closed: Promise<void> | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  get port(): number {
    return this.#port;
  }

  async listen(port: number): Promise<void> {
    const { host, logger } = this.#options;
    this.#server.listen(port, host);
    try {
      await once(this.#server, 'listening');
    } catch (error) {
      throw portError(error, host, port);
    }
    this.#server.on('error', (error) => logger.error({ error: error.message }, 'kafka listener failed'));
    const bound = this.#server.address();
    this.#port = typeof bound === 'object' && bound ? bound.port : port;
  }

  /** Resolves when every socket is closed. */
  close(): Promise<void> {
    this.#closed ??= this.#server.listening ? this.#close() : Promise.resolve();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#server.close();
    for (const connection of this.#connections) connection.destroy();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    const { host, broker, faults, logger, maxFrameBytes, maxConnections } = this.#options;
    if (faults.partitioned) {
      socket.resetAndDestroy();
      return;
    }
    if (this.#connections.size >= maxConnections) {
      if (!this.#toldFull) logger.warn({ maxConnections }, 'kafka connections refused: there are as many as may be');
      this.#toldFull = true;
      socket.resetAndDestroy();
      return;
    }
    // Who listens on every address is reached by the one that this client came by.
    const reached = ALL_ADDRESSES.has(host) ? (socket.localAddress ?? '127.0.0.1').replace(/^::ffff:/, '') : host;
    const advertised = { host: reached, port: this.#port };
    const buffered = (change: number) => this.#buffered(change);
    const connection = new Connection({ socket, broker, faults, logger, advertised, maxFrameBytes, buffered });
    this.#connections.add(connection);
    socket.once('close', () => {
      this.#connections.delete(connection);
      this.#toldFull = false;
    });
  }

  /** Beyond what all may hold together, whoever holds most of it goes. */
  #buffered(change: number): void {
    this.#bufferedBytes += change;
    if (this.#bufferedBytes <= this.#options.maxBufferedBytes) return;
    let largest: Connection | undefined;
    for (const connection of this.#connections) {
      if (connection.bufferedBytes > (largest?.bufferedBytes ?? 0)) largest = connection;
    }
    largest?.shed();
  }
}

/** `host:port`, an IPv6 address in brackets. */
export function hostAndPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

function portError(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const where = hostAndPort(host, port);
  if (code === 'EADDRINUSE') {
    return new SmokewireError(
      'PORT_IN_USE',
      `${where} is in use, so the Kafka broker cannot listen there: stop what uses it, choose another port ` +
        '(--kafka-port, KAFKA_PORT; 0 is any free one), or use that broker (--kafka, KAFKA_BROKERS)',
      { cause: error },
    );
  }
  return new SmokewireError('START_FAILED', `the Kafka broker cannot listen on ${where}: ${String(code)}`, {
    cause: error,
  });
}
