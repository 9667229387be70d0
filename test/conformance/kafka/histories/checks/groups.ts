import type { Commit, History } from '../history.ts';

/** A partition has one owner within a generation, and nobody commits who is of an earlier one or was replaced. */
export function* groupFaults({ commits, joins, shares }: History): Generator<string> {
  const owners = new Map<string, string>();
  for (const { group, generation, owner, partitions } of shares) {
    for (const partition of partitions) {
      const place = `partition ${partition} in generation ${generation} of ${group}`;
      const other = owners.get(place) ?? owner;
      if (other !== owner) yield `${place} belongs to ${other} and to ${owner}`;
      owners.set(place, owner);
    }
  }
  for (const commit of commits) {
    if (commit.outcome === 'acknowledged') yield* staleCommit(commit, { joins, shares });
  }
}

function* staleCommit(
  { group, begin, member }: Commit,
  { joins, shares }: Pick<History, 'joins' | 'shares'>,
): Generator<string> {
  if (member === null) return;
  const { id, owner, generation } = member;
  const later = joins.find((joined) => joined.group === group && joined.generation > generation && joined.end < begin);
  if (later) yield `${id} of generation ${generation} committed when ${later.generation} was there`;
  const mine = shares.find((share) => share.group === group && share.member === id);
  const successor = shares.find(
    (share) =>
      share.group === group &&
      share.owner === owner &&
      share.member !== id &&
      mine !== undefined &&
      share.begin > mine.end &&
      share.end < begin,
  );
  if (successor) yield `${id} committed when ${successor.member} had taken its place`;
}
