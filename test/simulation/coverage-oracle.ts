import { incidentChanged, ODDITIES, type Verdict, verdictReached } from '../../contracts/events.ts';
import type { Plan } from './detector.ts';
import { type History, WINDOWS } from './simulation.ts';
import { END_MS } from './story.ts';
import { tenuresOf } from './view.ts';
import type { Utterance } from './world.ts';

/** A verdict on its way to the correlator, and its words on theirs, ms. */
const LATE_MS = 1_500;
/** Within this a new detector is in the census, if a watchdog is there to take it, ms. */
const CENSUS_MS = 3_000;
/** What has to have happened by the end. */
const SETTLED_MS = END_MS - 12_000;
/** Fewer that are lost together are no storm. */
const LEAST = 3;

/** A silence of a detector, as it stands in `verdicts`: `[from, to)`, ms. */
interface Found {
  readonly detector: number;
  readonly incident: string;
  readonly from: number;
  readonly to: number;
  /** How long it may be held. */
  readonly holdMs: number;
  /** Whether it follows a Last Will. */
  readonly byWill: boolean;
  readonly scopes: readonly string[];
}

/** An incident as people know it, `[from, to)`. */
interface Known {
  readonly incident: string;
  readonly subject: string;
  /** One silence, all those of a detector that comes and goes, or those of many detectors. */
  readonly of: 'one' | 'flapping' | 'many';
  readonly detectors: readonly number[];
  readonly from: number;
  readonly to: number;
}

/**
 * What is wrong with what people were told of silent detectors. It knows what stood in `verdicts` and `notifications` when, and who was
 * registered where; nothing of holds, groups and states.
 */
export function coverageProblems(history: History): string[] {
  const found = foundIn(history);
  const known = knownIn(history);
  return [
    ...known.flatMap((incident) => (incident.of === 'many' ? wrongLoss(history, incident, found) : [])),
    ...known.flatMap((incident) => (incident.of === 'one' ? wrongOne(incident, found) : [])),
    ...found.flatMap((silence) => [...uncovered(history, silence, known), ...twice(silence, known)]),
    ...scattered(history, found, known),
  ];
}

function foundIn({ world }: History): Found[] {
  const first = firsts(world.said, 'verdicts');
  return [...first.values()].flatMap(({ record, appendedAt }): Found[] => {
    const verdict = verdictReached.schema.parse(JSON.parse(String(record.value)));
    const { subject, incident, change, cause, heartbeatMs } = verdict;
    if (incident === null || change !== 'opened' || !isOfSilence(cause)) return [];
    const ended = [...first.values()].find((other) => says(other, incident, 'closed'));
    return [
      {
        detector: Number(subject.split('/')[1]),
        incident,
        from: appendedAt,
        to: ended?.appendedAt ?? Number.POSITIVE_INFINITY,
        holdMs: (heartbeatMs ?? 0) + 2 * WINDOWS.canaryPeriodMs,
        byWill: cause === 'lost-connection',
        scopes: scopesOf(verdict),
      },
    ];
  });
}

/** Whether a fault is that nothing is heard of a detector, and not that something else is odd about it. */
export function isOfSilence(cause: string | undefined): boolean {
  return cause === 'silent' || cause === 'lost-connection';
}

function isOdd(cause: string | undefined): boolean {
  return ODDITIES.some((oddity) => oddity === cause);
}

function scopesOf({ floor, bridge, gateway }: Pick<Verdict, 'floor' | 'bridge' | 'gateway'>): string[] {
  return ['site', `floor/${floor}`, `bridge/${bridge}`, ...(gateway === null ? [] : [`gateway/${gateway}`])];
}

function knownIn({ world }: History): Known[] {
  const first = firsts(world.said, 'notifications');
  return [...first.values()].flatMap(({ record, appendedAt }): Known[] => {
    const data = incidentChanged.schema.parse(JSON.parse(String(record.value)));
    const { incident, subject, detectors, change, behind, cause } = data;
    if (change !== 'opened' || subject === 'pipeline' || isOdd(cause)) return [];
    const ended = [...first.values()].find((other) => says(other, incident, 'closed'));
    const to = ended?.appendedAt ?? Number.POSITIVE_INFINITY;
    const of = behind !== undefined ? 'many' : cause === 'flapping' ? 'flapping' : 'one';
    return [{ incident, subject, of, detectors, from: appendedAt, to }];
  });
}

/** The first time that each thing was said. */
function firsts(said: readonly Utterance[], topic: string): Map<string, Utterance> {
  const first = new Map<string, Utterance>();
  for (const utterance of said) {
    const { record } = utterance;
    const id = record.headers?.['ce_id'] ?? '';
    if (record.topic === topic && !first.has(id)) first.set(id, utterance);
  }
  return first;
}

function says({ record }: Utterance, incident: string, change: string): boolean {
  return String(record.value).includes(incident) && String(record.value).includes(`"change":"${change}"`);
}

/** Whether one correlator reads, and Kafka works, from `from` to `to`. */
function isCalm({ story, correlated }: History, from: number, to: number): boolean {
  if (story.kafkaOutages.some((outage) => outage.from <= to && outage.to >= from - LATE_MS)) return false;
  return correlated.some((span) => span.from < from && span.to > to);
}

function wrongOne(incident: Known, found: readonly Found[]): string[] {
  const silence = found.find((one) => one.incident === incident.incident);
  const what = `${incident.subject}, told at ${incident.from}`;
  if (!silence || silence.from > incident.from) return [`FALSE TO PEOPLE ${what}`];
  if (incident.to < silence.to) return [`CLOSED TOO EARLY TO PEOPLE ${what}`];
  if (silence.to < SETTLED_MS && incident.to > END_MS) return [`RECOVERY NOT TOLD TO PEOPLE ${what}`];
  return [];
}

function wrongLoss(history: History, incident: Known, found: readonly Found[]): string[] {
  const { subject, from, to, detectors } = incident;
  const what = `${subject}, told at ${from}, closed at ${to}: ${detectors.join(', ')}`;
  const problems: string[] = [];
  const alive = membersOf(history, subject, from - CENSUS_MS).find(
    ({ id }) =>
      isCounted(history, id, from) &&
      !found.some((silence) => silence.detector === id && silence.from <= from && silence.to > from - LATE_MS),
  );
  if (alive && isCalm(history, from - CENSUS_MS, from))
    problems.push(`FALSE LOSS ${what}: detector ${alive.id} is heard`);
  if (to > END_MS) {
    const back = detectors.find((id) => found.every((silence) => silence.detector !== id || silence.to < SETTLED_MS));
    if (back !== undefined) problems.push(`NOT BROKEN UP ${what}: detector ${back} is heard`);
  }
  return problems;
}

/** Whether a watchdog had the time to count a detector that is registered. */
function isCounted(history: History, id: number, by: number): boolean {
  return tenuresOf(history, id).some(({ from, to }) => from < by - CENSUS_MS && to > by - LATE_MS);
}

/** Who is registered in a scope since `at`; of a bridge nobody knows who moved when. */
function membersOf({ story, announced }: History, scope: string, at: number): Plan[] {
  return story.detectors.filter(({ id, floor, gateway }) => {
    const since = announced.get(id)?.[0]?.at ?? Number.POSITIVE_INFINITY;
    return since < at && (scope === 'site' || scope === `floor/${floor}` || scope === `gateway/${gateway}`);
  });
}

/** One that moved may have been silent in another scope before. */
function isOf({ scopes }: Found, scope: string): boolean {
  return scopes.includes(scope);
}

function covers(incident: Known, silence: Found): boolean {
  if (incident.of === 'one') return incident.incident === silence.incident;
  return incident.detectors.includes(silence.detector) || isOf(silence, incident.subject);
}

function uncovered(history: History, silence: Found, known: readonly Known[]): string[] {
  const covering = known.filter((incident) => covers(incident, silence));
  const at = (time: number) => covering.some(({ from, to }) => from <= time && to > time);
  const due = silence.from + silence.holdMs + LATE_MS;
  // When it has to be told, and when what stood for it is over.
  const moments = [
    ...(isCalm(history, silence.from, due) ? [due] : []),
    // A successor of the correlator that closed it may hold it once more.
    ...covering
      .filter(({ to }) => isCalm(history, to - LATE_MS, to + silence.holdMs + LATE_MS))
      .map(({ to }) => to + silence.holdMs + LATE_MS)
      .filter((moment) => moment > due),
  ].filter((moment) => moment < silence.to && moment < END_MS);
  if (silence.from < SETTLED_MS && silence.to > END_MS) moments.push(END_MS);
  const missed = moments.find((moment) => !at(moment));
  return missed === undefined
    ? []
    : [`NOBODY TOLD that detector ${silence.detector} is silent from ${silence.from} to ${silence.to}: at ${missed}`];
}

/** Nobody hears of one silence in two ways. */
function twice(silence: Found, known: readonly Known[]): string[] {
  const about = known
    .filter(({ of }) => of !== 'flapping')
    .filter(({ of, subject, detectors, incident, from, to }) =>
      of === 'many'
        ? isOf(silence, subject) && detectors.includes(silence.detector) && from < silence.to && to > silence.from
        : incident === silence.incident,
    )
    .sort((a, b) => a.from - b.from);
  return about.flatMap((incident, i) => {
    const before = about.slice(0, i).find(({ to }) => to > incident.from);
    if (!before) return [];
    return [
      `TWICE TO PEOPLE detector ${silence.detector}: ${before.subject} at ${before.from}, ${incident.subject} at ${incident.from}`,
    ];
  });
}

/** The Last Will of one alone, as far as `verdicts` said when its silence was found: that is told at once, whoever follows. */
function isAlone({ world }: History, { detector, byWill, from }: Found): boolean {
  const missing = new Set<string>();
  for (const { record, appendedAt } of world.said) {
    if (record.topic !== 'verdicts' || appendedAt >= from) continue;
    const { subject, change, cause } = verdictReached.schema.parse(JSON.parse(String(record.value)));
    if (!isOfSilence(cause)) continue;
    if (change === 'suspect' || change === 'opened') missing.add(subject);
    else missing.delete(subject);
  }
  return byWill && missing.delete(`detector/${detector}`) && missing.size < LEAST - 1;
}

/** A scope that falls silent as one, before all eyes, is one fault. */
function scattered(history: History, found: readonly Found[], known: readonly Known[]): string[] {
  const scopes = new Set(found.flatMap((silence) => silence.scopes.filter((scope) => !scope.startsWith('bridge/'))));
  return [...scopes].flatMap((scope) => {
    const members = membersOf(history, scope, END_MS).map(({ id }) => id);
    const mine = found.filter(({ detector }) => members.includes(detector)).sort((a, b) => a.from - b.from);
    return mine.flatMap((first, i) => {
      const storm = mine.slice(i, i + members.length);
      const [last] = storm.slice(-1);
      if (!last || members.length < LEAST || new Set(storm.map(({ detector }) => detector)).size < members.length)
        return [];
      const holdMs = Math.min(...storm.map((silence) => silence.holdMs));
      if (last.from > first.from + holdMs - LATE_MS || storm.some(({ to }) => to < last.from + LATE_MS + holdMs))
        return [];
      if (!isCalm(history, first.from - 5_000, first.from + holdMs + LATE_MS)) return [];
      if (storm.some((silence) => isAlone(history, silence))) return [];
      // Of scopes that overlap one may leave a single detector to the other.
      const [lone, other] = known.filter(
        ({ incident, from }) => from > last.from && storm.some((silence) => silence.incident === incident),
      );
      if (!lone || !other || storm.some(({ to }) => to < other.from)) return [];
      return [`SCATTERED ${scope}, silent from ${first.from} to ${last.from}: ${lone.subject} told at ${lone.from}`];
    });
  });
}
