import { type CloudEvent, type EventDefinition, parseEvent } from '../../../contracts/cloud-events.ts';
import { SmokewireError } from '../../../contracts/errors.ts';
import {
  emailRequested,
  incidentChanged,
  lampRequested,
  type Notification,
  smsRequested,
} from '../../../contracts/events.ts';
import type { InRecord } from '../../../contracts/kafka-records.ts';
import type { Channel } from '../../../contracts/kafka-topics.ts';
import { noticeId } from '../../../processors/router.ts';

/** Somebody who is to be told, and in which words. */
export interface Told {
  readonly channel: Channel;
  readonly to: string;
  readonly words: string;
}

/** One notification: what changed, and everybody who is to be told. `at` in milliseconds since the epoch. */
export interface Outcome
  extends Pick<Notification, 'kind' | 'change' | 'subject' | 'incident' | 'detectors' | 'reason'> {
  readonly id: string;
  readonly at: number;
  readonly told: readonly Told[];
}

interface Notice extends Told {
  readonly id: string;
  readonly incident: string;
}

/** The notice in a record of each channel's topic. */
const NOTICES = new Map<string, (record: InRecord) => Notice | undefined>([
  noticesOf(emailRequested, ({ to, title, text }) => ({ channel: 'email', to, words: `${title}\n${text}` })),
  noticesOf(smsRequested, ({ to, text }) => ({ channel: 'sms', to, words: text })),
  noticesOf(lampRequested, ({ lamp, on, text }) => ({
    channel: 'lamp',
    to: lamp,
    words: `${on ? 'on' : 'off'}: ${text}`,
  })),
]);

function noticesOf<T extends { readonly id: string; readonly incident: string }>(
  definition: EventDefinition<T>,
  told: (data: T) => Told,
): [string, (record: InRecord) => Notice | undefined] {
  const read = (record: InRecord) => {
    const data = readable(record, definition)?.data;
    return data && { id: data.id, incident: data.incident, ...told(data) };
  };
  return [definition.topic, read];
}

/**
 * Puts notifications and their notices together as they come, in whatever order. A repetition counts once, since its id is
 * the same. Lamps that tell of a delivery belong to no notification, and are left out: a mail server decides about them.
 */
export class Outcomes {
  readonly #notifications = new Map<string, CloudEvent<Notification>>();
  /** By incident, then by id. */
  readonly #notices = new Map<string, Map<string, Notice>>();

  /** A record of `notifications` or of a channel's topic; whatever else stands there, people are not told of it. */
  add(record: InRecord): void {
    const event = record.topic === incidentChanged.topic && readable(record, incidentChanged);
    if (event) {
      if (!this.#notifications.has(event.id)) this.#notifications.set(event.id, event);
      return;
    }
    const notice = NOTICES.get(record.topic)?.(record);
    if (!notice) return;
    const notices = this.#notices.get(notice.incident) ?? new Map<string, Notice>();
    this.#notices.set(notice.incident, notices.set(notice.id, notice));
  }

  /** By their time. */
  list(): Outcome[] {
    return [...this.#notifications.values()]
      .map(({ id, data: { incident, kind, change, subject, detectors, reason, at } }) => {
        const notices = [...(this.#notices.get(incident)?.values() ?? [])];
        const told = notices
          .filter((notice) => notice.id === noticeId(id, notice.channel, notice.to))
          .map(({ channel, to, words }) => ({ channel, to, words }))
          .sort((a, b) => (`${a.channel} ${a.to}` < `${b.channel} ${b.to}` ? -1 : 1));
        return { id, incident, kind, change, subject, detectors, reason, at: Date.parse(at), told };
      })
      .sort((a, b) => a.at - b.at);
  }
}

/** The event in a record; undefined where it is none, as a dead letter would be. */
export function readable<T>(record: InRecord, definition: EventDefinition<T>): CloudEvent<T> | undefined {
  try {
    return parseEvent(record, [definition]);
  } catch (error) {
    if (error instanceof SmokewireError) return undefined;
    throw error;
  }
}
