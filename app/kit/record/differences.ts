import { rfc3339 } from '../../../contracts/clock.ts';
import type { Outcome, Told } from './outcome.ts';

/** How a replay differs from its recording in one notification. */
export type Difference =
  /** It was recorded, and did not come again. */
  | { readonly difference: 'missing'; readonly recorded: Outcome }
  /** It came, and was not recorded. */
  | { readonly difference: 'extra'; readonly replayed: Outcome }
  /** It came again, but not alike: `changes` names what is another, before and now. */
  | {
      readonly difference: 'changed';
      readonly recorded: Outcome;
      readonly replayed: Outcome;
      readonly changes: readonly Change[];
    };

export interface Change {
  /** `time`, `incident`, `detectors`, `reason`, `email to a@b.c` */
  readonly of: string;
  readonly before: string;
  readonly now: string;
}

export interface Comparison {
  readonly recorded: readonly Outcome[];
  readonly replayed: readonly Outcome[];
  /** How far two times of the same notification may be apart, in milliseconds. */
  readonly toleranceMs: number;
  /** Ids of notifications that only one of the two may have: they count where they are in both, and are alike. */
  readonly mayBeMissing: ReadonlySet<string>;
  readonly mayBeExtra: ReadonlySet<string>;
}

/**
 * What a replay tells otherwise than its recording. Notifications are the same where kind, subject and change are; of
 * several, the ones nearest in time. Ids are not compared, since they come of where records stand in their log, but which
 * notifications are of one incident is.
 */
export function differencesOf({ recorded, replayed, toleranceMs, mayBeMissing, mayBeExtra }: Comparison): Difference[] {
  const { pairs, missing, extra } = pairUp(recorded, replayed, toleranceMs);
  const incidents = new Incidents(pairs);
  const changed = pairs.flatMap(([before, now]): Difference[] => {
    const changes = changesOf(before, now, toleranceMs, incidents);
    return changes.length > 0 ? [{ difference: 'changed', recorded: before, replayed: now, changes }] : [];
  });
  const differences: Difference[] = [
    ...missing
      .filter(({ id }) => !mayBeMissing.has(id))
      .map((outcome) => ({ difference: 'missing' as const, recorded: outcome })),
    ...extra
      .filter(({ id }) => !mayBeExtra.has(id))
      .map((outcome) => ({ difference: 'extra' as const, replayed: outcome })),
    ...changed,
  ];
  return differences.sort((a, b) => timeOf(a) - timeOf(b));
}

type Pair = readonly [recorded: Outcome, replayed: Outcome];

/** First those whose times agree, so that one that is missing does not push all after it out of place; then the rest in order. */
function pairUp(recorded: readonly Outcome[], replayed: readonly Outcome[], toleranceMs: number) {
  const pairs: Pair[] = [];
  const left = new Map<string, Outcome[]>();
  for (const outcome of replayed) left.set(nameOf(outcome), [...(left.get(nameOf(outcome)) ?? []), outcome]);
  const take = (outcome: Outcome, withinMs: number): boolean => {
    const candidates = left.get(nameOf(outcome)) ?? [];
    const distance = (other: Outcome) => Math.abs(other.at - outcome.at);
    const nearest = candidates.toSorted((a, b) => distance(a) - distance(b))[0];
    if (!nearest || distance(nearest) > withinMs) return false;
    candidates.splice(candidates.indexOf(nearest), 1);
    pairs.push([outcome, nearest]);
    return true;
  };
  const unpaired = recorded.filter((outcome) => !take(outcome, toleranceMs));
  const missing = unpaired.filter((outcome) => !take(outcome, Number.POSITIVE_INFINITY));
  return { pairs, missing, extra: [...left.values()].flat() };
}

function nameOf({ kind, subject, change }: Outcome): string {
  return JSON.stringify([kind, subject, change]);
}

/** Which incident of the replay is which of the recording: the one that its first notification is of. */
class Incidents {
  readonly #replayedAs = new Map<string, string>();
  readonly #taken = new Set<string>();

  constructor(pairs: readonly Pair[]) {
    for (const [recorded, replayed] of [...pairs].sort(([a], [b]) => a.at - b.at)) {
      if (this.#replayedAs.has(recorded.incident) || this.#taken.has(replayed.incident)) continue;
      this.#replayedAs.set(recorded.incident, replayed.incident);
      this.#taken.add(replayed.incident);
    }
  }

  same(recorded: Outcome, replayed: Outcome): boolean {
    return this.#replayedAs.get(recorded.incident) === replayed.incident;
  }
}

function changesOf(before: Outcome, now: Outcome, toleranceMs: number, incidents: Incidents): Change[] {
  const changes: Change[] = [];
  const compare = (of: string, a: string, b: string) => {
    if (a !== b) changes.push({ of, before: a, now: b });
  };
  if (Math.abs(now.at - before.at) > toleranceMs)
    changes.push({ of: 'time', before: rfc3339(before.at), now: rfc3339(now.at) });
  if (!incidents.same(before, now)) changes.push({ of: 'incident', before: before.incident, now: now.incident });
  compare('detectors', before.detectors.join(', '), now.detectors.join(', '));
  compare('reason', lasting(before.reason), lasting(now.reason));
  const [was, is] = [wordsByRecipient(before.told), wordsByRecipient(now.told)];
  for (const name of new Set([...was.keys(), ...is.keys()])) {
    compare(name, was.get(name) ?? 'not told', is.get(name) ?? 'not told');
  }
  return changes;
}

function wordsByRecipient(told: readonly Told[]): Map<string, string> {
  return new Map(told.map(({ channel, to, words }) => [`${channel} to ${to}`, lasting(words)]));
}

/** Words without what is another each time: ids, and times of day, which have a tolerance of their own. */
function lasting(words: string): string {
  return words
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '…')
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '…');
}

function timeOf(difference: Difference): number {
  return (difference.difference === 'extra' ? difference.replayed : difference.recorded).at;
}
