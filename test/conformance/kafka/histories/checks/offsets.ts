import type { Commit, History, Look, TransactionEnd } from '../history.ts';
import { verdictOf } from './transactions.ts';

/**
 * What is committed for a partition is a register: whoever looks sees the last commit, never one that another had replaced
 * before. One whose outcome is unknown counts from when it was first seen.
 */
export function* offsetFaults({ commits, looks, ends }: History): Generator<string> {
  for (const [place, seen] of byPlace(looks)) {
    yield* registerFaults(place, seen, byPlace(commits).get(place) ?? [], ends);
  }
}

function byPlace<T extends { group: string; partition: number }>(all: readonly T[]): Map<string, T[]> {
  const places = new Map<string, T[]>();
  for (const one of all) {
    const place = `${one.group}/${one.partition}`;
    places.set(place, [...(places.get(place) ?? []), one]);
  }
  return places;
}

interface Write {
  readonly id: string | null;
  readonly begin: number;
  /** When it had certainly taken effect; `Infinity` as long as it need not have. */
  readonly by: number;
}

const NOTHING: Write = { id: null, begin: -1, by: 0 };

function* registerFaults(
  place: string,
  looks: readonly Look[],
  commits: readonly Commit[],
  ends: readonly TransactionEnd[],
): Generator<string> {
  const firstSeen = new Map<string | null, number>();
  for (const { id, end } of looks) firstSeen.set(id, Math.min(end, firstSeen.get(id) ?? Number.POSITIVE_INFINITY));
  const effective = new Map<string, Commit>();
  for (const commit of commits) if (becameOf(commit, ends) !== 'refused') effective.set(commit.id, commit);
  const writes: Write[] = [...effective.values()].map((commit) => {
    const end = ends.find(({ transaction }) => transaction === commit.transaction)?.end ?? commit.end;
    const known = becameOf(commit, ends) === 'acknowledged' ? end : Number.POSITIVE_INFINITY;
    return { id: commit.id, begin: commit.begin, by: Math.min(known, firstSeen.get(commit.id) ?? known) };
  });
  for (const { id, offset, begin, end } of looks) {
    const commit = id === null ? undefined : effective.get(id);
    if (id !== null && commit?.offset !== offset) {
      yield `${place} has offset ${offset} by ${id}, which nobody committed`;
      continue;
    }
    const write = writes.find((candidate) => candidate.id === id) ?? NOTHING;
    if (write.begin > end) yield `${place} has ${id} before it was committed`;
    const newer = writes.find((other) => write.by < other.begin && other.by < begin);
    if (newer) yield `${place} went back to ${id ?? 'nothing'} from ${newer.id}`;
  }
}

/** Of one within a transaction, what became of the transaction. */
function becameOf({ outcome, transaction }: Commit, ends: readonly TransactionEnd[]): Commit['outcome'] {
  if (transaction === null || outcome === 'refused') return outcome;
  const end = ends.find((candidate) => candidate.transaction === transaction);
  const verdict = end ? verdictOf(end) : 'aborted';
  return verdict === 'aborted' ? 'refused' : verdict === 'either' ? 'unknown' : outcome;
}
