import { type CloudEvent, parseEvent } from '../../contracts/cloud-events.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import {
  type Delivery,
  deliveryRecorded,
  type EmailNotice,
  emailRequested,
  type LampNotice,
  lampRequested,
  lampSwitched,
  type SmsNotice,
  smsRequested,
} from '../../contracts/events.ts';
import type { InRecord } from '../../contracts/kafka-records.ts';
import { switchIdOf } from '../../notifiers/lamp.ts';
import type { SentNotification } from './notifications.ts';
import { placeOf } from './story/hops.ts';

type Notice = Omit<SentNotification, 'at' | 'channel'>;

/** Something asked for, as far as it is known: these records stand on different topics, and come in any order. */
interface Pending {
  notice?: Notice;
  sent?: Delivery;
}

/** Where what was sent is read: what was asked for, from the beginning, and what became of it, from now on. */
export const SENT_TOPICS: ReadonlyMap<string, 'beginning' | 'end'> = new Map([
  [emailRequested.topic, 'beginning'],
  [smsRequested.topic, 'beginning'],
  [lampRequested.topic, 'beginning'],
  [deliveryRecorded.topic, 'end'],
  [lampSwitched.topic, 'end'],
]);

/** What was sent so far, as Kafka tells it: a notice that was asked for, a delivery that says that it was sent, a lamp that was switched. */
export class Sent {
  readonly #pending = new Map<string, Pending>();
  /** Ids of switches: a lamp's notifier may say that it was sent, but the lamp has to say so, too. */
  readonly #switched = new Set<string>();
  readonly #sent = new Map<string, SentNotification>();
  readonly #listeners = new Set<() => void>();
  #list: readonly SentNotification[] | undefined;

  /** One record of `SENT_TOPICS`. What is none of ours, its reader has buried. */
  apply(record: InRecord): void {
    try {
      const { topic } = record;
      if (topic === deliveryRecorded.topic) this.#deliver(parseEvent(record, [deliveryRecorded]).data);
      else if (topic === lampSwitched.topic) this.#switch(parseEvent(record, [lampSwitched]).id);
      else if (topic === emailRequested.topic) this.#ask(record, parseEvent(record, [emailRequested]), ofEmail);
      else if (topic === smsRequested.topic) this.#ask(record, parseEvent(record, [smsRequested]), ofSms);
      else this.#ask(record, parseEvent(record, [lampRequested]), ofLamp);
    } catch (error) {
      if (!(error instanceof SmokewireError)) throw error;
    }
  }

  /** In the order of their times; those of one instant by channel and recipient, so that the order is always the same. */
  list(): readonly SentNotification[] {
    this.#list ??= onlyChanges([...this.#sent.values()].sort(compare));
    return this.#list;
  }

  /** Calls `listener` whenever the list may have changed; the answer ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #ask<T extends { readonly id: string }>(
    record: InRecord,
    { data }: CloudEvent<T>,
    read: (data: T, place: string) => Notice,
  ): void {
    this.#know(data.id, { notice: read(data, placeOf(record)) });
  }

  #deliver(delivery: Delivery): void {
    if (delivery.outcome === 'sent') this.#know(delivery.notification, { sent: delivery });
  }

  #switch(switchId: string): void {
    this.#switched.add(switchId);
    for (const id of this.#pending.keys()) if (switchIdOf(id) === switchId) this.#know(id, {});
  }

  #know(id: string, news: Pending): void {
    if (this.#sent.has(id)) return;
    const { notice, sent } = { ...this.#pending.get(id), ...news };
    const arrived = sent && (sent.channel !== 'lamp' || this.#switched.has(switchIdOf(id)));
    if (!notice || !arrived) {
      this.#pending.set(id, { ...(notice && { notice }), ...(sent && { sent }) });
      return;
    }
    this.#pending.delete(id);
    this.#switched.delete(switchIdOf(id));
    this.#sent.set(id, { ...notice, channel: sent.channel, at: sent.at });
    this.#list = undefined;
    for (const listener of this.#listeners) listener();
  }
}

function ofEmail({ id, incident, kind, subject, to, title, text }: EmailNotice, record: string): Notice {
  return { id, incident, kind, subject, to, title, text, record };
}

function ofSms({ id, incident, kind, subject, to, text }: SmsNotice, record: string): Notice {
  return { id, incident, kind, subject, to, title: text, text, record };
}

function ofLamp({ id, incident, kind, subject, lamp, on, text }: LampNotice, record: string): Notice {
  return { id, incident, kind, subject, to: lamp, title: on ? 'on' : 'off', text, record };
}

/** A lamp that is told to be what it is already tells nobody anything. */
function onlyChanges(sent: readonly SentNotification[]): readonly SentNotification[] {
  const lamps = new Map<string, string>();
  return sent.filter(({ channel, to, title }) => {
    if (channel !== 'lamp') return true;
    const same = lamps.get(to) === title;
    lamps.set(to, title);
    return !same;
  });
}

function compare(a: SentNotification, b: SentNotification): number {
  return Date.parse(a.at) - Date.parse(b.at) || (sortKey(a) < sortKey(b) ? -1 : 1);
}

function sortKey({ channel, subject, to, id }: SentNotification): string {
  return JSON.stringify([channel, subject, to, id]);
}
