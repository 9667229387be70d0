import { z } from 'zod';
import { durationSchema } from '../../../contracts/duration.ts';
import { MQTT_ROOT, type MqttAddress, parseMqttTopic } from '../../../contracts/mqtt-topics.ts';
import { isCanary } from '../../../contracts/signals.ts';
import type { Outcasts } from '../owed.ts';
import { act, detectorId, embedded, lasting, positiveDuration } from './act.ts';
import type { End, World } from './fault.ts';
import type { Fate } from './mqtt-messages.ts';
import { pickerOf, type Selection, selecting, selectionShape, selectionWords } from './selection.ts';

const aboutShape = {
  topic: z.string().min(1).describe('an MQTT topic filter, as fire/v1/hq/+/valve/command').optional(),
  detector: detectorId.describe('what this detector says, and its will').optional(),
};

interface About {
  readonly topic?: string | undefined;
  readonly detector?: number | undefined;
}

const messages = z.strictObject({ ...aboutShape, ...selectionShape, ...lasting });

function checked<Schema extends z.ZodType<About & Selection>>(schema: Schema) {
  return selecting(schema).refine(
    ({ topic, detector }) => topic === undefined || detector === undefined,
    'give topic or detector, not both',
  );
}

const FROM = ['bridge', 'valves', 'canary', 'watchdog'] as const;

export const MQTT_ACTS = {
  'mqtt.drop': act({
    summary: 'the MQTT broker acknowledges these messages, and loses them',
    schema: checked(messages),
    words: (options) => `MQTT loses ${which(options)}`,
    begin: (world, options) => strike(world, options, { do: 'drop' }),
  }),
  'mqtt.delay': act({
    summary: 'these messages come later',
    schema: checked(
      messages.extend({
        by: positiveDuration.describe("by how much, in the site's time"),
        jitter: durationSchema.default(0).describe('by chance up to so much more'),
      }),
    ),
    words: (options) => `MQTT delays ${which(options)} by ${options.by} ms`,
    begin: (world, options) => strike(world, options, { do: 'delay', ms: options.by, jitterMs: options.jitter }),
  }),
  'mqtt.duplicate': act({
    summary: 'these messages come more than once',
    schema: checked(messages.extend({ copies: z.int().min(1).max(1_000).default(1).describe('how many times more') })),
    words: (options) => `MQTT doubles ${which(options)}`,
    begin: (world, options) => strike(world, options, { do: 'duplicate', copies: options.copies }),
  }),
  'mqtt.reorder': act({
    summary: 'these messages come after the next one of their topic',
    schema: checked(
      messages.extend({ within: positiveDuration.default(10_000).describe('or so late, where no other one comes') }),
    ),
    words: (options) => `MQTT reorders ${which(options)}`,
    begin: (world, options) => strike(world, options, { do: 'reorder', withinMs: options.within }),
  }),
  'mqtt.pause': act({
    summary: 'the MQTT broker stands still: connections stay open, and nothing goes through them',
    schema: z.strictObject({ ...lasting }),
    words: () => 'the MQTT broker stands still',
    begin: ({ process, ledger }) => {
      const resume = broker(process).pause();
      const released = ledger.holdHop('mqtt');
      return {
        heal: () => {
          released();
          resume();
        },
      };
    },
  }),
  'mqtt.partition': act({
    summary:
      'a detector, or a part of the site, is cut off from the MQTT broker: nobody is told, and nothing goes through',
    schema: z
      .strictObject({
        detector: detectorId.optional(),
        role: z.enum(FROM).optional(),
        ...lasting,
      })
      .refine(
        ({ detector, role }) => (detector === undefined) !== (role === undefined),
        'give one of detector and role',
      ),
    words: ({ detector, role }) => `${role ?? `detector ${detector}`} is cut off from the MQTT broker`,
    begin: ({ process, ledger, config }, { detector, role }) => {
      const outcasts =
        detector === undefined ? OUTCASTS[role ?? 'bridge'](config.site) : outcast(config.site, detector);
      const rejoin = broker(process).cutOff((clientId) => clientId !== undefined && outcasts.isOut(clientId));
      const released = ledger.cutOff(outcasts);
      return {
        heal: () => {
          released();
          rejoin();
        },
      };
    },
  }),
};

/** The MQTT clients of a role, and on what they publish. */
const OUTCASTS: Readonly<Record<(typeof FROM)[number], (site: string) => Outcasts>> = {
  bridge: (site) => clients(site, 'bridge', (address) => 'valve' in address && address.valve === 'command'),
  valves: (site) => clients(site, 'valves', (address) => 'valve' in address && address.valve === 'state'),
  canary: (site) => clients(site, 'canary', (address) => 'detector' in address && isCanary(address.detector)),
  watchdog: (site) => clients(site, 'poller', (address) => 'subject' in address && address.subject === 'poll'),
};

function clients(site: string, name: string, speaks: (address: MqttAddress) => boolean): Outcasts {
  const id = `smokewire-${site}-${name}`;
  return {
    isOut: (clientId) => clientId === id || clientId.startsWith(`${id}-`),
    speakOn: (topic) => {
      const address = parseMqttTopic(MQTT_ROOT, topic);
      return address !== undefined && speaks(address);
    },
  };
}

function outcast(site: string, detector: number): Outcasts {
  return {
    isOut: (clientId) => clientId === `smokewire-${site}-detector-${detector}`,
    speakOn: aboutOf({ detector }),
  };
}

function broker(process: World['process']) {
  return embedded(process.embedded.mqtt, 'MQTT broker', 'mqtt');
}

function strike(world: World, options: About & Selection, fate: Fate): End {
  return embedded(world.mqttMessages, 'MQTT broker', 'mqtt').add({
    about: aboutOf(options),
    picks: pickerOf(options, world.random),
    fate,
  });
}

function aboutOf({ topic, detector }: About): (topic: string) => boolean {
  if (topic !== undefined) return (other) => matches(topic.split('/'), other.split('/'));
  return (other) => {
    const address = parseMqttTopic(MQTT_ROOT, other);
    return (
      address !== undefined && (detector === undefined || ('detector' in address && address.detector === detector))
    );
  };
}

/** MQTT 3.1.1, 4.7. */
function matches(filter: readonly string[], topic: readonly string[]): boolean {
  if (filter.at(-1) === '#') return matches(filter.slice(0, -1), topic.slice(0, filter.length - 1));
  return filter.length === topic.length && filter.every((level, i) => level === '+' || level === topic[i]);
}

function which({ topic, detector, ...selection }: About & Selection): string {
  const what =
    detector === undefined
      ? topic === undefined
        ? 'messages'
        : `messages on ${topic}`
      : `messages of detector ${detector}`;
  return `${what}${selectionWords(selection)}`;
}
