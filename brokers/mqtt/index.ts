import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { messageOf } from '../../contracts/errors.ts';
import type { Logger } from '../../contracts/logger.ts';
import { MQTT_ROOT } from '../../contracts/mqtt-topics.ts';
import type { Service } from '../../contracts/service.ts';
import { urlHost } from '../../contracts/url-host.ts';
import { Lifecycle } from '../lifecycle.ts';
import { Connections, closeServer, listen } from '../listen.ts';
import { accessRules, type Credentials } from './access.ts';
import { PacketSizeGuard } from './packet-size.ts';

export interface MqttBrokerOptions {
  /** Default 127.0.0.1. Anonymous clients are welcome wherever it listens. */
  readonly host?: string;
  /** Default 0, any free one. */
  readonly port?: number;
  readonly logger: Logger;
  /** The root of the site's topics, default `fire/v1`. */
  readonly root?: string;
  /** Who may publish valve commands. */
  readonly bridgeCredentials: Credentials;
  /** The largest packet that is taken, in bytes; default 2 MiB. A connection that announces a larger one is closed. */
  readonly maxPacketBytes?: number;
}

interface Running {
  readonly aedes: Aedes;
  readonly server: Server;
  readonly connections: Connections;
  readonly port: number;
}

/**
 * The embedded MQTT 3.1.1 broker: aedes over TCP, everything in memory.
 *
 * What differs from mosquitto: MQTT 5 and shared subscriptions are refused, and a PUBACK says that the broker has the
 * message, not that it is stored anywhere.
 */
export class MqttBroker implements Service {
  readonly name = 'mqtt-broker';
  readonly #options: MqttBrokerOptions;
  readonly #life = new Lifecycle<Running>();

  constructor(options: MqttBrokerOptions) {
    this.#options = options;
  }

  /** `mqtt://127.0.0.1:1883`, without credentials; the port is the real one while it runs. */
  get url(): string {
    const { host = '127.0.0.1', port = 0 } = this.#options;
    return `mqtt://${urlHost(host)}:${this.#life.running?.port ?? port}`;
  }

  missing(): readonly string[] {
    return this.#life.running === undefined ? ['the MQTT broker does not listen'] : [];
  }

  /** @throws SmokewireError PORT_IN_USE, START_FAILED */
  start(): Promise<void> {
    return this.#life.start(() => this.#open());
  }

  /** Cuts every client. No will is sent: it is the broker that goes, not the client. */
  stop(): Promise<void> {
    return this.#life.stop(async ({ aedes, server, connections }) => {
      await closed(aedes);
      // aedes knows only those that got as far as CONNECT.
      await closeServer(server, connections);
    });
  }

  async #open(): Promise<Running> {
    const { host = '127.0.0.1', port = 0, root = MQTT_ROOT, bridgeCredentials, logger } = this.#options;
    const aedes: Aedes = await Aedes.createBroker({
      // The default of 100 lets one stalled subscriber hold up all the others.
      concurrency: 0,
      // Tells the live brokers of a cluster from the dead, whose wills it sends. This one is alone, and a machine that slept
      // must not take its own clients for dead: as seldom as a timer can count, which has to fit four times this.
      heartbeatInterval: 500_000_000,
      ...accessRules(root, bridgeCredentials, logger, () => aedes.closed),
    });
    const note = (what: string) => (client: { id: string }, error: Error) =>
      logger.debug({ client: client.id, error: messageOf(error) }, what);
    aedes.on('clientError', note('an MQTT client was cut'));
    aedes.on('connectionError', note('a connection ended before it became an MQTT client'));
    aedes.addListener('error', (error: unknown) => logger.error({ error: messageOf(error) }, 'the MQTT broker failed'));

    // Packets are small and each is awaited: Nagle's algorithm would hold them back.
    const server = createServer({ noDelay: true }, (socket) => {
      this.#boundPackets(socket);
      aedes.handle(socket);
    });
    const connections = new Connections();
    connections.watch(server);
    try {
      const taken = await listen(server, { host, port, what: 'the MQTT broker', flag: '--mqtt-port' }, logger);
      return { aedes, server, connections, port: taken };
    } catch (error) {
      await closed(aedes);
      throw error;
    }
  }

  /** aedes reads with `socket.read`, so that is where the bytes can be looked at before its parser collects them. */
  #boundPackets(socket: Socket): void {
    const { maxPacketBytes = 2 * 1024 * 1024, logger } = this.#options;
    const guard = new PacketSizeGuard(maxPacketBytes);
    const read = socket.read.bind(socket);
    socket.read = (size) => {
      const chunk: unknown = read(size);
      if (!(chunk instanceof Uint8Array) || guard.passes(chunk)) return chunk;
      logger.warn({ from: socket.remoteAddress, maxPacketBytes }, 'closed a connection: its packet is too large');
      socket.destroy();
      return null;
    };
  }
}

function closed(aedes: Aedes): Promise<void> {
  return new Promise((resolve) => aedes.close(resolve));
}
