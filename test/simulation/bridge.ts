import { rfc3339 } from '../../contracts/clock.ts';
import { eventRecord } from '../../contracts/cloud-events.ts';
import { detectorRegistered, presenceChanged } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';
import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import { canaryRecord, isCanary, signalRecord } from '../../contracts/signals.ts';
import { partitionsOfCanary } from '../../transport/kafka/canary-ids.ts';
import { partitionOf } from '../../transport/kafka/partition.ts';
import type { Chance } from './chance.ts';
import type { Plan } from './detector.ts';
import { SITE, T0, type World } from './world.ts';

/** The truth about one record of `signals`: who it is from, and when (ms of virtual time) which bridge really received it. */
export interface Heard {
  readonly detector: number;
  readonly value: 0 | 1;
  /** From which floor, and whether from a second device with that id. */
  readonly floor: number;
  readonly isDouble: boolean;
  readonly bridge: string;
  readonly at: number;
  /** To how many partitions the bridge dealt out signals when it wrote this one, or said so in a canary's record. */
  readonly partitions: number;
  /** When it stood in the log. */
  readonly appendedAt: number;
}

/** What a device says. */
export interface Spoken {
  readonly detector: number;
  readonly floor: number;
  readonly value: 0 | 1;
  readonly seq?: number | undefined;
  readonly isDouble?: boolean;
}

const APPEND_MS = 30;
const RETRY_MS = 50;
/** Messages held while Kafka is away; more stay at the broker, and QoS 0 is lost there. */
const HELD = 400;

interface Held {
  readonly record: OutRecord;
  readonly heard?: Omit<Heard, 'appendedAt' | 'partitions'>;
  /** Of a canary's record: what it says of partitions. */
  readonly partitions?: number;
  readonly acknowledge?: () => void;
}

/**
 * An MQTT broker and the bridge behind it. Whatever gets through is stamped by a clock that is off, reaches Kafka in order, and
 * now and then twice.
 */
export class SimulatedBridge {
  readonly name: string;
  /** Whether the broker takes connections. */
  brokerUp = true;
  /** Whether the bridge reads. */
  up = true;
  readonly #world: World;
  readonly #chance: Chance;
  readonly #skewMs: number;
  readonly #duplicates: number;
  readonly #onHeard: (partition: number, offset: number, heard: Heard) => void;
  /** What the broker keeps for the bridge: QoS 1. */
  readonly #kept: (() => void)[] = [];
  readonly #held: Held[] = [];
  #appending = false;
  /** How many it knows of. */
  #partitions: number = PARTITIONS;

  constructor(
    world: World,
    options: {
      readonly name: string;
      readonly skewMs: number;
      /** How likely a batch is to be written twice, since its acknowledgement was lost. */
      readonly duplicates: number;
      readonly onHeard: (partition: number, offset: number, heard: Heard) => void;
    },
  ) {
    this.name = options.name;
    this.#world = world;
    this.#chance = world.chance.fork(`bridge ${options.name}`);
    this.#skewMs = options.skewMs;
    this.#duplicates = options.duplicates;
    this.#onHeard = options.onHeard;
  }

  /** A signal at QoS 0 is lost while the bridge is away; at QoS 1 the broker keeps it, and `acknowledge` is called in the end. */
  signal({ detector, floor, value, seq, isDouble = false }: Spoken, acknowledge?: () => void): void {
    this.#receive(acknowledge !== undefined, () => {
      const at = this.#world.scheduler.now;
      const receivedAt = T0 + at + this.#skewMs;
      const record = signalRecord({ detector, floor, value, seq, bridge: this.name, receivedAt, site: SITE });
      const heard = { detector, floor, value, isDouble, bridge: this.name, at };
      const acknowledged = acknowledge && { acknowledge };
      if (!isCanary(detector)) return this.#hold({ record, heard, ...acknowledged });
      const partitions = this.#partitions;
      for (const [i, partition] of partitionsOfCanary(detector, partitions).entries()) {
        const song = { record: canaryRecord(record, partition, partitions), heard, partitions };
        this.#hold(i === 0 ? { ...song, ...acknowledged } : song);
      }
    });
  }

  /** It reads how many partitions there are by now. */
  learn(): void {
    this.#partitions = this.#world.log.partitionsOf('signals');
  }

  presence(id: number, floor: number, status: 'online' | 'offline'): void {
    this.#receive(true, () => {
      const time = T0 + this.#world.scheduler.now + this.#skewMs;
      const data = { id, floor, status, at: rfc3339(time) };
      const record = eventRecord(presenceChanged, {
        id: idOf('presence', id, time),
        source: 'bridge',
        time,
        data,
        headers: { bridge: this.name },
      });
      this.#hold({ record });
    });
  }

  config({ id, floor, gateway }: Pick<Plan, 'id' | 'floor' | 'gateway'>, heartbeatMs: number): void {
    this.#receive(true, () => {
      const time = T0 + this.#world.scheduler.now + this.#skewMs;
      const data = {
        id,
        floor,
        mode: 'active' as const,
        heartbeatMs,
        kind: 'smoke',
        label: '',
        ...(gateway !== null && { gateway }),
      };
      const record = eventRecord(detectorRegistered, {
        id: idOf('detector', id, time),
        source: 'bridge',
        time,
        data,
        headers: { bridge: this.name },
      });
      this.#hold({ record });
    });
  }

  setUp(up: boolean): void {
    this.up = up;
    this.#deliverKept();
  }

  #deliverKept(): void {
    if (!this.up) return;
    for (const deliver of this.#kept.splice(0)) deliver();
  }

  #receive(kept: boolean, deliver: () => void): void {
    if (!this.brokerUp) return;
    if (this.up && this.#held.length < HELD) deliver();
    else if (kept) this.#kept.push(deliver);
  }

  #hold(held: Held): void {
    this.#held.push(held);
    if (!this.#appending) this.#appendSoon();
  }

  #appendSoon(): void {
    this.#appending = true;
    this.#world.scheduler.after(this.#chance.skewed(1, APPEND_MS), () => this.#append());
  }

  #append(): void {
    const { log, scheduler } = this.#world;
    if (!log.up) return void scheduler.after(RETRY_MS, () => this.#append());
    const batch = this.#held.splice(0, this.#chance.int(1, 50));
    const times = this.#chance.of(this.#duplicates) ? 2 : 1;
    for (let time = 0; time < times; time++) {
      for (const { record, heard, partitions = this.#partitions } of batch) {
        const dealtOut = { partition: partitionOf(record.key ?? '', this.#partitions), ...record };
        const { partition, offset } = log.append(dealtOut);
        if (heard) this.#onHeard(partition, offset, { ...heard, partitions, appendedAt: scheduler.now });
      }
    }
    for (const { acknowledge } of batch) acknowledge?.();
    this.#appending = false;
    this.#deliverKept();
    if (this.#held.length > 0) this.#appendSoon();
  }
}
