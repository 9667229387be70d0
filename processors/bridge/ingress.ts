import { isUtf8 } from 'node:buffer';
import type { z } from 'zod';
import { rfc3339 } from '../../contracts/clock.ts';
import { eventRecord } from '../../contracts/cloud-events.ts';
import { DEAD_LETTER_HEADERS, PAYLOAD_BYTES_HEADER } from '../../contracts/dead-letters.ts';
import { type ErrorCode, SmokewireError } from '../../contracts/errors.ts';
import { detectorRegistered, presenceChanged, valveReported } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';
import {
  detectorConfigSchema,
  type SignalPayload,
  signalPayloadSchema,
  statusPayloadSchema,
  valveStatePayloadSchema,
} from '../../contracts/mqtt-payloads.ts';
import { isCanary, signalRecord } from '../../contracts/signals.ts';
import type { Publish } from '../../transport/mqtt/frames.ts';
import { deadLettersOf, type Route, Routes, type Subject, subjectOf } from './routes.ts';
import { Staleness } from './staleness.ts';

/** The largest payload that is read. */
export const MAX_PAYLOAD_BYTES = 64 * 1024;
/** How much of a larger one its dead letter keeps, and of the topic of any dead letter. */
const CUT = 1_024;
const ZERO = 0x30;
const ONE = 0x31;
const SOURCE = 'bridge';

/** What became of a message: always one record. */
export interface Intake {
  readonly subject: Subject;
  readonly record: OutRecord;
  /** Why the record is a dead letter; undefined where it is none. */
  readonly discarded: ErrorCode | undefined;
  /** The canary whose signal it is; undefined for anything else. */
  readonly canary?: number;
}

/** Turns what comes over MQTT into what goes to Kafka. It knows nothing of fires, and never drops anything. */
export class Ingress {
  readonly #site: string;
  readonly #bridge: string;
  readonly #routes: Routes;
  readonly #staleness = new Staleness();

  constructor(options: { readonly root: string; readonly site: string; readonly bridge: string }) {
    this.#site = options.site;
    this.#bridge = options.bridge;
    this.#routes = new Routes(options);
  }

  /** @param receivedAt milliseconds since the Unix epoch */
  take(message: Publish, receivedAt: number): Intake {
    const route = this.#routes.of(message.topic);
    try {
      const intake = {
        subject: subjectOf(route),
        record: this.#record(route, message, receivedAt),
        discarded: undefined,
      };
      return route.subject === 'signal' && isCanary(route.detector) ? { ...intake, canary: route.detector } : intake;
    } catch (error) {
      if (!(error instanceof SmokewireError)) throw error;
      return {
        subject: subjectOf(route),
        record: deadLetter(route, message, error, receivedAt),
        discarded: error.code,
      };
    }
  }

  #record(route: Route, message: Publish, receivedAt: number): OutRecord {
    switch (route.subject) {
      case 'signal':
        return this.#signal(route, message, receivedAt);
      case 'status': {
        const text = textOf(message).trim();
        const status = parsed(statusPayloadSchema, text);
        const at = rfc3339(receivedAt);
        return eventRecord(presenceChanged, {
          id: idOf('presence', message.topic, text, receivedAt),
          source: SOURCE,
          time: receivedAt,
          data: { id: route.detector, floor: route.floor, status, at },
          headers: { bridge: this.#bridge },
        });
      }
      case 'config': {
        const text = textOf(message);
        const config = parsed(detectorConfigSchema, json(text));
        return eventRecord(detectorRegistered, {
          id: idOf('detector', message.topic, text, receivedAt),
          source: SOURCE,
          time: receivedAt,
          data: { ...config, id: route.detector, floor: route.floor },
          headers: { bridge: this.#bridge },
        });
      }
      case 'valve-state': {
        const state = parsed(valveStatePayloadSchema, json(textOf(message)));
        // The command is the cause of what answers it; at birth there is none but the message itself.
        const cause = state.commandId ?? receivedAt;
        return eventRecord(valveReported, {
          id: idOf('valve-state', message.topic, state.position, cause),
          source: SOURCE,
          time: receivedAt,
          data: { ...state, floor: route.floor, at: rfc3339(receivedAt) },
        });
      }
      case 'none':
        throw new SmokewireError('MQTT_TOPIC_INVALID', route.problem);
    }
  }

  #signal(route: Route & { subject: 'signal' }, message: Publish, receivedAt: number): OutRecord {
    if (message.retained) {
      throw new SmokewireError('SIGNAL_RETAINED', 'a retained signal was sent some time ago, and is no heartbeat');
    }
    const { seq, signal } = signalOf(message, route.detector, this.#staleness);
    if (seq === undefined) return { ...(signal === 1 ? route.fire : route.allWell), timestamp: receivedAt };
    const { detector, floor } = route;
    return signalRecord({ detector, value: signal, floor, site: this.#site, bridge: this.#bridge, receivedAt, seq });
  }
}

const BARE_ALL_WELL: SignalPayload = { signal: 0 };
const BARE_FIRE: SignalPayload = { signal: 1 };

function signalOf(message: Publish, detector: number, staleness: Staleness): SignalPayload {
  const payload = bareSignal(message.payload) ?? longSignal(message);
  if (payload.signal === 1 && isCanary(detector)) {
    throw new SmokewireError('PAYLOAD_INVALID', 'a canary proves the path alive, and has no fire to tell');
  }
  if (staleness.isStale(detector, payload)) {
    throw new SmokewireError('SIGNAL_STALE', 'neither seq nor at is newer than the last of this detector');
  }
  return payload;
}

/** The short form, as nearly all signals have it. */
function bareSignal(payload: Buffer): SignalPayload | undefined {
  if (payload.length !== 1) return undefined;
  if (payload[0] === ZERO) return BARE_ALL_WELL;
  return payload[0] === ONE ? BARE_FIRE : undefined;
}

function longSignal(message: Publish): SignalPayload {
  const text = textOf(message).trim();
  if (text === '0') return BARE_ALL_WELL;
  return text === '1' ? BARE_FIRE : parsed(signalPayloadSchema, json(text));
}

function textOf({ payload, payloadBytes }: Publish): string {
  if (payloadBytes > MAX_PAYLOAD_BYTES) {
    throw new SmokewireError('PAYLOAD_TOO_LARGE', `${payloadBytes} bytes, ${MAX_PAYLOAD_BYTES} at most`);
  }
  if (!isUtf8(payload)) throw new SmokewireError('PAYLOAD_NOT_UTF8', 'the payload is not UTF-8');
  return payload.toString('utf8');
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SmokewireError('PAYLOAD_INVALID', 'the payload is not JSON', { cause });
  }
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'payload'}: ${issue.message}`);
  throw new SmokewireError('PAYLOAD_INVALID', problems.join('; '));
}

/** What cannot be read, kept for people. It came from MQTT, so it has no partition and no offset, and no replay helps. */
function deadLetter(route: Route, message: Publish, error: SmokewireError, receivedAt: number): OutRecord {
  const whole = message.payloadBytes <= MAX_PAYLOAD_BYTES;
  return {
    topic: deadLettersOf(route),
    key: 'detector' in route ? String(route.detector) : 'floor' in route ? String(route.floor) : null,
    value: whole ? message.payload : message.payload.subarray(0, CUT),
    headers: {
      [DEAD_LETTER_HEADERS.topic]: message.topic.slice(0, CUT),
      [DEAD_LETTER_HEADERS.partition]: '-1',
      [DEAD_LETTER_HEADERS.offset]: '-1',
      [DEAD_LETTER_HEADERS.code]: error.code,
      [DEAD_LETTER_HEADERS.message]: error.message,
      ...(!whole && { [PAYLOAD_BYTES_HEADER]: String(message.payloadBytes) }),
    },
    timestamp: receivedAt,
  };
}
