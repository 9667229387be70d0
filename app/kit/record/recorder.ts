import type { Clock, Timer } from '../../../contracts/clock.ts';
import { type InRecord, isLeftOver } from '../../../contracts/kafka-records.ts';
import type { KafkaClient } from '../../../transport/kafka/client.ts';
import { type From, TopicReader } from '../../../transport/kafka/reader.ts';
import { endsOf, handled, inTime, unfinished } from './pipeline.ts';
import { INPUT_TOPICS, OUTCOME_TOPICS, type RecordedSettings, STATE_TOPICS } from './recording.ts';
import { RecordingWriter, type WriteLine } from './writer.ts';

/** How far two readers may be apart before a record comes late into the recording, in milliseconds. */
const FLUSH_EVERY_MS = 1_000;
/** How long the end waits for what the last inputs bring about, in milliseconds. */
const DRAIN_MS = 3_000;

export interface RecorderOptions {
  readonly client: KafkaClient;
  /** The site's time. */
  readonly clock: Pick<Clock, 'now'>;
  readonly settings: RecordedSettings;
  readonly write: WriteLine;
}

/** How much was recorded. */
export interface RecordingSummary {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
  readonly inputs: number;
  readonly notifications: number;
  /** Whether everything that the inputs brought about is in it; not so where a processor is away or behind. */
  readonly complete: boolean;
}

/**
 * Records a running site from its Kafka alone. It begins where the processors would begin if they were started anew: with
 * what they remember, and with the inputs that they have not finished with. What they remember is read before the
 * outcomes are, and inputs before that: so what is told while it begins is rather recorded with its cause than without.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #writer: RecordingWriter;
  readonly #state = new Map<string, InRecord>();
  #earlier: InRecord[] = [];
  /** The next offset of each partition, as far as it is read. */
  readonly #read = new Map<string, number>();
  #reader: TopicReader | undefined;
  #flushing: Timer | undefined;
  #from = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#writer = new RecordingWriter(options.write);
  }

  /** Resolves when the recording has begun. @throws SmokewireError KAFKA_UNREACHABLE, STOPPED */
  async start(): Promise<void> {
    const { client, clock, settings } = this.#options;
    const topics = new Map<string, From>([
      ...(await unfinished(client)),
      ...STATE_TOPICS.map((topic): [string, From] => [topic, 'beginning']),
      ...OUTCOME_TOPICS.map((topic): [string, From] => [topic, 'end']),
    ]);
    const onRecord = (record: InRecord, news: boolean) => this.#take(record, news);
    this.#reader = new TopicReader({ client, name: 'recorder', topics, onRecord });
    await this.#reader.start();
    this.#from = clock.now();
    const ends = await endsOf(client);
    await this.#reader.caughtUp;
    for (const [place, end] of ends) if (!this.#read.has(place)) this.#read.set(place, end);
    this.#writer.begin(this.#from, settings);
    for (const topic of STATE_TOPICS) {
      for (const record of this.#state.values()) if (record.topic === topic) this.#writer.state(topic, record);
    }
    for (const topic of INPUT_TOPICS) {
      for (const record of this.#earlier) if (record.topic === topic) this.#writer.earlier(topic, record);
    }
    this.#state.clear();
    this.#earlier = [];
    this.#flushing = client.wireClock.every('recorder flush', FLUSH_EVERY_MS, () => this.#writer.flush());
  }

  /** Ends it with what has come until now, once it is known what that brings about. */
  async stop(): Promise<RecordingSummary> {
    const until = this.#options.clock.now();
    this.#writer.close(until);
    const complete = await this.#drained().catch(() => false);
    await this.cancel();
    this.#writer.end();
    return { from: this.#from, until, ...this.#writer.written, complete };
  }

  /** Gives sockets and timers back, without an end. */
  async cancel(): Promise<void> {
    this.#flushing?.cancel();
    await this.#reader?.stop();
  }

  #take(record: InRecord, news: boolean): void {
    const { topic, partition, offset, key } = record;
    this.#read.set(`${topic}/${partition}`, offset + 1);
    if (!news && STATE_TOPICS.some((name) => name === topic)) {
      // A tombstone of what was moved to another partition may be read after that.
      if (isLeftOver(record)) return;
      if (record.value === null) this.#state.delete(`${topic}/${key}`);
      else this.#state.set(`${topic}/${key}`, record);
      return;
    }
    if (!news) {
      this.#earlier.push(record);
      return;
    }
    const now = this.#options.clock.now();
    const input = INPUT_TOPICS.find((name) => name === topic);
    const outcome = OUTCOME_TOPICS.find((name) => name === topic);
    if (input) this.#writer.add({ line: 'input', topic: input }, record, now);
    else if (outcome) this.#writer.add({ line: 'outcome', topic: outcome }, record, now);
  }

  /** Answers whether everything is told, in time, that came in, and is recorded. */
  async #drained(): Promise<boolean> {
    const { client } = this.#options;
    const { wireClock } = client;
    const deadline = wireClock.now() + DRAIN_MS;
    if (!(await handled(client, deadline))) return false;
    const ends = [...(await endsOf(client))].filter(([place]) => this.#follows(place));
    return await inTime(wireClock, deadline, async () =>
      ends.every(([place, end]) => (this.#read.get(place) ?? 0) >= end),
    );
  }

  #follows(place: string): boolean {
    return [...INPUT_TOPICS, ...OUTCOME_TOPICS].some((topic) => place.startsWith(`${topic}/`));
  }
}
