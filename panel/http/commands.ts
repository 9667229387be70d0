import { type Clock, sleep } from '../../contracts/clock.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';
import type { RecordSink } from '../../transport/kafka/types.ts';

/** How long a caller is kept waiting for Kafka. */
const PATIENCE_MS = 10_000;

/** Whoever stands at the panel: the API has no login, so it cannot know more. */
export const OPERATOR = 'operator/panel';

/** Writes records, for a caller who waits: what Kafka does not acknowledge in time ends as NOT_READY. */
export class CommandWriter {
  readonly #sink: RecordSink;
  readonly #wireClock: Clock;

  constructor({ sink, wireClock }: { sink: RecordSink; wireClock: Clock }) {
    this.#sink = sink;
    this.#wireClock = wireClock;
  }

  /** @throws SmokewireError NOT_READY; the record may then still be written later. */
  async write(record: OutRecord): Promise<void> {
    const done = new AbortController();
    const late = sleep(this.#wireClock, 'http-command', PATIENCE_MS, done.signal).then(() => 'late' as const);
    const outcome = await Promise.race([this.#sink.send([record]), late]).finally(() => done.abort());
    if (outcome !== 'late') return;
    throw new SmokewireError(
      'NOT_READY',
      'Kafka has not taken the command yet; it may still do so: look before you repeat it',
    );
  }
}
