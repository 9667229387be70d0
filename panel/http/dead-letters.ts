import { z } from 'zod';
import type { Clock } from '../../contracts/clock.ts';
import {
  ATTEMPTS_HEADER,
  DEAD_LETTER_HEADERS,
  NOT_BEFORE_HEADER,
  REPLAY_TOPIC_HEADER,
  textHeaders,
} from '../../contracts/dead-letters.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import { deadLetterViewSchema, problemSchema } from '../../contracts/http.ts';
import type { InRecord, OutRecord } from '../../contracts/kafka-records.ts';
import { TOPICS } from '../../contracts/kafka-topics.ts';
import type { DeadLetters } from '../model/dead-letters.ts';
import type { App } from './app.ts';
import type { CommandWriter } from './commands.ts';
import { integerText, limitText } from './text.ts';

interface DeadLetterParts {
  readonly deadLetters: DeadLetters;
  readonly commands: CommandWriter;
  readonly clock: Clock;
}

/** What a dead letter gained on its way, and a replay takes off again: it starts with its first attempt. */
const GAINED_HEADERS: readonly string[] = [
  ...Object.values(DEAD_LETTER_HEADERS),
  REPLAY_TOPIC_HEADER,
  ATTEMPTS_HEADER,
  NOT_BEFORE_HEADER,
];

const topicNames: ReadonlyMap<string, unknown> = TOPICS;

/** The records that nobody could handle, and their second chance. */
export function deadLetterRoutes(app: App, { deadLetters, commands, clock }: DeadLetterParts): void {
  app.get(
    '/api/v1/dead-letters',
    {
      schema: {
        summary: 'The newest dead letters of every topic, newest first',
        querystring: z.strictObject({ topic: z.string().optional(), limit: limitText(100, 1_000) }),
        response: { 200: z.array(deadLetterViewSchema), 400: problemSchema },
      },
    },
    ({ query }) => deadLetters.list(query),
  );

  app.post(
    '/api/v1/dead-letters/:topic/:partition/:offset/replay',
    {
      schema: {
        summary: 'Publishes a dead letter again where it came from, once',
        params: z.object({ topic: z.string(), partition: integerText, offset: integerText }),
        response: {
          202: z.object({ topic: z.string() }),
          404: problemSchema,
          409: problemSchema,
          503: problemSchema,
        },
      },
    },
    async ({ params: { topic, partition, offset } }, reply) => {
      const record = deadLetters.get(topic, partition, offset);
      const place = `${topic}[${partition}]@${offset}`;
      if (!record) throw new SmokewireError('DEAD_LETTER_UNKNOWN', `${place} is not among the dead letters kept here`);
      const target = deadLetters.replayTopic(topic, partition, offset);
      if (target === undefined || !topicNames.has(target)) {
        throw new SmokewireError(
          'DEAD_LETTER_FINAL',
          `${place} was replayed already, or never was a record that could be`,
        );
      }
      // Marked first: of two callers at the same moment one replays.
      deadLetters.markReplayed(topic, partition, offset);
      try {
        await commands.write(replayOf(record, target, clock.now()));
      } catch (error) {
        deadLetters.markReplayed(topic, partition, offset, false);
        throw error;
      }
      return reply.code(202).send({ topic: target });
    },
  );
}

function replayOf(record: InRecord, topic: string, now: number): OutRecord {
  const kept = Object.entries(textHeaders(record)).filter(([name]) => !GAINED_HEADERS.includes(name));
  return { topic, key: record.key, value: record.value, headers: Object.fromEntries(kept), timestamp: now };
}
