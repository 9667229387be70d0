import type { DeadLetterView, ReceivedEmail, ReceivedSms } from '../../../contracts/http.ts';
import { CHANNELS } from '../../../contracts/kafka-topics.ts';
import type { SiteEvent, SiteEventType } from '../../../contracts/site-events.ts';
import type { LoggedError } from '../error-log.ts';
import { CHANNEL_WORDS } from '../notifications.ts';
import { subjectInWords } from './fields.ts';

/** What happens at a site while a scenario runs: its events, what people are told, and what goes wrong. */
export type HappeningType =
  | Exclude<SiteEventType, 'site.ready' | 'site.stopped' | 'notification.sent'>
  | 'email'
  | 'sms'
  | 'dead-letter'
  | 'log.error';

/** Something that happened. */
export interface Happening {
  /** Milliseconds of the site's time since it was ready. */
  readonly at: number;
  readonly type: HappeningType;
  /** `detector/8`, `floor/3`, …; of a notification what it is about, of a dead letter its topic. */
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** What people, or those who read the log, are told; empty where nobody is. */
  readonly text: string;
}

/** What may not happen unless it is expected or allowed. */
export const STRICT: readonly HappeningType[] = [
  'email',
  'sms',
  'lamp.on',
  'lamp.off',
  'valve.opened',
  'dead-letter',
  'log.error',
];

/**
 * An event of the site; what became of a notification is about what the notification is about. That one was sent is left out:
 * whether people have it, their inboxes say.
 */
export function eventHappening({ type, at, subject, data }: SiteEvent, start: number): Happening | undefined {
  if (type === 'site.ready' || type === 'site.stopped' || type === 'notification.sent') return undefined;
  const about = data['about'] ?? data['lamp'] ?? subject;
  const text = data['text'] ?? data['reason'];
  return {
    at: Date.parse(at) - start,
    type,
    subject: typeof about === 'string' ? about : subject,
    data,
    text: typeof text === 'string' ? text : '',
  };
}

export function emailHappening(mail: ReceivedEmail, start: number): Happening {
  const { to, subject: title, text, headers, receivedAt } = mail;
  return {
    at: Date.parse(receivedAt) - start,
    type: 'email',
    subject: headers['x-smokewire-subject'] ?? 'unknown',
    data: { to: to.join(', '), title },
    text: `${title}\n${text}`,
  };
}

/** An SMS has no room to say what it is about but its text, which names that first. */
export function smsHappening({ to, text, receivedAt }: ReceivedSms, start: number): Happening {
  const [words = 'unknown'] = /\b(?:(?:detector|floor|valve) \d+|pipeline)\b/.exec(text) ?? [];
  const subject = words.replace(' ', '/');
  return { at: Date.parse(receivedAt) - start, type: 'sms', subject, data: { to, title: text }, text };
}

export function deadLetterHappening(letter: DeadLetterView, start: number): Happening {
  const { topic, code, message, at, origin } = letter;
  const data = { topic, code, origin };
  return { at: Date.parse(at) - start, type: 'dead-letter', subject: topic, data, text: message };
}

/** What needs a person. */
export function errorHappening({ at, message, fields }: LoggedError, start: number): Happening {
  const text = `${message} ${JSON.stringify(fields)}`;
  return { at: Date.parse(at) - start, type: 'log.error', subject: 'log', data: { ...fields }, text };
}

/** How each type is told; of what happens at one moment, in this order. */
const WORDS: Record<HappeningType, (happening: Happening, about: string) => string> = {
  'alarm.raised': ({ data }, about) => `detector ${data['detector']} raises the alarm of ${about}`,
  'alarm.reset': (_, about) => `the alarm of ${about} is reset`,
  'valve.opened': (_, about) => `the valve of ${about} is open`,
  'valve.closed': (_, about) => `the valve of ${about} is closed`,
  'valve.fault': (_, about) => `the valve of ${about} does not answer`,
  'detector.suspect': (_, about) => `${about} is suspect`,
  'detector.silent': (_, about) => `${about} is silent`,
  'detector.recovered': (_, about) => `${about} is back`,
  'detector.disabled': (_, about) => `${about} is disabled`,
  'detector.enabled': (_, about) => `${about} is enabled`,
  'floor.disabled': (_, about) => `the detectors of ${about} are disabled`,
  'floor.enabled': (_, about) => `the detectors of ${about} are enabled`,
  'pipeline.silent': () => 'the pipeline is silent',
  'pipeline.recovered': () => 'the pipeline is back',
  'notification.retried': ({ data, text }, about) =>
    `${channelInWords(data['channel'])} about ${about} is tried again: ${text}`,
  'notification.dead': ({ data, text }, about) =>
    `${channelInWords(data['channel'])} about ${about} is given up: ${text}`,
  'lamp.on': ({ text }, about) => `lamp ${about} on: ${text}`,
  'lamp.off': ({ text }, about) => `lamp ${about} off: ${text}`,
  email: ({ data }) => `e-mail to ${data['to']}: ${data['title']}`,
  sms: ({ data }) => `SMS to ${data['to']}: ${data['title']}`,
  'dead-letter': ({ subject, data, text }) => `dead letter on ${subject}: ${data['code']}: ${text}`,
  'log.error': ({ text }) => `error in the log: ${text}`,
};

/** One line for people, without its time. */
export function happeningInWords(happening: Happening): string {
  return WORDS[happening.type](happening, subjectInWords(happening.subject));
}

function channelInWords(name: unknown): string {
  const channel = CHANNELS.find((one) => one === name);
  return channel ? CHANNEL_WORDS[channel] : String(name);
}

/** In the order of time; of one moment always the same, whichever topic was read first. */
export function compareHappenings(a: Happening, b: Happening): number {
  return (
    a.at - b.at || RANKS.indexOf(a.type) - RANKS.indexOf(b.type) || (happeningInWords(a) < happeningInWords(b) ? -1 : 1)
  );
}

const RANKS: readonly string[] = Object.keys(WORDS);
