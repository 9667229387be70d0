import { z } from 'zod';
import { durationSchema } from '../../../contracts/duration.ts';
import { TOPICS } from '../../../contracts/kafka-topics.ts';
import { act, detectorId, embedded, lasting, positiveDuration } from './act.ts';
import type { End, World } from './fault.ts';
import { kafkaWriteFault, type WriteFate } from './kafka-writes.ts';
import { pickerOf, type Selection, selecting, selectionShape, selectionWords } from './selection.ts';

const TOPIC_NAMES = [...TOPICS.keys()];
const topicName = z
  .string()
  .refine((name) => TOPIC_NAMES.some((known) => known === name), 'a Kafka topic of the site is expected, as signals');

const aboutShape = {
  topic: topicName.describe('a topic of the site, without its prefix').optional(),
  detector: detectorId.describe('records under the key of this detector').optional(),
  key: z.string().describe('records under this key').optional(),
};

interface About {
  readonly topic?: string | undefined;
  readonly detector?: number | undefined;
  readonly key?: string | undefined;
}

const writes = z.strictObject({ ...aboutShape, ...selectionShape, ...lasting });

function checked<Schema extends z.ZodType<About & Selection>>(schema: Schema) {
  return selecting(schema).refine(
    ({ detector, key }) => detector === undefined || key === undefined,
    'give detector or key, not both',
  );
}

export const KAFKA_ACTS = {
  'kafka.drop': act({
    summary: 'the connection breaks before Kafka has these records; whoever writes them tries again',
    schema: checked(writes),
    words: (options) => `a connection breaks before Kafka has ${which(options)}`,
    begin: (world, options) => strike(world, options, { do: 'drop' }),
  }),
  'kafka.duplicate': act({
    summary: 'the connection breaks after Kafka has these records, before it says so; they are written again',
    schema: checked(writes),
    words: (options) => `Kafka gets twice ${which(options)}`,
    begin: (world, options) => strike(world, options, { do: 'duplicate' }),
  }),
  'kafka.delay': act({
    summary: 'Kafka takes these records later, and with them all that the same writer writes',
    schema: checked(
      writes.extend({
        by: positiveDuration.describe("by how much, in the site's time"),
        jitter: durationSchema.default(0).describe('by chance up to so much more'),
      }),
    ),
    words: (options) => `Kafka delays ${which(options)} by ${options.by} ms`,
    begin: (world, options) => strike(world, options, { do: 'delay', ms: options.by, jitterMs: options.jitter }),
  }),
  'kafka.reorder': act({
    summary: 'Kafka takes these records after what another writer writes next',
    schema: checked(
      writes.extend({ within: positiveDuration.default(10_000).describe('or so late, where nobody else writes') }),
    ),
    words: (options) => `Kafka reorders ${which(options)}`,
    begin: (world, options) => strike(world, options, { do: 'reorder', withinMs: options.within }),
  }),
  'kafka.pause': act({
    summary: 'the Kafka broker takes bytes and answers nothing',
    schema: z.strictObject({ ...lasting }),
    words: () => 'the Kafka broker stands still',
    begin: (world) => {
      const { faults } = broker(world);
      faults.pause();
      return standstill(world, () => faults.resume());
    },
  }),
  'kafka.partition': act({
    summary: 'the Kafka broker drops every connection, and takes no new one',
    schema: z.strictObject({ ...lasting }),
    words: () => 'the Kafka broker is cut off',
    begin: (world) => {
      const { faults } = broker(world);
      faults.partition();
      return standstill(world, () => faults.heal());
    },
  }),
};

function broker({ process }: World) {
  return embedded(process.embedded.kafka, 'Kafka broker', 'kafka');
}

function strike(world: World, options: About & Selection, fate: WriteFate): End {
  const { clock, ledger, random, config } = world;
  const { topic, detector, key } = options;
  const filter = {
    topic: topic === undefined ? undefined : config.topicPrefix + topic,
    key: detector === undefined ? key : String(detector),
  };
  return kafkaWriteFault({ broker: broker(world), clock, ledger, filter, picks: pickerOf(options, random), fate });
}

/** What writes to Kafka waits with it: lamps, and what a human does on the panel. */
function standstill({ ledger }: World, end: () => void): End {
  const released = (['kafka', 'lamp', 'http'] as const).map((hop) => ledger.holdHop(hop));
  return {
    heal: () => {
      for (const release of released) release();
      end();
    },
  };
}

function which({ topic, detector, key, ...selection }: About & Selection): string {
  const under = detector === undefined ? key : String(detector);
  return `records${topic === undefined ? '' : ` of ${topic}`}${under === undefined ? '' : ` under ${under}`}${selectionWords(selection)}`;
}
