import { detectorStateChanged, type Verdict, verdictReached } from '../../contracts/events.ts';
import { partitionOf } from '../../transport/kafka/partition.ts';
import { coverageProblems, isOfSilence } from './coverage-oracle.ts';
import type { Plan } from './detector.ts';
import { oddProblems } from './odd-oracle.ts';
import { pipelineProblems } from './pipeline-oracle.ts';
import { type Silence, silencesOf } from './silences.ts';
import type { History } from './simulation.ts';
import { END_MS } from './story.ts';
import { View } from './view.ts';
import type { Utterance } from './world.ts';

/** The tables that are keyed by detector. */
const GROWING = ['detectors', 'presence', 'detector-states'] as const;

/** The first time that a watchdog told of a fault's opening or closing. */
export interface ToldIncident {
  readonly data: Verdict;
  readonly ceId: string;
  readonly said: Utterance;
}

/**
 * What is wrong with what the watchdogs said, a line for each; nothing where all is well. It knows the truth of the simulation, and
 * nothing of how a watchdog thinks: who was heard when, what ailed whom, how long the canaries sang.
 */
export function problemsOf(history: History): string[] {
  const told = firstTold(history.world.said);
  return [
    ...unread(history),
    ...misplaced(history),
    ...history.story.detectors.flatMap((plan) => detectorProblems(history, plan, told)),
    ...oddProblems(history, told),
    ...pipelineProblems(history, told),
    ...coverageProblems(history),
  ];
}

/** When a watchdog first spoke of an incident, be it in a note to itself. */
export function decision({ world }: History, incident: string | null): Utterance | undefined {
  return incident === null ? undefined : world.said.find(({ record }) => record.value?.includes(incident));
}

function firstTold(said: readonly Utterance[]): ToldIncident[] {
  const seen = new Set<string>();
  return said.flatMap((utterance): ToldIncident[] => {
    if (utterance.record.topic !== 'verdicts') return [];
    const data = verdictReached.schema.parse(JSON.parse(String(utterance.record.value)));
    if (data.incident === null) return [];
    const ceId = utterance.record.headers?.['ce_id'] ?? '';
    if (seen.has(ceId)) return [];
    seen.add(ceId);
    return [{ data, ceId, said: utterance }];
  });
}

/** In the end everything has to be read, or the rest proves nothing. */
function unread({ heard, world }: History): string[] {
  return heard.flatMap((records, partition) => {
    const missed = records.findIndex(
      ({ appendedAt }, offset) => appendedAt < END_MS - 2_000 && world.steppedAt[partition]?.[offset] === undefined,
    );
    return missed < 0 ? [] : [`partition ${partition} was never read beyond offset ${missed - 1}`];
  });
}

/** What was noted of a detector last. */
export function stateOf({ world: { log } }: History, id: number) {
  const home = partitionOf(String(id), log.partitionsOf('detector-states'));
  const record = log.all('detector-states').findLast(({ key, partition }) => key === String(id) && partition === home);
  return record && detectorStateChanged.schema.parse(JSON.parse(String(record.value)));
}

/** In the end each key stands where it belongs, and nowhere else: in this world nobody is taken out of the registry. */
function misplaced({ world: { log } }: History): string[] {
  return GROWING.flatMap((topic) => {
    const newest = new Map(log.all(topic).map((record) => [`${record.partition}/${record.key}`, record]));
    return [...newest.values()].flatMap(({ partition, key, value }) => {
      if (!/^\d+$/.test(String(key))) return [];
      const isHome = partitionOf(String(key), log.partitionsOf(topic)) === partition;
      if (isHome === (value !== null)) return [];
      return [`${isHome ? 'LOST from' : 'LEFT BEHIND in'} partition ${partition} of ${topic}: detector ${key}`];
    });
  });
}

function place({ records }: View, position: number): string {
  const { partition, offset } = records[position] ?? {};
  return `${partition}/${offset}`;
}

function detectorProblems(history: History, plan: Plan, told: readonly ToldIncident[]): string[] {
  const problems: string[] = [];
  const view = new View(history, plan.id);
  const silences = silencesOf(history, plan);
  const mine = told.filter(({ data }) => data.subject === `detector/${plan.id}` && isOfSilence(data.cause));
  const incidents = new Map<Silence, ToldIncident>();
  for (const opened of mine.filter(({ data }) => data.change === 'opened')) {
    const { partition, offset } = decision(history, opened.data.incident)?.cause ?? opened.said.cause;
    const position = view.positionOf(partition, offset);
    const silence = silences.find(({ mayBeToldAt }) => position !== undefined && mayBeToldAt.includes(position));
    const where = `${opened.data.incident}, told at ${opened.said.at} by ${opened.said.cause.process} at ${partition}/${offset}: ${opened.data.reason}`;
    if (!silence) problems.push(`FALSE detector ${plan.id}: ${where}`);
    else if (incidents.has(silence)) problems.push(`TWICE detector ${plan.id}: ${where}`);
    else incidents.set(silence, opened);
  }
  for (const silence of silences) {
    const opened = incidents.get(silence);
    const since = `detector ${plan.id}, silent since ${silence.since} (position ${silence.after})`;
    if (!opened && silence.mustBeToldAt !== undefined) {
      problems.push(`MISSED ${since}: to be told at ${place(view, silence.mustBeToldAt)}`);
    }
    if (!opened) continue;
    const closed = mine.find(({ data }) => data.change === 'closed' && data.incident === opened.data.incident);
    const last =
      closed && (view.positionOf(closed.said.cause.partition, closed.said.cause.offset) ?? Number.POSITIVE_INFINITY);
    if (last !== undefined && (silence.endedAt === undefined || last < silence.endedAt))
      problems.push(`RECOVERED TOO EARLY ${since}`);
    if (!closed && silence.endedAt !== undefined) problems.push(`RECOVERY NOT TOLD ${since}`);
  }
  const open = silences.some((silence) => silence.endedAt === undefined && incidents.has(silence));
  const state = stateOf(history, plan.id);
  if (open !== (state?.state === 'silent') || open !== (typeof state?.incident === 'string')) {
    problems.push(`STATE of detector ${plan.id} is ${JSON.stringify(state)} in the end`);
  }
  return problems;
}
