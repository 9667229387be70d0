import type { Server, Socket } from 'node:net';
import { messageOf, SmokewireError } from '../contracts/errors.ts';
import type { Logger } from '../contracts/logger.ts';

/** Where a broker listens, and how it is spoken of when it cannot. */
export interface Listening {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** `the MQTT broker` */
  readonly what: string;
  /** The setting that chooses the port, where there is one: `--mqtt-port`. */
  readonly flag?: string;
}

/**
 * Makes `server` listen and resolves with its port.
 * @throws SmokewireError PORT_IN_USE when the port is taken, START_FAILED when host or port cannot be listened on.
 */
export async function listen(server: Server, { host, port, what, flag }: Listening, logger: Logger): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  }).catch((error: unknown) => {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw taken
      ? new SmokewireError(
          'PORT_IN_USE',
          `port ${port} on ${host} is taken, ${what} cannot listen there: stop the program that has it, or choose another${flag ? ` with ${flag}` : ''} (0: any free one)`,
          { cause: error },
        )
      : new SmokewireError('START_FAILED', `${what} cannot listen on ${host}, port ${port}: ${messageOf(error)}`, {
          cause: error,
        });
  });
  // Past this point an error is one failed accept (no file descriptors left): worth a line, not the end of the site.
  server.on('error', (error) => logger.error({ error: messageOf(error) }, `${what} could not accept a connection`));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** The open connections of a server, so that a stop can cut those that would outlive it. */
export class Connections {
  readonly #open = new Set<Socket>();

  /** To be called before `server` listens. */
  watch(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
  }

  /** The connection that comes from `port` at its other end. */
  from(port: number): Socket | undefined {
    for (const socket of this.#open) if (socket.remotePort === port) return socket;
    return undefined;
  }

  destroyAll(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

/** Resolves when `server` and every connection it took are gone; at once where it never listened. */
export async function closeServer(server: Server, connections: Connections): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  connections.destroyAll();
  await closed;
}
