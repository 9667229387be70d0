import { type CloudEvent, type EventDefinition, parseEvent } from '../../../contracts/cloud-events.ts';
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

const NOTICES = new Map<string, (record: InRecord) => Notice>([
  [
    emailRequested.topic,
    (record) => {
      const { id, incident, to, title, text } = dataOf(record, emailRequested);
      return { id, incident, channel: 'email', to, words: `${title}\n${text}` };
    },
  ],
  [
    smsRequested.topic,
    (record) => {
      const { id, incident, to, text } = dataOf(record, smsRequested);
      return { id, incident, channel: 'sms', to, words: text };
    },
  ],
  [
    lampRequested.topic,
    (record) => {
      const { id, incident, lamp, on, text } = dataOf(record, lampRequested);
      return { id, incident, channel: 'lamp', to: lamp, words: `${on ? 'on' : 'off'}: ${text}` };
    },
  ],
]);

/**
 * Puts notifications and their notices together as they come, in whatever order. A repetition counts once, since its id is
 * the same. Lamps that tell of a delivery belong to no notification, and are left out: a mail server decides about them.
 */
export class Outcomes {
  readonly #notifications = new Map<string, CloudEvent<Notification>>();
  /** By incident, then by id. */
  readonly #notices = new Map<string, Map<string, Notice>>();

  /** A record of `notifications` or of a channel's topic; others are none of its business. @throws SmokewireError RECORD_INVALID */
  add(record: InRecord): void {
    if (record.topic === incidentChanged.topic) {
      const event = parseEvent(record, [incidentChanged]);
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

function dataOf<T>(record: InRecord, definition: EventDefinition<T>): T {
  return parseEvent(record, [definition]).data;
}
