import { incidentChanged, ODDITIES, type Oddity } from '../../contracts/events.ts';
import type { Heard } from './bridge.ts';
import type { Span } from './chance.ts';
import type { Plan } from './detector.ts';
import type { Odd } from './odd-plan.ts';
import { isOdd, isOver, windowsOf } from './odd-rules.ts';
import { calmSpans } from './odd-sight.ts';
import { stateOf, type ToldIncident } from './oracle.ts';
import { type History, WINDOWS } from './simulation.ts';
import { END_MS } from './story.ts';
import { View } from './view.ts';
import type { Utterance } from './world.ts';

const PERIOD = WINDOWS.canaryPeriodMs;
/** Between what a watchdog finds and what stands in `verdicts`, ms. */
const LATE_MS = 2_000;
/** What stood in `verdicts` by then has reached people by the end. */
const SETTLED_MS = END_MS - 6_000;
/** How many looks, a window and a beat apart, at what is well visible it takes until something is found, and until it is over. */
const LOOKS = {
  'wrong-floor': { toFind: 4, toEnd: 3 },
  'duplicate-id': { toFind: 4, toEnd: 18 },
  babbling: { toFind: 4, toEnd: 6 },
} as const;

/** One time that something odd stood in `verdicts`: `[from, to)`, ms. */
interface Episode extends Span {
  readonly incident: string;
  readonly opened: Moment;
  readonly closed: Moment | undefined;
}

/** How far the log had been read when something was decided, and when that was received, by the true clock. */
interface Moment {
  readonly at: number;
  /** In the detector's view. */
  readonly position: number;
}

/**
 * What is wrong with what was said of detectors that are heard. It knows what each signal really was, and of the watchdog what is
 * documented: for how many windows something has to last until it is told, and until it is over.
 */
export function oddProblems(history: History, told: readonly ToldIncident[]): string[] {
  return history.story.detectors.flatMap((plan) =>
    ODDITIES.flatMap((cause) => {
      const episodes = episodesOf(history, plan, cause, told);
      return [
        ...episodes.flatMap((episode) => wrongly(history, plan, cause, episode)),
        ...twice(plan, cause, episodes),
        ...plan.oddities.flatMap((odd) => (odd.kind === cause ? missed(history, plan, odd, episodes) : [])),
        ...forgotten(history, plan, cause, episodes),
      ];
    }),
  );
}

function episodesOf(history: History, plan: Plan, cause: Oddity, told: readonly ToldIncident[]): Episode[] {
  const mine = told.filter(({ data }) => data.subject === `detector/${plan.id}` && data.cause === cause);
  return mine.flatMap(({ data, said }): Episode[] => {
    const { incident, episode, change } = data;
    if (incident === null || change !== 'opened') return [];
    const closed = mine.find((other) => other.data.incident === incident && other.data.change === 'closed')?.said;
    // A successor may have told what was found before.
    const found = history.world.said.find((one) => notes(one, plan.id, cause, episode)) ?? said;
    return [
      {
        incident,
        opened: momentOf(history, plan, found),
        closed: closed && momentOf(history, plan, closed),
        from: said.appendedAt,
        to: closed?.appendedAt ?? Number.POSITIVE_INFINITY,
      },
    ];
  });
}

function notes({ record }: Utterance, id: number, cause: Oddity, episode: number): boolean {
  if (record.topic !== 'detector-states' || record.key !== String(id) || record.value === null) return false;
  const { oddities = [] } = JSON.parse(String(record.value));
  return oddities.some(
    (one: { cause: string; episode: number; open: boolean }) =>
      one.cause === cause && one.episode === episode && one.open,
  );
}

function momentOf(history: History, { id }: Plan, { at, cause }: Utterance): Moment {
  const view = new View(history, id);
  const position = view.positionOf(cause.partition, cause.offset) ?? view.steppedBy(at);
  return { at: view.records[position]?.heard.at ?? at, position };
}

/** Its signals by then, the last one last. */
function signalsOf(history: History, { id }: Plan, { position }: Moment): Heard[] {
  return new View(history, id).records
    .slice(0, position + 1)
    .map(({ heard }) => heard)
    .filter(({ detector }) => detector === id);
}

function wrongly(history: History, plan: Plan, cause: Oddity, { incident, opened, closed }: Episode): string[] {
  const what = `${cause} of detector ${plan.id}, ${incident}`;
  const before = signalsOf(history, plan, opened);
  const problems = isOdd(plan, cause, before, opened.at) ? [] : [`FALSELY ODD ${what}: found at ${opened.at}`];
  if (!closed) return problems;
  const since = signalsOf(history, plan, closed);
  return isOver(plan, cause, since, closed.at) ? problems : [...problems, `OVER TOO EARLY ${what}: at ${closed.at}`];
}

function twice({ id }: Plan, cause: Oddity, episodes: readonly Episode[]): string[] {
  return episodes.flatMap((episode, i) => {
    const open = episodes.slice(0, i).find(({ to }) => to > episode.from);
    return open
      ? [`ODD TWICE ${cause} of detector ${id}: ${open.incident}, and at ${episode.from} ${episode.incident}`]
      : [];
  });
}

/** What lasts long enough before everybody's eyes is told, and so is its end. */
function missed(history: History, plan: Plan, odd: Odd, episodes: readonly Episode[]): string[] {
  const { toFind, toEnd } = LOOKS[odd.kind];
  const isOpen = (at: number) => episodes.some(({ from, to }) => from <= at && to > at);
  const due = (span: Span, looks: number) => {
    const afterMs = looks * (windowsOf(plan).longest + PERIOD) + LATE_MS;
    return calmSpans(history, plan, span).flatMap(({ from, to }) => (from + afterMs < to ? [from + afterMs] : []));
  };
  const unfound = due(odd, toFind).filter((at) => !isOpen(at));
  const unended = due({ from: odd.to, to: END_MS }, toEnd).filter(isOpen);
  const what = `${odd.kind} of detector ${plan.id} from ${odd.from} to ${odd.to}`;
  return [
    ...unfound.map((at) => `ODD MISSED ${what}: not told at ${at}`),
    ...unended.map((at) => `ODD END MISSED ${what}: open at ${at}`),
  ];
}

/** In the end what was noted, what was said, and what people know agree. */
function forgotten(history: History, { id }: Plan, cause: Oddity, episodes: readonly Episode[]): string[] {
  const { story, world } = history;
  const problems: string[] = [];
  const [last] = episodes.slice(-1);
  const isOpen = episodes.some(({ to }) => to === Number.POSITIVE_INFINITY);
  const { oddities = [] } = stateOf(history, id) ?? {};
  const noted = oddities.some((one) => one.cause === cause && one.open);
  // Of two watchdogs one may have looked for a shorter time, and is still to say that it is over.
  const isBehind = noted && story.redundant;
  if (noted !== isOpen && !isBehind)
    problems.push(`ODD STATE ${cause} of detector ${id} is noted as ${noted ? 'open' : 'over'} in the end`);

  const notified = world.said
    .filter(({ record }) => record.topic === 'notifications')
    .map(({ record }) => incidentChanged.schema.parse(JSON.parse(String(record.value))))
    .filter((one) => one.subject === `detector/${id}` && one.cause === cause);
  const known = new Set(notified.filter(({ change }) => change === 'opened').map(({ incident }) => incident));
  for (const { incident, change } of notified) if (change === 'closed') known.delete(incident);
  const stranger = notified.find(({ incident }) => episodes.every((episode) => episode.incident !== incident));
  if (stranger) problems.push(`ODD TO PEOPLE ONLY ${cause} of detector ${id}: ${stranger.incident}`);
  const isSettled = last === undefined || (last.from < SETTLED_MS && (isOpen || last.to < SETTLED_MS));
  if (isSettled && known.size !== (isOpen ? 1 : 0)) {
    problems.push(`ODD TO PEOPLE ${cause} of detector ${id}: ${known.size} open in the end`);
  }
  return problems;
}
