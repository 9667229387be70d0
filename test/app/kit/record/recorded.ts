import type { RecordedSettings, RecordingLine } from '../../../../app/kit/record/recording.ts';
import { RecordingWriter } from '../../../../app/kit/record/writer.ts';
import { rfc3339 } from '../../../../contracts/clock.ts';
import type { InRecord } from '../../../../contracts/kafka-records.ts';

export const START = Date.UTC(2026, 0, 1);

export const SETTINGS: RecordedSettings = {
  site: 'hq',
  misses: 3,
  grace: 1_000,
  emailTo: ['safety@example.com'],
  smsTo: ['+15005550006'],
};

/** A signal as a reader gets it, `ms` after START. */
export function signal(ms: number, { key = '7', partition = 0, value = '0' }: Partial<Place> = {}): InRecord {
  const headers = { floor: '3', site: 'hq', bridge: 'bridge' };
  return { topic: 'signals', partition, offset: 0, timestamp: START + ms, key, value: Buffer.from(value), headers };
}

interface Place {
  readonly key: string;
  readonly partition: number;
  readonly value: string | Buffer;
}

/** A writer, and what it has written. */
export function recorded(): { writer: RecordingWriter; text: string[]; lines: () => RecordingLine[] } {
  const text: string[] = [];
  const writer = new RecordingWriter((line) => void text.push(line));
  return { writer, text, lines: () => text.map((line) => JSON.parse(line)) };
}

/** Lines of text, to be read as often as one likes. */
export function linesFrom(text: readonly string[]): () => AsyncIterable<string> {
  return async function* () {
    yield* text;
  };
}

/** How long after START a line came, in ms. */
export function after(line: RecordingLine): number | undefined {
  return 'at' in line ? Date.parse(line.at) - START : undefined;
}

export const at = (ms: number) => rfc3339(START + ms);
