import { rfc3339 } from '../contracts/clock.ts';
import { type CloudEvent, eventRecord, parseEvent } from '../contracts/cloud-events.ts';
import {
  emailRequested,
  incidentChanged,
  lampRequested,
  type Notification,
  smsRequested,
} from '../contracts/events.ts';
import { idOf } from '../contracts/ids.ts';
import type { OutRecord } from '../contracts/kafka-records.ts';
import type { Channel } from '../contracts/kafka-topics.ts';
import type { Task, TaskDefinition } from '../transport/kafka/types.ts';
import { lampOf, wordingOf } from './router-wording.ts';

export interface RouterOptions {
  readonly site: string;
  /** Who gets the mails: addresses. */
  readonly emailTo: readonly string[];
  /** Who gets the SMS: numbers in E.164. */
  readonly smsTo: readonly string[];
}

/**
 * How long a notice is worth sending, in ms. A fire notice that comes an hour late sends people into a building whose state
 * is another one by then. A fault stays true until it is repaired, so it may wait out a mail server's night.
 */
export const NOTICE_VALID_MS = { fire: 3_600_000, fault: 86_400_000 } as const;

/**
 * A fire's valve command and its notification leave the floor controller together, and telling people takes ten times the
 * work of opening a valve. In a process that does both the water goes first: that much later nobody reads a mail, in ms.
 */
const WATER_FIRST_MS = 5;

/** Which incident goes to which channels and recipients. Keeps no state: a repeated notification has the same notices. */
export function routerDefinition(options: RouterOptions): TaskDefinition {
  const task: Task = {
    input: (record, now) => ({
      outputs: noticesOf(parseEvent(record, [incidentChanged]), options, now),
      changelog: [],
    }),
  };
  return { role: 'router', inputs: ['notifications'], yieldMs: WATER_FIRST_MS, createTask: () => task };
}

/** The id of a notification's notice to one recipient. */
export function noticeId(notification: string, channel: Channel, to: string): string {
  return idOf('notice', notification, channel, to);
}

/** Opened and closed go to all channels, one notice for each recipient; an update goes to the panel alone. */
export function noticesOf({ id, data }: CloudEvent<Notification>, options: RouterOptions, now: number): OutRecord[] {
  const { incident, kind, subject, change } = data;
  const wording = wordingOf(data, options.site);
  const expires = rfc3339(Date.parse(data.at) + NOTICE_VALID_MS[kind]);
  const notice = (channel: Channel, to: string) => ({
    id: noticeId(id, channel, to),
    incident,
    kind,
    subject,
    expires,
  });
  const event = (noticeId: string) => ({ id: noticeId, source: 'router', time: now });

  const lit = lampOf(data);
  const light = { ...notice('lamp', lit), lamp: lit, on: change !== 'closed', text: wording.lamp };
  const lamp = eventRecord(lampRequested, { ...event(light.id), data: light });
  if (change === 'updated') return [lamp];
  const emails = options.emailTo.map((to) => {
    const mail = { ...notice('email', to), to, title: wording.title, text: wording.text };
    return eventRecord(emailRequested, { ...event(mail.id), data: mail });
  });
  const texts = options.smsTo.map((to) => {
    const sms = { ...notice('sms', to), to, text: wording.sms };
    return eventRecord(smsRequested, { ...event(sms.id), data: sms });
  });
  return [lamp, ...emails, ...texts];
}
