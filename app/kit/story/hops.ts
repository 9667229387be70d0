import { type EventDefinition, parseEvent } from '../../../contracts/cloud-events.ts';
import { disablementChanged } from '../../../contracts/disablements.ts';
import { SmokewireError } from '../../../contracts/errors.ts';
import {
  alarmDetected,
  deliveryRecorded,
  detectorRegistered,
  detectorStateChanged,
  emailRequested,
  incidentChanged,
  lampRequested,
  lampSwitched,
  presenceChanged,
  resetRequested,
  smsRequested,
  valveCommanded,
  valveReported,
  valveRequested,
  verdictReached,
} from '../../../contracts/events.ts';
import { headerOf, type InRecord } from '../../../contracts/kafka-records.ts';
import { CHANNEL_TOPICS, CHANNELS, type Channel, deadLetterTopic, TOPICS } from '../../../contracts/kafka-topics.ts';
import { parseSignal, type Signal } from '../../../contracts/signals.ts';

/** One record on the way of a message, and what it says. */
export interface Hop<K extends string = string, T = unknown> {
  readonly kind: K;
  readonly record: InRecord;
  /** The event's id; of a signal, where it stands. */
  readonly id: string;
  readonly data: T;
}

/** How the records of one type of event are read; a story calls them `kind`. */
const event = <K extends string, T>(kind: K, definition: EventDefinition<T>) => ({
  type: definition.type,
  read: (record: InRecord): Hop<K, T> => {
    const { id, data } = parseEvent(record, [definition]);
    return { kind, record, id, data };
  },
});

const EVENTS = [
  event('registered', detectorRegistered),
  event('presence', presenceChanged),
  event('alarm', alarmDetected),
  event('requested', valveRequested),
  event('reset', resetRequested),
  event('commanded', valveCommanded),
  event('reported', valveReported),
  event('state', detectorStateChanged),
  event('disablement', disablementChanged),
  event('verdict', verdictReached),
  event('incident', incidentChanged),
  event('email', emailRequested),
  event('sms', smsRequested),
  event('lamp', lampRequested),
  event('delivery', deliveryRecorded),
  event('switched', lampSwitched),
];

/** A hop of any kind. `letter`: a dead letter, which says what its headers say; `unreadable`: what no reader of ours takes. */
export type AnyHop =
  | ReturnType<(typeof EVENTS)[number]['read']>
  | Hop<'signal', Signal>
  | Hop<'letter', undefined>
  | Hop<'unreadable', undefined>;

/** Every topic, in the order in which a message passes them. */
export const STORY_TOPICS: readonly string[] = [
  'detectors',
  'signals',
  'presence',
  'alarms',
  'operator-commands',
  'valve-commands',
  'valve-states',
  'detector-states',
  'verdicts',
  'disablements',
  'notifications',
  ...CHANNELS.flatMap((channel) => [...TOPICS.keys()].filter((topic) => isOf(topic, channel))),
  'deliveries',
  'lamps',
  ...[...TOPICS.keys()].filter((topic) => topic.endsWith('.dead')),
];

/** `emails[2]@17` */
export function placeOf({ topic, partition, offset }: Pick<InRecord, 'topic' | 'partition' | 'offset'>): string {
  return `${topic}[${partition}]@${offset}`;
}

/** What a record says. */
export function hopOf(record: InRecord): AnyHop {
  const none = { record, id: placeOf(record), data: undefined };
  if (record.topic.endsWith('.dead')) return { kind: 'letter', ...none };
  try {
    if (record.topic === 'signals') return { kind: 'signal', record, id: none.id, data: parseSignal(record) };
    const type = headerOf(record, 'ce_type');
    return EVENTS.find((event) => event.type === type)?.read(record) ?? { kind: 'unreadable', ...none };
  } catch (error) {
    if (!(error instanceof SmokewireError)) throw error;
    return { kind: 'unreadable', ...none };
  }
}

/** The channel of a topic of notices, retries included. */
export function channelOf(topic: string): Channel | undefined {
  return CHANNELS.find((channel) => isOf(topic, channel) && !topic.endsWith('.dead'));
}

function isOf(topic: string, channel: Channel): boolean {
  return deadLetterTopic(topic) === `${CHANNEL_TOPICS[channel]}.dead` && !topic.endsWith('.dead');
}
