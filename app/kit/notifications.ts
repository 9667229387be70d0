import { CHANNELS, type Channel } from '../../contracts/kafka-topics.ts';
import { type About, subjectOf } from '../handles.ts';

/** One thing that somebody was told: an e-mail or an SMS that was sent, or a lamp that went on or off. */
export interface SentNotification {
  /** The same however often it is sent. */
  readonly id: string;
  readonly channel: Channel;
  /** An address, a number, or the lamp's name. */
  readonly to: string;
  readonly incident: string;
  readonly kind: 'fire' | 'fault';
  /** What it is about: `detector/8`, `floor/3`, `valve/3`, `pipeline`, `delivery/email`. */
  readonly subject: string;
  /** An e-mail's subject; of an SMS its text, of a lamp `on` or `off`. */
  readonly title: string;
  readonly text: string;
  /** When it was sent, RFC 3339. */
  readonly at: string;
  /** The Kafka record that asked for it: `emails[2]@17`. */
  readonly record: string;
}

/** Which notifications: those that fit all that is given. */
export interface NotificationQuery {
  /** What it is about, and nothing else: a fire is about its floor, and not about the detector that found it. */
  readonly about?: About;
  /** One of them, or any of several; any unless given. */
  readonly channel?: Channel | readonly Channel[];
  readonly to?: string;
  readonly kind?: SentNotification['kind'];
  /** Matches its title and text, the one above the other. */
  readonly matching?: RegExp;
}

export type FitsNotification = (notification: SentNotification) => boolean;

export function fitsQuery({ about, channel, to, kind, matching }: NotificationQuery): FitsNotification {
  const channels = channelsOf(channel);
  const subject = about && subjectOf(about);
  return (sent) =>
    channels.includes(sent.channel) &&
    (subject === undefined || sent.subject === subject) &&
    (to === undefined || sent.to === to) &&
    (kind === undefined || sent.kind === kind) &&
    // `search` has no memory, which `test` has where a pattern is global.
    (matching === undefined || `${sent.title}\n${sent.text}`.search(matching) >= 0);
}

/** The channels that a query names; all of them where it names none. */
export function channelsOf(channel: NotificationQuery['channel']): readonly Channel[] {
  return channel === undefined ? CHANNELS : typeof channel === 'string' ? [channel] : channel;
}

/** `e-mail about detector/8 to fire@example.com` */
export function queryInWords({ about, channel, to, kind, matching }: NotificationQuery): string {
  return [
    ...(kind ? [kind] : []),
    channelsOf(channel)
      .map((name) => CHANNEL_WORDS[name])
      .join(', '),
    ...(about === undefined ? [] : [`about ${subjectOf(about)}`]),
    ...(to === undefined ? [] : [`to ${to}`]),
    ...(matching ? [`matching ${matching}`] : []),
  ].join(' ');
}

/** One line: when, how, about what, and its first words. */
export function notificationInWords({ at, channel, to, subject, title, text, record }: SentNotification): string {
  const how = channel === 'lamp' ? `lamp ${to} ${title}` : `${CHANNEL_WORDS[channel]} to ${to} about ${subject}`;
  return `${timeOfDay(at)} ${how}: ${firstLine(channel === 'lamp' ? text : title)} (${record})`;
}

/** The time of day, in UTC: `00:00:12.000`. */
export function timeOfDay(at: string | number): string {
  return new Date(at).toISOString().slice(11, 23);
}

export const CHANNEL_WORDS = { email: 'e-mail', sms: 'SMS', lamp: 'lamp' } as const satisfies Record<Channel, string>;

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length <= 100 ? line : `${line.slice(0, 99)}…`;
}
