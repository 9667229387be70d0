import type { Span } from './chance.ts';
import { type Plan, RECONNECT_MS } from './detector.ts';
import type { History } from './simulation.ts';
import { tenuresOf } from './view.ts';

/** After trouble everybody needs so long to be connected, read and caught up with, ms. */
const BACK_MS = 4_000;

/**
 * When a watchdog could see a detector well: within `span`, one and the same read its partition, its bridges and Kafka worked, and
 * nothing ailed it.
 */
export function calmSpans(history: History, plan: Plan, span: Span): Span[] {
  const { story, announced } = history;
  const { bridges, kafkaOutages, mutes } = story;
  const since = announced.get(plan.id)?.[0]?.at;
  if (since === undefined) return [];
  const doubles = plan.oddities.flatMap((odd) => (odd.kind === 'duplicate-id' ? [odd.bridge] : []));
  const used = [plan.home, ...doubles].flatMap((number) => bridges[number] ?? []);
  const troubles: Span[] = [
    { from: Number.NEGATIVE_INFINITY, to: since },
    ...plan.ailments.map(({ from, to }) => ({ from, to: to + RECONNECT_MS })),
    ...plan.bursts.map(({ at }) => ({ from: at, to: at })),
    ...used.flatMap(({ brokerOutages, outages }) => [...brokerOutages, ...outages]),
    ...kafkaOutages,
    ...mutes,
  ].map(({ from, to }) => ({ from, to: to + BACK_MS }));
  return tenuresOf(history, plan.id)
    .map(({ from, to }) => ({ from: Math.max(span.from, from + BACK_MS), to: Math.min(span.to, to) }))
    .flatMap((seen) => troubles.reduce((left, trouble) => left.flatMap((one) => without(one, trouble)), [seen]));
}

/** What is left of a span. */
function without({ from, to }: Span, trouble: Span): Span[] {
  return [
    { from, to: Math.min(to, trouble.from) },
    { from: Math.max(from, trouble.to), to },
  ].filter((left) => left.to > left.from);
}
