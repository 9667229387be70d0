import { disabledUntil } from '../../../contracts/disablements.ts';
import type { Delivery } from '../../../contracts/events.ts';
import type { GroupView } from '../../../contracts/http.ts';
import type { InRecord } from '../../../contracts/kafka-records.ts';
import type { Channel } from '../../../contracts/kafka-topics.ts';
import { CHANNEL_WORDS, timeOfDay } from '../notifications.ts';
import { type AnyHop, channelOf, placeOf } from './hops.ts';
import type { TimedHop } from './trace.ts';
import { notBeforeOf } from './words.ts';

/** What stood around a story when it was told. Times in milliseconds since the Unix epoch. */
export interface Scene {
  readonly now: number;
  readonly groups: readonly GroupView[];
  /** Since when the pipeline is silent, undefined while it is not. */
  readonly pipelineSilentSince: number | undefined;
  /** How long a detector with this heartbeat may be silent, in milliseconds. */
  windowMs(heartbeatMs: number): number;
  /** Whether a notice is being sent. */
  isBeingSent(channel: Channel, id: string): boolean;
}

type Of<K extends AnyHop['kind']> = Extract<TimedHop, { kind: K }>;
type NoticeHop = Of<'email' | 'sms' | 'lamp'>;

/** Where the story stopped, and why: a line for each thing that should have gone on, and did not. */
export function looseEnds(subject: string, hops: readonly TimedHop[], scene: Scene): string[] {
  if (hops.length === 0) return [`nothing about ${subject} has come into Kafka`];
  const of = <K extends AnyHop['kind']>(...kinds: readonly K[]): Of<K>[] =>
    hops.filter((hop): hop is Of<K> => kinds.some((kind) => kind === hop.kind));
  const planned = plannedSilences(of('disablement'));
  return [
    ...of('signal').flatMap((hop) => unheardFire(hop, of('alarm'), scene)),
    ...planned,
    ...silence(subject, of('signal'), of('registered'), of('state'), scene),
    ...(planned.length > 0 ? [] : unheardVerdict(of('verdict'), of('incident'), scene)),
    ...of('alarm').flatMap((hop) => alarmWithoutFire(hop, of('incident'), scene)),
    ...unansweredOrder(of('commanded'), of('reported'), scene),
    ...of('incident').flatMap((hop) => untold(hop, of('email', 'sms', 'lamp'), scene)),
    ...notices(of('email', 'sms', 'lamp'), of('delivery'), scene),
  ];
}

function unheardFire({ data, record }: Of<'signal'>, alarms: readonly Of<'alarm'>[], scene: Scene): string[] {
  if (data.value === 0 || alarms.some(({ data: alarm }) => alarm.offset === record.offset)) return [];
  return [`no alarm follows from ${placeOf(record)}: ${reading('filter', record, scene)}`];
}

/** A detector that says nothing more, and that nobody calls silent. */
function silence(
  subject: string,
  signals: readonly Of<'signal'>[],
  registered: readonly Of<'registered'>[],
  states: readonly Of<'state'>[],
  scene: Scene,
): string[] {
  const last = signals.at(-1);
  const heartbeatMs = registered.at(-1)?.data.heartbeatMs;
  if (!subject.startsWith('detector/') || !last || heartbeatMs === undefined) return [];
  const silentMs = scene.now - last.at;
  if (silentMs <= heartbeatMs || states.at(-1)?.data.state === 'silent') return [];
  const heard = `nothing was heard of ${subject} since ${timeOfDay(last.at)}`;
  const { pipelineSilentSince: held } = scene;
  if (held !== undefined) {
    return [`${heard}, and the watchdog holds its verdict: the pipeline is silent since ${timeOfDay(held)}`];
  }
  const windowMs = scene.windowMs(heartbeatMs);
  const window = `its window is ${windowMs} ms, and it is ${timeOfDay(scene.now)}`;
  if (silentMs <= windowMs) return [`${heard}, which is not too long yet: ${window}`];
  return [`${heard}, and no verdict follows: ${window}: ${reading('watchdog', last.record, scene)}`];
}

/** Those that are in force: who is silent meanwhile is not told of. */
function plannedSilences(hops: readonly Of<'disablement'>[]): string[] {
  const until = new Map<string, string | null>();
  for (const { data } of hops) until.set(data.subject, disabledUntil(until.get(data.subject) ?? null, data));
  return [...until].flatMap(([subject, end]) =>
    end === null ? [] : [`faults of ${subject} are not told: it is disabled until ${timeOfDay(Date.parse(end))}`],
  );
}

/** What the watchdog found out last, and nobody is told of, by itself or as part of what is lost. */
function unheardVerdict(
  verdicts: readonly Of<'verdict'>[],
  incidents: readonly Of<'incident'>[],
  scene: Scene,
): string[] {
  const last = verdicts.findLast(({ data }) => data.incident !== null);
  if (last?.data.change !== 'opened') return [];
  if (incidents.some(({ at, data }) => data.incident === last.data.incident || at >= last.at)) return [];
  const place = placeOf(last.record);
  if (!isFinished('correlator', last.record, scene)) {
    return [`nobody is told of ${place}: ${reading('correlator', last.record, scene)}`];
  }
  return [`nobody is told of ${place} yet: it is held until it is clear who else is silent for the same cause`];
}

function alarmWithoutFire({ data, record }: Of<'alarm'>, incidents: readonly Of<'incident'>[], scene: Scene): string[] {
  if (incidents.some(({ data: incident }) => incident.detectors.includes(data.detector))) return [];
  return [`no fire follows from ${placeOf(record)}: ${reading('floor-controller', record, scene)}`];
}

/** Of several orders the last one counts. */
function unansweredOrder(
  orders: readonly Of<'commanded'>[],
  reports: readonly Of<'reported'>[],
  scene: Scene,
): string[] {
  const order = orders.at(-1);
  if (!order || reports.some(({ data, at }) => data.commandId === order.data.id || at > order.at)) return [];
  const { data, record } = order;
  const passedOn = isFinished('bridge', record, scene);
  const why = passedOn ? `the bridge has passed it on, which is good until ${timeOfDay(data.expires)}` : undefined;
  return [`valve ${data.floor} has not answered ${placeOf(record)}: ${why ?? reading('bridge', record, scene)}`];
}

function untold({ data, record }: Of<'incident'>, notices: readonly NoticeHop[], scene: Scene): string[] {
  if (notices.some(({ data: notice, at }) => notice.incident === data.incident && at >= record.timestamp)) return [];
  return [`no notice follows from ${placeOf(record)}: ${reading('router', record, scene)}`];
}

/** What became of each notice, where it was not sent. */
function notices(hops: readonly NoticeHop[], deliveries: readonly Of<'delivery'>[], scene: Scene): string[] {
  const latest = new Map(hops.map((hop) => [hop.data.id, hop]));
  return [...latest.values()].flatMap((hop) => {
    const told = deliveries.map(({ data }) => data).filter(({ notification }) => notification === hop.data.id);
    const last = told.at(-1);
    return told.some(({ outcome }) => outcome === 'sent') ? [] : [unsent(hop, last, scene)];
  });
}

function unsent({ record, data, kind }: NoticeHop, last: Delivery | undefined, scene: Scene): string {
  const channel = channelOf(record.topic) ?? 'lamp';
  const what =
    kind === 'lamp' ? `lamp ${data.lamp} was not switched` : `${CHANNEL_WORDS[channel]} to ${data.to} was not sent`;
  const why = last?.reason ? `: ${last.reason}` : '';
  if (last?.outcome === 'dead') return `${what} and is given up after ${last.attempt} attempts${why}`;
  if (scene.isBeingSent(channel, data.id)) return `${what} yet: it is being sent, attempt ${(last?.attempt ?? 0) + 1}`;
  const notBefore = notBeforeOf(record);
  if (notBefore !== undefined && notBefore > scene.now) {
    return `${what} yet: still in retry until ${timeOfDay(notBefore)} (${placeOf(record)})${why}`;
  }
  return `${what}: ${reading(channel, record, scene)}${why}`;
}

/** How a group stands to a record of which it should have made something. */
function reading(name: string, record: InRecord, scene: Scene): string {
  const group = scene.groups.find((candidate) => candidate.group === name);
  if (!group || group.members === 0) return `nobody is in group ${name}`;
  if (isFinished(name, record, scene)) return `group ${name} has finished with it, and nothing came of it`;
  const { topic, partition } = record;
  const place = placeIn(group, record);
  const end = place ? `, which ends at ${place.end}` : '';
  return `group ${name} is behind: it has finished with ${topic}[${partition}] up to ${place?.committed ?? 0}${end}`;
}

function isFinished(name: string, record: InRecord, { groups }: Scene): boolean {
  const group = groups.find((candidate) => candidate.group === name);
  return ((group && placeIn(group, record)?.committed) ?? 0) > record.offset;
}

function placeIn(
  { partitions }: GroupView,
  { topic, partition }: InRecord,
): GroupView['partitions'][number] | undefined {
  return partitions.find((place) => place.topic === topic && place.partition === partition);
}
