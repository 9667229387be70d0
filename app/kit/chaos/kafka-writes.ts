import type { SeenRequest } from '../../../brokers/kafka/faults/types.ts';
import type { KafkaBroker } from '../../../brokers/kafka/index.ts';
import type { Clock, Timer } from '../../../contracts/clock.ts';
import type { Ended } from '../../../contracts/transit.ts';
import { recordsOf } from '../../../transport/kafka/producer.ts';
import type { Ledger } from '../ledger.ts';
import type { End } from './fault.ts';
import type { Picker } from './selection.ts';

/** Which writes to Kafka are meant: those with a record of this topic, and of this key. */
export interface WriteFilter {
  /** With the site's prefix. */
  readonly topic: string | undefined;
  readonly key: string | undefined;
}

export type WriteFate =
  /** The connection breaks before the broker has written: the writer tries again. */
  | { readonly do: 'drop' }
  /** The connection breaks after: the writer tries again what is written already. */
  | { readonly do: 'duplicate' }
  /** It waits `ms` of the site's time, and with it all that this writer writes. */
  | { readonly do: 'delay'; readonly ms: number; readonly jitterMs: number }
  /** It waits until another writer has written, or for `withinMs`. */
  | { readonly do: 'reorder'; readonly withinMs: number };

interface Options {
  readonly broker: KafkaBroker;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly filter: WriteFilter;
  readonly picks: Picker;
  readonly fate: WriteFate;
}

/**
 * A fault of the writes to the embedded Kafka. It strikes a request if it picks one of its records, each by its place among
 * those of its topic and key: which records share a request is decided by sockets. Each record is struck once: a writer
 * tries again until it gets through, and with it all that it writes.
 */
export function kafkaWriteFault({ broker, clock, ledger, filter, picks, fate }: Options): End {
  const held = new Map<SeenRequest, Ended>();
  const overdue = new Map<SeenRequest, Timer>();
  /** Writers whose connection broke: what they write next is the same again, and struck already. */
  const again = new Set<string>();
  const { faults } = broker;

  const interception = faults.intercept((request) => {
    if (request.api !== 'Produce') return undefined;
    // Another writer has something to write: what is held may follow once that is done.
    if (fate.do === 'reorder') releaseBehind(request);
    if (again.delete(request.clientId)) return undefined;
    const struck = thingsIn(request, filter).flatMap((thing) => picks(thing) ?? []);
    const [random] = struck;
    if (!random) return undefined;
    switch (fate.do) {
      case 'drop':
      case 'duplicate':
        again.add(request.clientId);
        return { kind: 'drop', when: fate.do === 'drop' ? 'before' : 'after' };
      case 'delay':
        return { kind: 'delay', ms: fate.ms + Math.round(random.next() * fate.jitterMs), clock };
      case 'reorder':
        return { kind: 'delay', ms: fate.withinMs, clock };
    }
  });

  function releaseBehind(request: SeenRequest): void {
    for (const waiting of interception.held) {
      if (waiting.clientId === request.clientId) continue;
      overdue.set(
        waiting,
        clock.after('a write overtakes another', 0, () => interception.release(waiting)),
      );
    }
  }

  /** What the broker holds of a writer is at rest, and that writer with it. */
  const look = () => {
    const now = new Set(interception.held);
    for (const request of now) if (!held.has(request)) held.set(request, holdWriter(ledger, request));
    for (const [request, release] of held) {
      if (now.has(request)) continue;
      held.delete(request);
      overdue.get(request)?.cancel();
      overdue.delete(request);
      release();
    }
  };
  const unwatch = faults.watch(look);
  const end = () => {
    interception.remove();
    look();
    unwatch();
  };
  return { heal: end, strikes: () => interception.hits };
}

function holdWriter(ledger: Ledger, { clientId }: SeenRequest): Ended {
  const release = [ledger.hold('kafka', recordsOf(clientId))];
  // A lamp is lit by a write.
  if (clientId.endsWith('-lamp')) release.push(ledger.holdHop('lamp'));
  return () => {
    for (const end of release) end();
  };
}

/** `topic/key` of each record that is meant, as often as it is there. */
function thingsIn({ records }: SeenRequest, filter: WriteFilter): string[] {
  return records
    .filter(({ topic }) => filter.topic === undefined || topic === filter.topic)
    .filter(({ key }) => filter.key === undefined || key === filter.key)
    .map(({ topic, key }) => `${topic}/${key}`);
}
