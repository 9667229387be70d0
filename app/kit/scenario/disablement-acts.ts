import { z } from 'zod';
import { disablementMsSchema } from '../../../contracts/disablements.ts';
import type { Disableable } from '../../handles.ts';
import type { Site } from '../../site.ts';
import type { Act } from './acts.ts';
import { detectors, exactlyOneOf, floor, subjectInWords, time, timeInWords } from './fields.ts';

const TARGETS = { detector: detectors.optional(), floor: floor.optional() };

interface Targets {
  readonly detector?: readonly number[] | undefined;
  readonly floor?: number | undefined;
}

/** A planned silence begins. */
export const disable = exactlyOneOf(
  z.strictObject({
    ...TARGETS,
    for: time.pipe(disablementMsSchema).describe('how long, from 1s to 72h'),
    reason: z.string().min(1).max(500).optional().describe('why, for those who look it up'),
  }),
  Object.keys(TARGETS),
)
  .describe('the faults of detectors, or of all on a floor, are not told for some time')
  .transform(({ for: ms, reason, ...targets }): Act => {
    const silence = { for: ms, ...(reason !== undefined && { reason }) };
    return act(
      targets,
      (words) => `disable ${words} for ${timeInWords(ms)}`,
      (target) => target.disable(silence),
    );
  });

/** A planned silence ends. */
export const enable = exactlyOneOf(z.strictObject(TARGETS), Object.keys(TARGETS))
  .describe('ends a planned silence: what is wrong is told')
  .transform(
    (targets): Act =>
      act(
        targets,
        (words) => `enable ${words}`,
        (target) => target.enable(),
      ),
  );

function act(
  { detector = [], floor }: Targets,
  words: (about: string) => string,
  perform: (target: Disableable) => Promise<void>,
): Act {
  const subjects = [...detector.map((id) => `detector/${id}`), ...(floor === undefined ? [] : [`floor/${floor}`])];
  const targets = (site: Site) => [
    ...detector.map((id) => site.detector(id)),
    ...(floor === undefined ? [] : [site.floor(floor)]),
  ];
  return {
    words: words(subjects.map(subjectInWords).join(', ')),
    subjects,
    perform: async (site) => {
      for (const target of targets(site)) await perform(target);
    },
  };
}
