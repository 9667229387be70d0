import type { z } from 'zod';
import { SmokewireError } from '../../../contracts/errors.ts';
import { lineSchema, type MomentLine, type RecordingHeader, type RecordingLine } from './recording.ts';

/** A recording as its lines, which can be gone through more than once. */
export type Lines = () => AsyncIterable<string>;

/** What a recording is about, once it is known that all of it can be read. Times in milliseconds since the epoch. */
export interface RecordingOverview {
  readonly header: RecordingHeader;
  readonly from: number;
  readonly until: number;
  readonly inputs: number;
}

/** The parts of a recording between its header and its end. */
const PARTS = ['state', 'earlier', 'moments'] as const;

/** More problems than this are counted, and not told: it is the wrong file. */
const MOST_PROBLEMS = 50;

/**
 * Goes through all of a recording and keeps next to nothing of it.
 * @throws SmokewireError FILE_INVALID, which tells all the problems, each with its line
 */
export async function checkRecording(lines: Lines): Promise<RecordingOverview> {
  const check = new Check();
  let number = 0;
  for await (const text of lines()) check.line(++number, text);
  return check.overview(number);
}

/** The lines of a recording that was checked. */
export async function* linesOf(lines: Lines): AsyncGenerator<RecordingLine> {
  for await (const text of lines()) yield lineSchema.parse(JSON.parse(text));
}

class Check {
  readonly #problems: string[] = [];
  #unnamed = 0;
  #header: RecordingHeader | undefined;
  /** The kind of the last record, of those that stand in this order. */
  #part: (typeof PARTS)[number] = 'state';
  #last = 0;
  #inputs = 0;
  #until: number | undefined;

  line(number: number, text: string): void {
    const problem = (words: string) => {
      if (this.#problems.length < MOST_PROBLEMS) this.#problems.push(`line ${number}: ${words}`);
      else this.#unnamed++;
    };
    const parsed = lineSchema.safeParse(jsonOf(text));
    if (!parsed.success) {
      for (const issue of parsed.error.issues) problem(describe(issue));
      return;
    }
    const line = parsed.data;
    if (line.line === 'recording') {
      if (number > 1) problem('a second header');
      else this.#header = line;
      this.#last = Date.parse(line.from);
      return;
    }
    if (number === 1) problem('this is no recording: the first line has to be its header');
    if (this.#until !== undefined) problem('comes after the end');
    if (line.line === 'end') {
      this.#until = Date.parse(line.until);
      return;
    }
    if ((line.value === undefined) === (line.base64 === undefined)) problem('has to have either value or base64');
    const part = line.line === 'state' || line.line === 'earlier' ? line.line : 'moments';
    if (PARTS.indexOf(part) < PARTS.indexOf(this.#part))
      problem(`a line of kind ${line.line} stands before those that came`);
    else this.#part = part;
    if ('at' in line) this.#moment(line, problem);
  }

  overview(lines: number): RecordingOverview {
    if (lines === 0) this.#problems.push('line 1: the file is empty');
    else if (this.#until === undefined)
      this.#problems.push(`line ${lines}: the end is missing: the recording was cut off`);
    const more = this.#unnamed > 0 ? [`and ${this.#unnamed} more`] : [];
    const header = this.#header;
    if (!header || this.#problems.length > 0) {
      throw new SmokewireError('FILE_INVALID', [...this.#problems, ...more].join('\n'));
    }
    const from = Date.parse(header.from);
    return { header, from, until: this.#until ?? from, inputs: this.#inputs };
  }

  #moment({ line, at }: MomentLine, problem: (words: string) => void): void {
    const time = Date.parse(at);
    if (time < this.#last)
      problem(`${at} is before the line ahead of it: a recording runs in the order of its instants`);
    this.#last = Math.max(this.#last, time);
    if (line === 'input') this.#inputs++;
  }
}

/** Undefined where it is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describe({ path, message, input }: z.core.$ZodIssue): string {
  if (path.length === 0 && input === undefined) return 'is not JSON';
  return `${path.join('.') || 'the line'}: ${message}`;
}
