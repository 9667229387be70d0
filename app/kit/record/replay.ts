import type { InRecord, OutRecord } from '../../../contracts/kafka-records.ts';
import type { Logger } from '../../../contracts/logger.ts';
import { silentLogger } from '../../logger.ts';
import { type Difference, differencesOf } from './differences.ts';
import { Outcomes } from './outcome.ts';
import { checkRecording, type Lines, linesOf, type RecordingOverview } from './read-recording.ts';
import { bytesOf, type MomentLine, outRecordOf, type RecordedSettings, type RecordLine } from './recording.ts';
import { ReplaySite } from './replay-site.ts';
import { ValveAnswers } from './valve-answers.ts';

export interface ReplayOptions {
  /** In place of the recorded ones. */
  readonly settings?: Partial<RecordedSettings>;
  /** How far apart the times of a notification may be, in milliseconds; default 1 s, since a recording in real time has a way of its own to go. */
  readonly toleranceMs?: number;
  readonly logger?: Logger;
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
 * @throws SmokewireError FILE_INVALID, which tells all the problems, each with its line
 */
export async function replayRecording(lines: Lines, options: ReplayOptions = {}): Promise<ReplayResult> {
  const { settings, toleranceMs = DEFAULT_TOLERANCE_MS, logger = silentLogger } = options;
  const overview = await checkRecording(lines);
  const { header, from, until } = overview;
  const drive = new Drive({ ...header.settings, ...settings }, overview.begin, logger);
  await drive.run(lines, until);
  const [recorded, replayed] = [drive.recorded.list(), drive.replayed.list()];
  return {
    overview,
    recorded: recorded.filter(({ at }) => at <= until).length,
    replayed: replayed.filter(({ at }) => at >= from).length,
    differences: differencesOf({ recorded, replayed, toleranceMs, from, until }),
  };
}

/** One way through a recording. */
class Drive {
  readonly recorded = new Outcomes();
  readonly replayed = new Outcomes();
  readonly #answers = new ValveAnswers();
  readonly #site: ReplaySite;

  constructor(settings: RecordedSettings, begin: number, logger: Logger) {
    const onOutcome = (record: InRecord) => {
      this.replayed.add(record);
      if (record.topic === 'valve-commands') this.#answers.replayed(record);
    };
    this.#site = new ReplaySite({ settings, begin, logger, onOutcome });
  }

  async run(lines: Lines, until: number): Promise<void> {
    try {
      await this.#site.start();
      await this.#go(lines);
      await this.#site.until(until);
    } finally {
      await this.#site.stop();
    }
  }

  async #go(lines: Lines): Promise<void> {
    const known: OutRecord[] = [];
    let begun = false;
    const begin = async () => {
      await this.#site.write(known);
      await this.#site.begin();
      begun = true;
    };
    const instant: MomentLine[] = [];
    for await (const line of linesOf(lines)) {
      if (line.line === 'state') known.push(stateOf(line));
      if (line.line !== 'input' && line.line !== 'outcome') continue;
      if (!begun) await begin();
      if (instant[0] && instant[0].at !== line.at) await this.#replay(instant.splice(0));
      instant.push(line);
    }
    if (!begun) await begin();
    await this.#replay(instant);
  }

  /**
   * All of one instant: first what was told, so that it is known to which commands the valves answered; then what came, in
   * its order, and what came on one topic together. An answer to a command that is not given yet waits for it.
   */
  async #replay(instant: readonly MomentLine[]): Promise<void> {
    const [first] = instant;
    if (!first) return;
    for (const line of instant) {
      if (line.line !== 'outcome') continue;
      this.recorded.add(inRecordOf(line));
      if (line.topic === 'valve-commands') this.#answers.recorded(inRecordOf(line));
    }
    const inputs = instant.filter(({ line }) => line === 'input');
    if (inputs.length === 0) return;
    await this.#site.until(Date.parse(first.at));
    const early: MomentLine[] = [];
    for (let rest = inputs; rest.length > 0; ) {
      const topic = rest[0]?.topic;
      const end = rest.findIndex((line) => line.topic !== topic);
      early.push(...(await this.#write(end < 0 ? rest : rest.slice(0, end))));
      rest = end < 0 ? [] : rest.slice(end);
    }
    await this.#write(early, true);
  }

  /** Answers with the lines for which it is too early. */
  async #write(lines: readonly MomentLine[], anyhow = false): Promise<MomentLine[]> {
    const early: MomentLine[] = [];
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

/**
 * What was known, for processors that read another log: the floor controller would step over whatever stands at or below
 * the offsets that its state includes. By their ids and times it recognises repetitions as well.
 */
function stateOf(line: RecordLine): OutRecord {
  const record = outRecordOf(line);
  if (line.topic !== 'floor-controller.state' || record.value === null) return record;
  return { ...record, value: JSON.stringify({ ...JSON.parse(record.value.toString()), offsets: {} }) };
}

/** The record of a line as a reader would have got it; where it stood in its log then says nothing now. */
function inRecordOf(line: RecordLine): InRecord {
  const { topic, partition, key, headers = {} } = line;
  const { timestamp } = outRecordOf(line);
  return { topic, partition, offset: 0, timestamp, key, value: bytesOf(line), headers };
}
