import type { FinalLog, History, Placed, Read, Send } from '../history.ts';

/** No acknowledged record is lost, none is there twice or from nowhere, and they stand in the order of their producers. */
export function* recordFaults({ sends, reads, logs }: History): Generator<string> {
  const places = placesIn(logs);
  const known = new Set(sends.flatMap(({ values }) => values));
  for (const value of places.keys()) if (!known.has(value)) yield `${value} is in the log and nobody sent it`;
  for (const send of sends) yield* placeFaults(send, places);
  for (const { partition } of logs) {
    const here = sends.filter((send) => send.partition === partition);
    yield* orderInTime(here, places);
    for (const session of sessionsOf(here).values()) yield* orderInSession(session, places);
  }
  for (const read of reads) yield* readFaults(read, logs);
}

interface Place {
  readonly partition: number;
  readonly offset: number;
}

type Places = ReadonlyMap<string, readonly Place[]>;

function placesIn(logs: readonly FinalLog[]): Places {
  const places = new Map<string, Place[]>();
  for (const { partition, all } of logs) {
    for (const { value, offset } of all) places.set(value, [...(places.get(value) ?? []), { partition, offset }]);
  }
  return places;
}

function* placeFaults(send: Send, places: Places): Generator<string> {
  const { outcome, partition, baseOffset, session, attempts } = send;
  for (const [i, value] of send.values.entries()) {
    const found = places.get(value) ?? [];
    if (found.some((place) => place.partition !== partition)) yield `${value} is not in the partition it was sent to`;
    if (outcome === 'refused' && found.length > 0) yield `${value} was refused and is there`;
    if (found.length > (session === null ? attempts : 1)) yield `${value} is there ${found.length} times`;
    if (outcome !== 'acknowledged') continue;
    if (!found.some(({ offset }) => offset === baseOffset + i)) {
      yield `${value} was acknowledged at ${partition}/${baseOffset + i} and is not there`;
    }
  }
}

/** Whatever ended before another began comes first, whoever sent it. */
function* orderInTime(sends: readonly Send[], places: Places): Generator<string> {
  const ended = sends.filter(({ outcome }) => outcome === 'acknowledged').toSorted((a, b) => a.end - b.end);
  let newest = -1;
  for (const send of sends.toSorted((a, b) => a.begin - b.begin)) {
    for (let first = ended[0]; first && first.end < send.begin; first = ended[0]) {
      newest = Math.max(newest, first.baseOffset + first.values.length - 1);
      ended.shift();
    }
    const [oldest] = offsetsOf(send, places);
    if (oldest !== undefined && oldest <= newest) yield `${send.values[0]} came after what stands behind it`;
  }
}

/** Batches of a session stand in the order in which they were numbered, and none is there without those before it. */
function* orderInSession(sends: readonly Send[], places: Places): Generator<string> {
  let newest = -1;
  let missing: string | undefined;
  for (const send of sends.toSorted((a, b) => a.begin - b.begin)) {
    const offsets = offsetsOf(send, places);
    if (offsets.length === 0) {
      if (send.outcome !== 'refused') missing ??= send.values[0];
      continue;
    }
    if (missing !== undefined) yield `${send.values[0]} is there without ${missing}, which was numbered before it`;
    for (const offset of offsets) {
      if (offset <= newest) yield `${send.values[0]} stands before what was numbered before it`;
      newest = Math.max(newest, offset);
    }
  }
}

function sessionsOf(sends: readonly Send[]): Map<string, Send[]> {
  const sessions = new Map<string, Send[]>();
  for (const send of sends) {
    if (send.session !== null) sessions.set(send.session, [...(sessions.get(send.session) ?? []), send]);
  }
  return sessions;
}

/** Where its records stand first, in their order. */
function offsetsOf({ values }: Send, places: Places): number[] {
  return values.flatMap((value) => places.get(value)?.[0]?.offset ?? []);
}

/** What was read once is what stands there for good. */
function* readFaults({ partition, committed, from, to, records }: Read, logs: readonly FinalLog[]): Generator<string> {
  const log = logs.find((candidate) => candidate.partition === partition);
  const whole = (committed ? log?.committed : log?.all) ?? [];
  const expected = whole.filter(({ offset }) => offset >= from && offset < to);
  if (said(expected) === said(records)) return;
  const view = committed ? 'read_committed' : 'read_uncommitted';
  yield `${view} was shown ${said(records)} in ${partition}/[${from}, ${to}), where there is ${said(expected)}`;
}

function said(records: readonly Placed[]): string {
  return records.map(({ offset, value }) => `${offset}=${value}`).join(' ');
}
