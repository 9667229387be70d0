import { SmokewireError } from '../../../contracts/errors.ts';
import { jsonOf } from '../record/read-recording.ts';
import { SECTIONS } from './sections.ts';
import { type Walk, walkSchema } from './walk.ts';

/** What of one kind of thing was exercised, and what was not. */
export interface SectionReport {
  readonly name: string;
  readonly title: string;
  readonly exercised: readonly string[];
  readonly missing: readonly string[];
}

/** What the sites of a suite exercised, taken together. */
export interface WalkReport {
  readonly sites: number;
  readonly exercised: number;
  readonly total: number;
  /** In percent, rounded down to a tenth: what is not reached does not look as if it was. 100 where there is nothing. */
  readonly percent: number;
  readonly sections: readonly SectionReport[];
}

/** More problems than this are counted, and not told: it is the wrong file. */
const MOST_PROBLEMS = 50;

/** Reads the notes of a suite's sites. @throws SmokewireError FILE_INVALID, which tells all the problems, each with file and line */
export function parseWalks(files: readonly { readonly path: string; readonly text: string }[]): Walk[] {
  const walks: Walk[] = [];
  const problems: string[] = [];
  for (const { path, text } of files) {
    for (const [i, line] of text.split('\n').entries()) {
      if (line.trim() === '') continue;
      const parsed = walkSchema.safeParse(jsonOf(line));
      if (parsed.success) walks.push(parsed.data);
      else
        problems.push(
          ...parsed.error.issues.map(
            ({ path: at, message }) => `${path}:${i + 1}: ${at.join('.') || 'the line'}: ${message}`,
          ),
        );
    }
  }
  if (problems.length === 0) return walks;
  const more = problems.length > MOST_PROBLEMS ? [`and ${problems.length - MOST_PROBLEMS} more`] : [];
  throw new SmokewireError('FILE_INVALID', [...problems.slice(0, MOST_PROBLEMS), ...more].join('\n'));
}

/** Each thing counts once, however many sites had it, and however many exercised it. */
export function walkReport(walks: readonly Walk[]): WalkReport {
  const ids = (of: (walk: Walk) => readonly number[]) => [...new Set(walks.flatMap(of))].sort((a, b) => a - b);
  const together = {
    detectors: ids(({ detectors }) => detectors),
    floors: ids(({ floors }) => floors),
    lamps: [...new Set(walks.flatMap(({ lamps }) => lamps))].sort(),
  };
  const sections = Object.entries(SECTIONS).map(([name, { title, all }]) => {
    const done = new Set(walks.flatMap(({ exercised }) => exercised[name] ?? []));
    const things = all(together);
    return {
      name,
      title,
      exercised: things.filter((thing) => done.has(thing)),
      missing: things.filter((thing) => !done.has(thing)),
    };
  });
  const exercised = sections.reduce((sum, section) => sum + section.exercised.length, 0);
  const total = sections.reduce((sum, section) => sum + section.missing.length, exercised);
  return { sites: walks.length, exercised, total, percent: percentOf(exercised, total), sections };
}

/** Rounded down to a tenth. */
export function percentOf(part: number, whole: number): number {
  return whole === 0 ? 100 : Math.floor((1_000 * part) / whole) / 10;
}
