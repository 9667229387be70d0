import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { messageOf } from '../../contracts/errors.ts';
import type { Logger } from '../../contracts/logger.ts';
import { MQTT_ROOT } from '../../contracts/mqtt-topics.ts';
import type { Service } from '../../contracts/service.ts';
import { urlHost } from '../../contracts/url-host.ts';
import { Lifecycle } from '../lifecycle.ts';
import { Connections, closeServer, listen } from '../listen.ts';
import { accessRules, type Credentials, type PublishPacket } from './access.ts';
import { Gate } from './gate.ts';
import type { BrokerMessage, Interceptor } from './message.ts';
import { PacketSizeGuard } from './packet-size.ts';
import { type CutsOff, Standstill } from './standstill.ts';

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
  readonly #standstill = new Standstill();
  /** Where it listens, and listens again after a stop: its clients come back there. */
  #port: number;
  #interceptor: Interceptor | undefined;

  constructor(options: MqttBrokerOptions) {
    this.#options = options;
    this.#port = options.port ?? 0;
  }

  /** `mqtt://127.0.0.1:1883`, without credentials; the port is the real one once it has run. */
  get url(): string {
    const { host = '127.0.0.1' } = this.#options;
    return `mqtt://${urlHost(host)}:${this.#port}`;
  }

  missing(): readonly string[] {
    return this.#life.running === undefined ? ['the MQTT broker does not listen'] : [];
  }

  /** From now on shows `interceptor` each message that may be published, wills included; without one, nobody takes any. */
  intercept(interceptor?: Interceptor): void {
    this.#interceptor = interceptor;
  }

  /** Delivers a message, past the interceptor; resolves once it has left for its subscribers. Nothing while it does not run. */
  publish(message: BrokerMessage): Promise<void> {
    const aedes = this.#life.running?.aedes;
    if (aedes === undefined) return Promise.resolve();
    return new Promise((resolve) => aedes.publish({ cmd: 'publish', dup: false, ...message }, () => resolve()));
  }

  /**
   * From now on does nothing, as if it were suspended: connections stay open and are accepted, and what clients say waits in
   * them. The answer ends that.
   */
  pause(): () => void {
    return this.cutOff(() => true);
  }

  /**
   * Stops the connections of some clients dead, and takes no new one from them, as if the network between were down: nobody
   * is told, and no will is sent. The answer ends that.
   */
  cutOff(cutsOff: CutsOff): () => void {
    return this.#standstill.cutOff(cutsOff);
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
    const { host = '127.0.0.1', root = MQTT_ROOT, bridgeCredentials, logger } = this.#options;
    const gates = new WeakMap<object, Gate>();
    const aedes: Aedes = await Aedes.createBroker({
      // The default of 100 lets one stalled subscriber hold up all the others.
      concurrency: 0,
      // Tells the live brokers of a cluster from the dead, whose wills it sends. This one is alone, and a machine that slept
      // must not take its own clients for dead: as seldom as a timer can count, which has to fit four times this.
      heartbeatInterval: 500_000_000,
      ...accessRules(root, bridgeCredentials, logger, {
        closing: () => aedes.closed,
        takes: (packet) => this.#interceptor?.(brokerMessage(packet)) ?? false,
      }),
      preConnect: ({ conn }, { clientId }, done) => {
        const gate = gates.get(conn);
        if (gate === undefined || this.#standstill.introduced(gate, clientId)) return done(null, true);
        done(new Error('this client is cut off'), false);
      },
    });
    const note = (what: string) => (client: { id: string }, error: Error) =>
      logger.debug({ client: client.id, error: messageOf(error) }, what);
    aedes.on('clientError', note('an MQTT client was cut'));
    aedes.on('connectionError', note('a connection ended before it became an MQTT client'));
    aedes.addListener('error', (error: unknown) => logger.error({ error: messageOf(error) }, 'the MQTT broker failed'));

    // Packets are small and each is awaited: Nagle's algorithm would hold them back.
    const server = createServer({ noDelay: true }, (socket) => {
      this.#boundPackets(socket);
      const gate = new Gate(socket);
      gates.set(socket, gate);
      this.#standstill.opened(gate);
      socket.once('close', () => this.#standstill.closed(gate));
      aedes.handle(socket);
    });
    const connections = new Connections();
    connections.watch(server);
    try {
      const place = { host, port: this.#port, what: 'the MQTT broker', flag: '--mqtt-port' };
      this.#port = await listen(server, place, logger);
      return { aedes, server, connections };
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

function brokerMessage({ topic, payload, qos, retain }: PublishPacket): BrokerMessage {
  return { topic, payload: Buffer.from(payload), qos: qos === 0 ? 0 : 1, retain };
}

function closed(aedes: Aedes): Promise<void> {
  return new Promise((resolve) => aedes.close(resolve));
}
