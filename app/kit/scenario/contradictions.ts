import { type Config, parseConfig } from '../../../contracts/config.ts';
import { messageOf } from '../../../contracts/errors.ts';
import { subjectInWords, timeInWords } from './fields.ts';
import type { Outline } from './schema.ts';
import { windowOf } from './window.ts';

/** What is wrong with a file, and where in it. */
export interface Complaint {
  readonly path: readonly PropertyKey[];
  /** The key of the object at `path` that it is about, where it is not about the value. */
  readonly key?: string;
  readonly message: string;
}

/** What each line says well and the file says ill: things that the site does not have, and times that do not fit together. */
export function contradictions(file: Outline): Complaint[] {
  const site = siteOf(file);
  return [
    ...(Array.isArray(site) ? site : strangers(file, site)),
    ...disorder(file),
    ...(file.until === undefined ? [] : misfits(file, file.until)),
  ];
}

/** The site's configuration, or what is wrong with it. */
function siteOf({ site }: Outline): Config | Complaint[] {
  try {
    return parseConfig(site?.settings ?? {});
  } catch (error) {
    return messageOf(error)
      .split('\n')
      .map((message) => ({ path: ['site'], message }));
  }
}

/** Detectors and floors that the site does not have. */
function strangers({ timeline, expect, forbid, allow }: Outline, { detectors, floors }: Config): Complaint[] {
  const most = new Map([
    ['detector', detectors],
    ['floor', floors],
    ['valve', floors],
  ]);
  const stranger = (subject: string, path: Complaint['path']): Complaint[] => {
    const [kind = '', number] = subject.split('/');
    const count = most.get(kind) ?? Number.POSITIVE_INFINITY;
    if (!(Number(number) > count)) return [];
    return [{ path, message: `there is no ${subjectInWords(subject)}: the site has ${count}` }];
  };
  const acts = timeline.flatMap((step, i) => step?.act.subjects.flatMap((one) => stranger(one, ['timeline', i])) ?? []);
  const lists = { expect, forbid, allow };
  const patterns = (['expect', 'forbid', 'allow'] as const).flatMap((name) =>
    lists[name].flatMap((entry, i) => {
      const subjects = new Set(entry?.patterns.flatMap(({ about }) => about ?? []));
      return [...subjects].flatMap((one) => stranger(one, [name, i]));
    }),
  );
  return [...acts, ...patterns];
}

/** A timeline goes forward. */
function disorder({ timeline }: Outline): Complaint[] {
  let latest = 0;
  return timeline.flatMap((step, i) => {
    if (!step) return [];
    const before = latest;
    latest = Math.max(latest, step.at);
    if (step.at >= before) return [];
    const message = `${timeInWords(step.at)} comes after ${timeInWords(before)}: write the timeline in the order of time`;
    return [{ path: ['timeline', i, 'at'], message }];
  });
}

/** What happens, or is waited for, when the scenario is over; and windows that are none. */
function misfits({ timeline, expect, forbid }: Outline, until: number): Complaint[] {
  const late = timeline.flatMap((step, i) => {
    if (!step || step.at <= until) return [];
    const message = `${timeInWords(step.at)} is after the end of the scenario: until is ${timeInWords(until)}`;
    return [{ path: ['timeline', i, 'at'], message }];
  });
  const instants = timeline.flatMap((step) => step?.at ?? []);
  const lists = { expect, forbid };
  const windows = (['expect', 'forbid'] as const).flatMap((name) =>
    lists[name].flatMap((entry, i) => {
      const problem = entry && windowOf(entry.window, { instants, until }).problem;
      return problem === undefined ? [] : [{ path: [name, i], message: problem }];
    }),
  );
  return [...late, ...windows];
}
