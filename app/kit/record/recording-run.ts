import { LineFile, linesOfFile } from './files.ts';
import type { Lines } from './read-recording.ts';
import { Recorder, type RecorderOptions, type RecordingSummary } from './recorder.ts';
import { type ReplayOptions, type ReplayResult, replayRecording } from './replay.ts';

/** A recording that is being made. */
export interface Recording {
  /** Ends it with what has come until now, once it is known what that brings about. Must be called before the site stops. */
  stop(): Promise<RecordedRun>;
}

/** A recording that is made: in memory, until it is saved. */
export interface RecordedRun extends RecordingSummary {
  readonly lines: Lines;
  /** Writes it as a file for `replay`. @throws SmokewireError FILE_INVALID */
  save(path: string): Promise<void>;
}

/** A recording of which nothing is kept in a file until it is saved: for tests, which are short. */
export class RunRecorder implements Recording {
  readonly #written: string[] = [];
  readonly #recorder: Recorder;

  constructor(options: Omit<RecorderOptions, 'write'>) {
    this.#recorder = new Recorder({ ...options, write: (line) => void this.#written.push(line) });
  }

  /** Resolves when the recording has begun. */
  start(): Promise<void> {
    return this.#recorder.start();
  }

  async stop(): Promise<RecordedRun> {
    const summary = await this.#recorder.stop();
    const written = this.#written;
    return { ...summary, lines: () => eachOf(written), save: (path) => save(written, path) };
  }

  /** Gives it up. */
  cancel(): Promise<void> {
    return this.#recorder.cancel();
  }
}

/**
 * Drives today's code with a recording, in virtual time and without telling anybody, and compares what it tells with what
 * was told. @throws SmokewireError FILE_INVALID, which names all the problems of the file, each with its line
 */
export function replay(
  recording: string | Pick<RecordedRun, 'lines'>,
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  return replayRecording(typeof recording === 'string' ? linesOfFile(recording) : recording.lines, options);
}

async function* eachOf(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

async function save(lines: readonly string[], path: string): Promise<void> {
  const file = await LineFile.create(path);
  for (const line of lines) file.write(line);
  await file.end();
}
