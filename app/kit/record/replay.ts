import { z } from 'zod';
import { type Config, parseConfig } from '../../../contracts/config.ts';
import { SmokewireError } from '../../../contracts/errors.ts';
import type { InRecord, OutRecord } from '../../../contracts/kafka-records.ts';
import type { Logger } from '../../../contracts/logger.ts';
import { silentLogger } from '../../logger.ts';
import { type Difference, differencesOf } from './differences.ts';
import { type Outcome, Outcomes } from './outcome.ts';
import { checkRecording, jsonOf, type Lines, linesOf, type RecordingOverview } from './read-recording.ts';
import { bytesOf, type GivenSettings, type MomentLine, outRecordOf, type RecordLine } from './recording.ts';
import { ReplaySite } from './replay-site.ts';
import { ValveAnswers } from './valve-answers.ts';

export interface ReplayOptions {
  /** In place of the recorded ones: `{ misses: 5 }`. */
  readonly settings?: GivenSettings;
  /** How far apart the times of a notification may be, in milliseconds; default 1 s, since a recording in real time has a way of its own to go. */
  readonly toleranceMs?: number;
  readonly logger?: Logger;
  /** Gives it up when it aborts. */
  readonly signal?: AbortSignal;
}

/** What came of a replay. */
export interface ReplayResult {
  readonly overview: RecordingOverview;
  /** Notifications then and now, those left out that only one of the two could have (docs/record-replay.md). */
  readonly recorded: number;
  readonly replayed: number;
  readonly differences: readonly Difference[];
}

export const DEFAULT_TOLERANCE_MS = 1_000;

/**
 * Drives today's code with a recording, in virtual time, and compares what it tells with what was told.
 * @throws SmokewireError FILE_INVALID, which tells all the problems, each with its line; CONFIG_INVALID, STOPPED
 */
export async function replayRecording(lines: Lines, options: ReplayOptions = {}): Promise<ReplayResult> {
  const { settings, toleranceMs = DEFAULT_TOLERANCE_MS, logger = silentLogger, signal } = options;
  const overview = await checkRecording(lines);
  const { header, from, until } = overview;
  const ports = { mqttPort: 0, kafkaPort: 0, smtpPort: 0, port: 0 };
  const drive = new Drive(parseConfig({ ...header.settings, ...settings, ...ports }), from, logger);
  await drive.run(lines, until, signal);
  const [recorded, replayed] = [drive.recorded.list(), drive.replayed.list()];
  // Of inputs that came too late to be in the recording.
  const mayBeMissing = idsOf(recorded.filter(({ at }) => at > until));
  // Of inputs that came before it: they were told then.
  const mayBeExtra = drive.toldBefore;
  return {
    overview,
    recorded: recorded.filter(({ id }) => !mayBeMissing.has(id)).length,
    replayed: replayed.filter(({ id }) => !mayBeExtra.has(id)).length,
    differences: differencesOf({ recorded, replayed, toleranceMs, mayBeMissing, mayBeExtra }),
  };
}

function idsOf(outcomes: readonly Outcome[]): ReadonlySet<string> {
  return new Set(outcomes.map(({ id }) => id));
}

/** One way through a recording. */
class Drive {
  readonly recorded = new Outcomes();
  readonly replayed = new Outcomes();
  /** Notifications that the replay had told before anything came. */
  toldBefore: ReadonlySet<string> = new Set();
  readonly #answers = new ValveAnswers();
  readonly #site: ReplaySite;

  constructor(config: Config, from: number, logger: Logger) {
    const onOutcome = (record: InRecord) => {
      this.replayed.add(record);
      if (record.topic === 'valve-commands') this.#answers.replayed(record);
    };
    this.#site = new ReplaySite({ config, begin: from, logger, onOutcome });
  }

  async run(lines: Lines, until: number, signal?: AbortSignal): Promise<void> {
    try {
      await this.#site.start();
      await this.#go(lines, signal);
      await this.#site.until(until);
    } finally {
      await this.#site.stop();
    }
  }

  async #go(lines: Lines, signal: AbortSignal | undefined): Promise<void> {
    const known: OutRecord[] = [];
    const earlier: RecordLine[] = [];
    let begun = false;
    const begin = async () => {
      await this.#site.write(known);
      await this.#site.begin();
      await this.#enter(earlier);
      this.toldBefore = idsOf(this.replayed.list());
      begun = true;
    };
    const instant: MomentLine[] = [];
    for await (const line of linesOf(lines)) {
      if (signal?.aborted) throw new SmokewireError('STOPPED', 'the replay was interrupted');
      if (line.line === 'state') known.push(stateOf(line));
      if (line.line === 'earlier') earlier.push(line);
      if (line.line !== 'input' && line.line !== 'outcome') continue;
      if (!begun) await begin();
      if (instant[0] && instant[0].at !== line.at) await this.#replay(instant.splice(0));
      instant.push(line);
    }
    if (!begun) await begin();
    await this.#replay(instant);
  }

  /** All of one instant: first what was told, so that it is known to which commands the valves answered. */
  async #replay(instant: readonly MomentLine[]): Promise<void> {
    for (const line of instant) {
      if (line.line !== 'outcome') continue;
      this.recorded.add(inRecordOf(line));
      if (line.topic === 'valve-commands') this.#answers.recorded(inRecordOf(line));
    }
    const [first, ...rest] = instant.filter(({ line }) => line === 'input');
    if (!first) return;
    await this.#site.until(Date.parse(first.at));
    await this.#enter([first, ...rest]);
  }

  /**
   * What comes at one instant, in its order; what comes on one topic comes together. A valve's answer to a command that is
   * not given yet waits for it.
   */
  async #enter(lines: readonly RecordLine[]): Promise<void> {
    const early: RecordLine[] = [];
    let together: RecordLine[] = [];
    for (const line of lines) {
      if (together[0] && together[0].topic !== line.topic) {
        early.push(...(await this.#write(together)));
        together = [];
      }
      together.push(line);
    }
    early.push(...(await this.#write(together)));
    await this.#write(early, true);
  }

  /** Answers with the lines for which it is too early. */
  async #write(lines: readonly RecordLine[], anyhow = false): Promise<RecordLine[]> {
    const early: RecordLine[] = [];
    const records = lines.flatMap((line) => {
      const record = outRecordOf(line);
      if (line.topic !== 'valve-states') return [record];
      const answer = this.#answers.translate(record, inRecordOf(line));
      if (!answer && !anyhow) early.push(line);
      return answer ?? (anyhow ? [record] : []);
    });
    if (records.length > 0) await this.#site.write(records);
    return early;
  }
}

/** What a state of the floor controller looks like from outside. */
const floorStateSchema = z.looseObject({ offsets: z.unknown() });

/**
 * What was known, for processors that read another log: the floor controller would step over whatever stands at or below
 * the offsets that its state includes. By their ids and times it recognises repetitions as well.
 */
function stateOf(line: RecordLine): OutRecord {
  const record = outRecordOf(line);
  if (line.topic !== 'floor-controller.state') return record;
  const { success, data } = floorStateSchema.safeParse(jsonOf(line.value ?? ''));
  return success ? { ...record, value: JSON.stringify({ ...data, offsets: {} }) } : record;
}

/** The record of a line as a reader would have got it; where it stood in its log then says nothing now. */
function inRecordOf(line: RecordLine): InRecord {
  const { topic, partition, key, headers = {} } = line;
  const { timestamp } = outRecordOf(line);
  return { topic, partition, offset: 0, timestamp, key, value: bytesOf(line), headers };
}
