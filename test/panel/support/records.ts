import { type EventDefinition, eventRecord } from '../../../contracts/cloud-events.ts';
import {
  type Delivery,
  type DetectorState,
  deliveryRecorded,
  detectorRegistered,
  detectorStateChanged,
  incidentChanged,
  type LampState,
  lampSwitched,
  type Notification,
  valveCommanded,
  valveReported,
} from '../../../contracts/events.ts';
import { idOf } from '../../../contracts/ids.ts';
import type { InRecord, OutRecord } from '../../../contracts/kafka-records.ts';
import type { SignalValue, ValvePosition } from '../../../contracts/mqtt-payloads.ts';
import { signalRecord } from '../../../contracts/signals.ts';

export const T0 = Date.UTC(2026, 0, 1);
export const at = (seconds: number) => new Date(T0 + seconds * 1_000).toISOString();

/** Makes the records that the panel reads, each with the next offset of its topic's one partition. */
export class Records {
  readonly #ends = new Map<string, number>();

  from(record: OutRecord): InRecord {
    const offset = this.#ends.get(record.topic) ?? 0;
    this.#ends.set(record.topic, offset + 1);
    const value = record.value === null ? null : Buffer.from(record.value);
    const { topic, key, timestamp, headers = {} } = record;
    return { topic, partition: 0, offset, timestamp, key, value, headers };
  }

  event<T>(
    definition: EventDefinition<T>,
    data: T,
    id = idOf('test', definition.type, JSON.stringify(data)),
  ): InRecord {
    return this.from(eventRecord(definition, { id, source: 'test', time: T0, data }));
  }

  signal(detector: number, value: SignalValue, { floor = 1, seconds = 0 } = {}): InRecord {
    const receivedAt = T0 + seconds * 1_000;
    return this.from(signalRecord({ detector, value, floor, bridge: 'b', receivedAt, site: 'hq' }));
  }

  detector(id: number, floor = 1): InRecord {
    return this.event(detectorRegistered, {
      id,
      floor,
      mode: 'active',
      heartbeatMs: 1_000,
      kind: 'smoke',
      label: `detector ${id}`,
    });
  }

  state(id: number, state: DetectorState['state'], more: Partial<DetectorState> = {}): InRecord {
    return this.event(detectorStateChanged, {
      id,
      floor: 1,
      state,
      since: at(1),
      incident: null,
      episode: 0,
      offset: -1,
      ...more,
    });
  }

  valve(floor: number, position: ValvePosition, commandId: string | null = null, seconds = 0): InRecord {
    return this.event(valveReported, { floor, position, commandId, at: at(seconds) });
  }

  command(id: string, floor: number, position: ValvePosition, by: string): InRecord {
    return this.event(valveCommanded, { id, floor, position, by, expires: at(30) });
  }

  incident(name: string, more: Partial<Notification> = {}): InRecord {
    return this.event(incidentChanged, {
      incident: idOf('incident', name),
      kind: 'fire',
      change: 'opened',
      subject: 'floor/1',
      floor: 1,
      detectors: [7],
      at: at(2),
      reason: 'detector 7 signalled 1',
      ...more,
    });
  }

  delivery(name: string, more: Partial<Delivery> = {}): InRecord {
    return this.event(deliveryRecorded, {
      notification: idOf('notification', name),
      incident: idOf('incident', name),
      kind: 'fire',
      subject: 'floor/1',
      channel: 'email',
      to: 'safety@example.com',
      outcome: 'sent',
      attempt: 1,
      at: at(3),
      reason: null,
      ...more,
    });
  }

  lamp(lamp: string, on: boolean, more: Partial<LampState> = {}): InRecord {
    return this.event(lampSwitched, {
      lamp,
      on,
      since: at(4),
      incident: idOf('incident', lamp),
      text: `${lamp} is silent`,
      ...more,
    });
  }
}
