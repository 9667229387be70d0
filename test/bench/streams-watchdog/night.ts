import { eventRecord } from '../../../contracts/cloud-events.ts';
import { detectorRegistered } from '../../../contracts/events.ts';
import { idOf } from '../../../contracts/ids.ts';
import type { OutRecord } from '../../../contracts/kafka-records.ts';
import { PARTITIONS } from '../../../contracts/kafka-topics.ts';
import { signalRecord } from '../../../contracts/signals.ts';
import { canaryOf } from '../../../transport/kafka/canary-ids.ts';
import { partitionOf } from '../../../transport/kafka/partition.ts';
import { RecordBatchBuilder } from '../../../transport/kafka/record-batch.ts';
import { frame, produceBody, WireClient } from '../../brokers/kafka/wire.ts';

export const SITE = 'hq';
export const HEARTBEAT_MS = 10_000;
const CANARY_PERIOD_MS = 1_000;
const SLICES = HEARTBEAT_MS / CANARY_PERIOD_MS;
const FLOORS = 500;
const RECORDS_A_BATCH = 5_000;
const PRODUCE = 0;
/** Requests on their way at a time. */
const PIPELINED = 4;

/** A log of what a bridge wrote: detectors that signal every ten seconds, each at its own moment, and canaries. */
export class Night {
  readonly #detectors: number;
  readonly #address: string;
  #at: number;
  #signals = 0;

  /** The first signal comes at `from`, milliseconds since the epoch. */
  constructor(address: string, detectors: number, from: number) {
    this.#address = address;
    this.#detectors = detectors;
    this.#at = from;
  }

  /** How many signals were written, with those of canaries. */
  get signals(): number {
    return this.#signals;
  }

  async announce(): Promise<void> {
    await this.#write('detectors', this.#announcements(this.#at));
  }

  /** So many heartbeats of each, of the last `silent` of them none. */
  async heartbeats(rounds: number, silent = 0): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      for (let slice = 0; slice < SLICES; slice++) {
        this.#signals += await this.#write('signals', this.#slice(slice, silent));
        this.#at += CANARY_PERIOD_MS;
      }
    }
  }

  *#announcements(time: number): Generator<OutRecord> {
    for (let id = 1; id <= this.#detectors; id++) {
      const data = {
        id,
        floor: floorOf(id),
        mode: 'active',
        heartbeatMs: HEARTBEAT_MS,
        kind: 'smoke',
        label: '',
      } as const;
      const headers = { bridge: 'bridge' };
      yield eventRecord(detectorRegistered, { id: idOf('bench', id), source: 'bridge', time, data, headers });
    }
  }

  *#slice(slice: number, silent: number): Generator<OutRecord> {
    const common = { value: 0, bridge: 'bridge', site: SITE } as const;
    for (let detector = 1 + slice; detector <= this.#detectors - silent; detector += SLICES) {
      const receivedAt = this.#at + Math.floor((CANARY_PERIOD_MS * detector) / (this.#detectors + 1));
      yield signalRecord({ ...common, detector, floor: floorOf(detector), receivedAt });
    }
    const receivedAt = this.#at + CANARY_PERIOD_MS;
    for (let partition = 0; partition < PARTITIONS; partition++) {
      yield signalRecord({ ...common, detector: canaryOf(partition), floor: 0, receivedAt });
    }
  }

  /** As the bridge does, by key; answers with how many there were. */
  async #write(topic: string, records: Iterable<OutRecord>): Promise<number> {
    const client = await WireClient.connect(this.#address);
    const builders = Array.from({ length: PARTITIONS }, () => new RecordBatchBuilder());
    let [count, onTheirWay] = [0, 0];
    const send = async (partition: number, builder: RecordBatchBuilder) => {
      client.send(frame(PRODUCE, 7, partition, produceBody(topic, partition, builder.finish())));
      builder.clear();
      onTheirWay += 1;
      for (; onTheirWay > PIPELINED; onTheirWay--) await client.next();
    };
    for (const record of records) {
      const partition = partitionOf(record.key ?? '', PARTITIONS);
      const builder = builders[partition];
      if (!builder) continue;
      builder.append(record);
      count += 1;
      if (builder.count >= RECORDS_A_BATCH || builder.size > 900_000) await send(partition, builder);
    }
    for (const [partition, builder] of builders.entries()) if (builder.count > 0) await send(partition, builder);
    for (; onTheirWay > 0; onTheirWay--) await client.next();
    client.socket.destroy();
    return count;
  }
}

function floorOf(detector: number): number {
  return 1 + (detector % FLOORS);
}
