import { SmokewireError } from '../../../contracts/errors.ts';
import { startSite } from '../../start-site.ts';
import { check, type Verdict } from './check.ts';
import { timeInWords } from './fields.ts';
import type { Happening } from './happenings.ts';
import { Observer } from './observer.ts';
import type { Scenario, Step } from './parse.ts';

export interface RunOptions {
  /** Lets the site live in the machine's time, in which a scenario takes as long as it says. */
  readonly realTime?: boolean;
  /** In place of the scenario's. */
  readonly seed?: string | undefined;
  /** Ends the run before its time. */
  readonly signal?: AbortSignal;
}

/** A scenario as it went; times are milliseconds of the site's time since it was ready. */
export interface ScenarioRun {
  readonly held: boolean;
  readonly acts: readonly { readonly at: number; readonly words: string }[];
  readonly happenings: readonly Happening[];
  readonly verdicts: readonly Verdict[];
  /** How far the messages got that were missed, by what they are about. */
  readonly stories: ReadonlyMap<string, string>;
}

/** How much of the site's time passes before it is looked whether the run is to end, in milliseconds. */
const SLICE_MS = 1_000;

/**
 * Starts the scenario's site, does what its timeline says, and holds what happened against what it expects. A site that does
 * not start, or breaks on the way, throws. @throws SmokewireError STOPPED where the signal ended it
 */
export async function runScenario(
  scenario: Scenario,
  { realTime = false, seed, signal }: RunOptions = {},
): Promise<ScenarioRun> {
  const observer = new Observer();
  const { settings, delivery } = scenario.site;
  const site = await startSite({
    clock: realTime ? 'real' : 'virtual',
    ...settings,
    ...delivery,
    ...(seed !== undefined && { seed }),
    logger: observer.logger,
  });
  try {
    observer.watch(site);
    const acts: { at: number; words: string }[] = [];
    const refusals: Verdict[] = [];
    const passUntil = async (at: number) => {
      while (observer.now < at) {
        if (signal?.aborted)
          throw new SmokewireError('STOPPED', `the scenario was stopped at ${timeInWords(observer.now)}`);
        await site.clock.advance(Math.min(SLICE_MS, at - observer.now));
      }
    };
    for (const step of scenario.timeline) {
      await passUntil(step.at);
      const at = observer.now;
      acts.push({ at, words: step.act.words });
      refusals.push(...judge(step, at, await refusal(() => step.act.perform(site))));
    }
    await passUntil(scenario.until);
    const happenings = observer.happenings();
    const verdicts = [...refusals, ...check(scenario, happenings)];
    const held = verdicts.every((verdict) => verdict.held);
    const missed = new Set(verdicts.filter((verdict) => !verdict.held).flatMap(({ about }) => about ?? []));
    const stories = new Map<string, string>();
    for (const about of missed) stories.set(about, await site.story(about));
    return { held, acts, happenings, verdicts, stories };
  } finally {
    await site.stop();
  }
}

/** With what the site refuses an act; undefined where it does not. */
async function refusal(act: () => Promise<unknown>): Promise<SmokewireError | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (error instanceof SmokewireError) return error;
    throw error;
  }
}

/** Nothing to say where an act was simply done. */
function judge({ act, refused }: Step, at: number, error: SmokewireError | undefined): Verdict[] {
  if (refused === undefined && error === undefined) return [];
  const came = error ? `it was refused with ${error.code}: ${error.message}` : 'it was done';
  const held = error?.code === refused;
  const words = `${act.words}: ${refused === undefined ? 'done' : `refused with ${refused}`}`;
  return [{ kind: 'refused', held, at, words, details: held ? [] : [came], about: undefined }];
}
