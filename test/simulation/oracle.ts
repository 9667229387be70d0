import { type Verdict, verdictReached } from '../../contracts/events.ts';
import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import { partitionOf } from '../../transport/kafka/partition.ts';
import { coverageProblems, isOfSilence } from './coverage-oracle.ts';
import type { Plan } from './detector.ts';
import { oddProblems } from './odd-oracle.ts';
import { pipelineProblems } from './pipeline-oracle.ts';
import { type Silence, silencesOf } from './silences.ts';
import type { History } from './simulation.ts';
import { END_MS } from './story.ts';
import type { Utterance } from './world.ts';

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

function detectorProblems(history: History, plan: Plan, told: readonly ToldIncident[]): string[] {
  const problems: string[] = [];
  const partition = partitionOf(String(plan.id), PARTITIONS);
  const silences = silencesOf(history, plan, partition);
  const mine = told.filter(({ data }) => data.subject === `detector/${plan.id}` && isOfSilence(data.cause));
  const incidents = new Map<Silence, ToldIncident>();
  for (const opened of mine.filter(({ data }) => data.change === 'opened')) {
    const { offset } = decision(history, opened.data.incident)?.cause ?? opened.said.cause;
    const silence = silences.find(({ mayBeToldAt }) => offset !== undefined && mayBeToldAt.includes(offset));
    const where = `${opened.data.incident}, told at ${opened.said.at} by ${opened.said.cause.process} at offset ${offset}: ${opened.data.reason}`;
    if (!silence) problems.push(`FALSE detector ${plan.id}: ${where}`);
    else if (incidents.has(silence)) problems.push(`TWICE detector ${plan.id}: ${where}`);
    else incidents.set(silence, opened);
  }
  for (const silence of silences) {
    const opened = incidents.get(silence);
    const since = `detector ${plan.id}, silent since ${silence.since} (offset ${silence.after})`;
    if (!opened && silence.mustBeToldAt !== undefined) {
      problems.push(`MISSED ${since}: to be told at offset ${silence.mustBeToldAt}`);
    }
    if (!opened) continue;
    const closed = mine.find(({ data }) => data.change === 'closed' && data.incident === opened.data.incident);
    const last = closed?.said.cause.offset ?? Number.POSITIVE_INFINITY;
    if (closed && (silence.endedAt === undefined || last < silence.endedAt))
      problems.push(`RECOVERED TOO EARLY ${since}`);
    if (!closed && silence.endedAt !== undefined) problems.push(`RECOVERY NOT TOLD ${since}`);
  }
  const open = silences.some((silence) => silence.endedAt === undefined && incidents.has(silence));
  const state = history.world.log
    .all('detector-states')
    .filter(({ key }) => key === String(plan.id))
    .map(({ value }) => JSON.parse(String(value)))
    .at(-1);
  if (open !== (state?.state === 'silent') || open !== (typeof state?.incident === 'string')) {
    problems.push(`STATE of detector ${plan.id} is ${JSON.stringify(state)} in the end`);
  }
  return problems;
}
