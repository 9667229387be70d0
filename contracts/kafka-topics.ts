/** How a topic forgets: by age, or all but the newest record of each key. */
export type Cleanup = 'delete' | 'compact';

/** The channels over which people are told. */
export const CHANNELS = ['email', 'sms', 'lamp'] as const;
export type Channel = (typeof CHANNELS)[number];

/** The topic from which each channel's notifier reads. */
export const CHANNEL_TOPICS = { email: 'emails', sms: 'sms', lamp: 'panel' } as const satisfies Record<Channel, string>;

/**
 * How long a failed send waits before each further attempt, in milliseconds; one retry topic for each. They add up to
 * 186 s, inside the 200 s in which NFPA 72 wants trouble told.
 */
export const RETRY_DELAYS_MS = [1_000, 5_000, 30_000, 150_000] as const;

/**
 * Partitions of every topic, at first. They are equal so that the records of one key stand in the same partition everywhere,
 * and one member of a group holds all that a key's step needs.
 */
export const PARTITIONS = 4;

const STREAMS = [
  ['signals', 'delete'],
  ['alarms', 'delete'],
  ['operator-commands', 'delete'],
  ['detector-states', 'compact'],
  ['valve-commands', 'delete'],
  ['valve-states', 'compact'],
  ['detectors', 'compact'],
  ['presence', 'compact'],
  // What the watchdog finds out; keyed by site.
  ['verdicts', 'delete'],
  // How many detectors stand behind what; keyed by the watchdog's partition.
  ['census', 'compact'],
  ['notifications', 'delete'],
  ['emails', 'delete'],
  ['sms', 'delete'],
  ['panel', 'delete'],
  // What became of each notification: sent, to be tried again, or dead; keyed by incident.
  ['deliveries', 'delete'],
  // Each lamp as it is now; keyed by lamp.
  ['lamps', 'compact'],
  // Planned silences of detectors and floors; keyed by site, so that all stand in one partition.
  ['disablements', 'delete'],
  // That each watchdog lives; keyed by its group and instance.
  ['pulses', 'compact'],
  // State of the floor controller; keyed by floor.
  ['floor-controller.state', 'compact'],
  // State of the correlator; keyed by what a fault is about.
  ['correlator.state', 'compact'],
] as const satisfies readonly (readonly [string, Cleanup])[];

export type StreamName = (typeof STREAMS)[number][0];
export type TopicName = StreamName | `${string}.retry-${number}` | `${string}.dead`;

/**
 * The topics that are keyed by detector. Partitions may be added to them while the site runs, and then to all of them: as many
 * detectors as there are is what a site has many of. Every other topic keeps PARTITIONS.
 */
const GROWING: ReadonlySet<string> = new Set<StreamName>(['signals', 'detectors', 'presence', 'detector-states']);

/** Whether a topic, named without prefix, may have more than PARTITIONS. */
export function mayGrow(topic: string): boolean {
  return GROWING.has(topic);
}

/** The topic for attempt `attempt` + 1 of a channel, `attempt` counted from 1; undefined after the last one. */
export function retryTopic(channel: Channel, attempt: number): TopicName | undefined {
  return attempt <= RETRY_DELAYS_MS.length ? `${CHANNEL_TOPICS[channel]}.retry-${attempt}` : undefined;
}

/** Where the records of `topic` go that nobody can handle; the dead of a retry topic lie with its channel's. */
export function deadLetterTopic(topic: string): TopicName {
  return `${topic.replace(/\.(retry-\d+|dead)$/, '')}.dead`;
}

/** Streams whose records a processor or notifier reads, and may have to bury. */
const WITH_DEAD_LETTERS: readonly StreamName[] = [
  'signals',
  'alarms',
  'operator-commands',
  'detector-states',
  'valve-commands',
  'valve-states',
  'detectors',
  'presence',
  'verdicts',
  'disablements',
  'notifications',
  'emails',
  'sms',
  'panel',
];

/** Every topic there is, by its name without prefix. */
export const TOPICS: ReadonlyMap<TopicName, Cleanup> = new Map<TopicName, Cleanup>([
  ...STREAMS,
  ...CHANNELS.flatMap((channel) =>
    RETRY_DELAYS_MS.map((_, i): [TopicName, Cleanup] => [`${CHANNEL_TOPICS[channel]}.retry-${i + 1}`, 'delete']),
  ),
  ...WITH_DEAD_LETTERS.map((name): [TopicName, Cleanup] => [`${name}.dead`, 'delete']),
]);

export const DEAD_LETTER_TOPICS: readonly TopicName[] = WITH_DEAD_LETTERS.map((name): TopicName => `${name}.dead`);
