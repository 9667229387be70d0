import type { Clock } from '../contracts/clock.ts';
import { messageOf, SmokewireError } from '../contracts/errors.ts';
import type { Logger } from '../contracts/logger.ts';
import {
  type ValveCommandPayload,
  type ValvePosition,
  type ValveStatePayload,
  valveCommandPayloadSchema,
} from '../contracts/mqtt-payloads.ts';
import { parseMqttTopic, valveTopic } from '../contracts/mqtt-topics.ts';
import type { Service } from '../contracts/service.ts';
import type { Transit } from '../contracts/transit.ts';
import { MqttClient, type MqttMessage } from '../transport/mqtt/client.ts';
import { Valve } from './valve.ts';

export interface ValvesOptions {
  /** A valve for each of the floors 1 to `floors`. */
  readonly floors: number;
  readonly site: string;
  /** The root of the MQTT topics. */
  readonly root: string;
  readonly mqttUrl: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  /** How long a valve takes from end to end, in milliseconds; default 1,000. */
  readonly moveMs?: number;
  /** The site's time: movements and the expiry of commands follow it. */
  readonly clock: Clock;
  readonly logger: Logger;
  readonly transit?: Transit;
}

/** A command as it reached a valve. */
export interface ArrivedCommand {
  readonly floor: number;
  readonly command: ValveCommandPayload;
  /** Milliseconds since the Unix epoch. */
  readonly arrivedAt: number;
}

const MOVE_MS = 1_000;

/**
 * The valves of a site, over one MQTT connection, as behind a field controller. They report their position retained: at birth
 * with no command, then whenever one has arrived, and once more after a reconnect. Retained and expired commands are
 * ignored: a command is for now, and a retained one would be obeyed again at every reconnect.
 */
export class Valves implements Service {
  readonly name = 'valves';
  readonly #options: ValvesOptions;
  readonly #client: MqttClient;
  readonly #valves: ReadonlyMap<number, Valve>;
  readonly #listeners = new Set<(arrived: ArrivedCommand) => void>();

  constructor(options: ValvesOptions) {
    this.#options = options;
    const { floors, site, root, mqttUrl, credentials, clock, logger, transit, moveMs = MOVE_MS } = options;
    this.#valves = new Map(
      Array.from({ length: floors }, (_, index) => {
        const floor = index + 1;
        return [floor, new Valve(`valve ${floor}`, clock, moveMs, (state) => this.#report(floor, state))];
      }),
    );
    this.#client = new MqttClient({
      url: mqttUrl,
      ...credentials,
      clientId: `smokewire-${site}-valves`,
      subscriptions: { [`${root}/${site}/+/valve/command`]: 1 },
      logger,
      ...(transit && { transit }),
      onMessage: (message) => this.#receive(message),
      onReady: () => this.#announce(),
    });
  }

  /** Resolves when commands arrive and the positions are on their way. @throws SmokewireError MQTT_UNREACHABLE, STOPPED */
  start(): Promise<void> {
    return this.#client.start();
  }

  async stop(): Promise<void> {
    await this.#client.stop();
    for (const valve of this.#valves.values()) valve.halt();
  }

  missing(): readonly string[] {
    return this.#client.missing();
  }

  /** Where a floor's valve stands; while it moves, where it comes from. @throws SmokewireError FLOOR_UNKNOWN */
  position(floor: number): ValvePosition {
    return this.#valve(floor).state.position;
  }

  /** From now on the valve takes commands, and neither moves nor reports. @throws SmokewireError FLOOR_UNKNOWN */
  stick(floor: number): void {
    this.#valve(floor).stick();
  }

  /** It obeys the next command again. @throws SmokewireError FLOOR_UNKNOWN */
  unstick(floor: number): void {
    this.#valve(floor).unstick();
  }

  /** Calls `listener` with each command for now that reaches a valve, stuck or not, before it moves. Returns how to end that. */
  onCommand(listener: (arrived: ArrivedCommand) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #receive({ topic, payload, retained }: MqttMessage): void {
    const { root, clock, logger } = this.#options;
    const address = parseMqttTopic(root, topic);
    const valve = address && this.#valves.get(address.floor);
    if (!valve) return;
    const { floor } = address;
    const command = parseCommand(payload);
    const arrivedAt = clock.now();
    if (!command) {
      logger.warn({ topic }, 'a valve ignored a command that is none');
    } else if (retained) {
      logger.warn({ topic, command: command.id }, 'a valve ignored a retained command');
    } else if (Date.parse(command.expires) < arrivedAt) {
      logger.warn({ topic, command: command.id, expires: command.expires }, 'a valve ignored an expired command');
    } else {
      for (const listener of this.#listeners) listener({ floor, command, arrivedAt });
      valve.take(command);
    }
  }

  #announce(): void {
    for (const [floor, valve] of this.#valves) this.#report(floor, valve.state);
  }

  /** While the broker is away nothing is queued: all positions are told when it is back. */
  #report(floor: number, state: ValveStatePayload): void {
    if (!this.#client.connected) return;
    const { root, site, logger } = this.#options;
    const topic = valveTopic(root, site, floor, 'state');
    this.#client.publish(topic, JSON.stringify(state), { qos: 1, retain: true }).catch((error: unknown) => {
      logger.debug({ topic, error: messageOf(error) }, 'a position was not acknowledged');
    });
  }

  #valve(floor: number): Valve {
    const valve = this.#valves.get(floor);
    if (valve) return valve;
    throw new SmokewireError(
      'FLOOR_UNKNOWN',
      `there is no simulated valve on floor ${floor}: floors are 1 to ${this.#valves.size}`,
    );
  }
}

function parseCommand(payload: Buffer): ValveCommandPayload | undefined {
  try {
    return valveCommandPayloadSchema.parse(JSON.parse(payload.toString()));
  } catch {
    return undefined;
  }
}
