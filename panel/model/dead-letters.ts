import { rfc3339 } from '../../contracts/clock.ts';
import { ATTEMPTS_HEADER, DEAD_LETTER_HEADERS, REPLAY_TOPIC_HEADER } from '../../contracts/dead-letters.ts';
import type { DeadLetterView } from '../../contracts/http.ts';
import { headerOf, type InRecord } from '../../contracts/kafka-records.ts';

const SHOWN_CHARACTERS = 1_000;

interface Letter {
  readonly record: InRecord;
  readonly bytes: number;
  replayed: boolean;
}

/** How much of each dead letter topic is kept; one flooded topic so does not push out the letters of another. */
export interface DeadLetterLimits {
  readonly count: number;
  readonly bytes: number;
}

/** The newest dead letters of each topic, whole, so that they can be replayed. */
export class DeadLetters {
  readonly #topics = new Map<string, { letters: Map<string, Letter>; bytes: number }>();
  readonly #limits: DeadLetterLimits;

  constructor(limits: DeadLetterLimits) {
    this.#limits = limits;
  }

  get count(): number {
    let count = 0;
    for (const { letters } of this.#topics.values()) count += letters.size;
    return count;
  }

  add(record: InRecord): void {
    let topic = this.#topics.get(record.topic);
    if (!topic) {
      topic = { letters: new Map(), bytes: 0 };
      this.#topics.set(record.topic, topic);
    }
    const bytes = record.value?.length ?? 0;
    topic.letters.set(placeOf(record.partition, record.offset), { record, bytes, replayed: false });
    topic.bytes += bytes;
    for (const [place, letter] of topic.letters) {
      if (topic.letters.size <= this.#limits.count && topic.bytes <= this.#limits.bytes) break;
      topic.letters.delete(place);
      topic.bytes -= letter.bytes;
    }
  }

  get(topic: string, partition: number, offset: number): InRecord | undefined {
    return this.#letter(topic, partition, offset)?.record;
  }

  /** Where a replay goes; undefined where there is nothing to replay, or it was done already. */
  replayTopic(topic: string, partition: number, offset: number): string | undefined {
    const letter = this.#letter(topic, partition, offset);
    return letter && replayTopicOf(letter);
  }

  /** Notes that a letter is being replayed; false takes that back when it did not get through. */
  markReplayed(topic: string, partition: number, offset: number, replayed = true): void {
    const letter = this.#letter(topic, partition, offset);
    if (letter) letter.replayed = replayed;
  }

  /** Newest first. */
  list({ topic, limit }: { topic?: string | undefined; limit: number }): DeadLetterView[] {
    return [...this.#topics]
      .filter(([name]) => topic === undefined || name === topic)
      .flatMap(([, { letters }]) => [...letters.values()])
      .sort((a, b) => b.record.timestamp - a.record.timestamp || b.record.offset - a.record.offset)
      .slice(0, limit)
      .map(viewOf);
  }

  #letter(topic: string, partition: number, offset: number): Letter | undefined {
    return this.#topics.get(topic)?.letters.get(placeOf(partition, offset));
  }
}

function placeOf(partition: number, offset: number): string {
  return `${partition}/${offset}`;
}

function replayTopicOf({ record, replayed }: Letter): string | undefined {
  return replayed ? undefined : headerOf(record, REPLAY_TOPIC_HEADER);
}

function viewOf(letter: Letter): DeadLetterView {
  const { record } = letter;
  const attempts = Number(headerOf(record, ATTEMPTS_HEADER));
  return {
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    key: record.key,
    // A character of UTF-8 has 4 bytes at most: the rest need not be decoded to be left out.
    value:
      record.value
        ?.subarray(0, 4 * SHOWN_CHARACTERS)
        .toString()
        .slice(0, SHOWN_CHARACTERS) ?? null,
    at: rfc3339(record.timestamp),
    origin: {
      topic: headerOf(record, DEAD_LETTER_HEADERS.topic) ?? '',
      partition: headerOf(record, DEAD_LETTER_HEADERS.partition) ?? '',
      offset: headerOf(record, DEAD_LETTER_HEADERS.offset) ?? '',
    },
    code: headerOf(record, DEAD_LETTER_HEADERS.code) ?? '',
    message: headerOf(record, DEAD_LETTER_HEADERS.message) ?? '',
    attempts: Number.isSafeInteger(attempts) ? attempts : null,
    replayable: replayTopicOf(letter) !== undefined,
  };
}
