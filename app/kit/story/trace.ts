import { ATTEMPTS_HEADER } from '../../../contracts/dead-letters.ts';
import { headerOf, type InRecord } from '../../../contracts/kafka-records.ts';
import { isCanary } from '../../../contracts/signals.ts';
import { type AnyHop, channelOf, hopOf, STORY_TOPICS } from './hops.ts';

/** A hop and when it was, in milliseconds since the Unix epoch. */
export type TimedHop = AnyHop & { readonly at: number };

/** What a subject is: `detector/8` is a detector with the key 8. */
interface Named {
  readonly subject: string;
  readonly kind: string;
  readonly key: string;
}

const KEYED_BY_DETECTOR = ['detectors', 'signals', 'presence', 'detector-states'];
const KEYED_BY_FLOOR = ['alarms', 'operator-commands', 'valve-commands', 'valve-states'];

/**
 * What happened about a subject, from cause to effect: what it said itself, the incidents that it is part of, what was
 * ordered because of them, and what became of each notice about them.
 */
export function traceOf(subject: string, records: readonly InRecord[]): TimedHop[] {
  const named = nameOf(subject);
  const hops = records.filter((record) => mayConcern(named, record)).map(hopOf);
  const incidents = new Set(
    hops.flatMap((hop) => (hop.kind === 'incident' && isPartOf(named, hop.data) ? hop.data.incident : [])),
  );
  const orders = new Set(
    hops.flatMap((hop) =>
      hop.kind === 'commanded' && (isOwn(named, hop) || incidents.has(hop.data.by.replace(/^incident\//, '')))
        ? hop.data.id
        : [],
    ),
  );
  const silenced = [subject, ...floorsOf(named, hops)];
  const concerns = (hop: AnyHop): boolean => {
    if (isOwn(named, hop)) return true;
    switch (hop.kind) {
      case 'disablement':
        return silenced.includes(hop.data.subject);
      case 'commanded':
        return orders.has(hop.data.id);
      case 'reported':
        return hop.data.commandId !== null && orders.has(hop.data.commandId);
      case 'incident':
      case 'switched':
        return incidents.has(hop.data.incident);
      case 'email':
      case 'sms':
      case 'lamp':
      case 'delivery':
        return hop.data.subject === subject || incidents.has(hop.data.incident);
      case 'letter':
      case 'unreadable':
        return hop.record.key !== null && incidents.has(hop.record.key);
      default:
        return false;
    }
  };
  return inOrder(hops.filter(concerns));
}

/** The signals of other detectors are by far the most records, and need not be read. */
function mayConcern({ kind, key }: Named, { topic, key: recordKey }: InRecord): boolean {
  if (topic !== 'signals') return true;
  return kind === 'detector' ? recordKey === key : kind === 'pipeline' && recordKey?.startsWith('-') === true;
}

function nameOf(subject: string): Named {
  const [kind = '', ...key] = subject.split('/');
  return { subject, kind, key: key.join('/') };
}

/** What stands under its key. */
function isOwn({ subject, kind, key }: Named, { kind: hop, data, record }: AnyHop): boolean {
  const topic = record.topic.replace(/\.dead$/, '');
  switch (kind) {
    case 'detector':
      if (hop === 'alarm') return String(data.detector) === key;
      if (hop === 'verdict') return data.subject === subject;
      return KEYED_BY_DETECTOR.includes(topic) && record.key === key;
    case 'floor':
    case 'valve':
      return KEYED_BY_FLOOR.includes(topic) && record.key === key;
    case 'pipeline':
      if (hop === 'verdict') return data.subject === subject;
      return (hop === 'state' && isCanary(data.id)) || (hop === 'signal' && isCanary(data.detector));
    default:
      return false;
  }
}

function isPartOf(
  { subject, kind, key }: Named,
  incident: { readonly incident: string; readonly subject: string; readonly detectors: readonly number[] },
): boolean {
  switch (kind) {
    case 'detector':
      return incident.subject === subject || incident.detectors.some((id) => String(id) === key);
    case 'floor':
    case 'valve':
      return incident.subject === `floor/${key}` || incident.subject === `valve/${key}`;
    case 'incident':
      return incident.incident === key;
    default:
      return incident.subject === subject;
  }
}

/** The floor of a detector, as far as it was announced: what is planned for that counts for it, too. */
function floorsOf({ kind, key }: Named, hops: readonly AnyHop[]): string[] {
  if (kind !== 'detector') return [];
  const announced = hops.findLast((hop) => hop.kind === 'registered' && hop.record.key === key);
  return announced?.kind === 'registered' ? [`floor/${announced.data.floor}`] : [];
}

/** By time; what happened at one instant in the order in which a message passes the topics. */
function inOrder(hops: readonly AnyHop[]): TimedHop[] {
  return hops
    .map((hop) => ({ ...hop, at: timeOf(hop, hops) }))
    .sort(
      (a, b) =>
        a.at - b.at ||
        STORY_TOPICS.indexOf(a.record.topic) - STORY_TOPICS.indexOf(b.record.topic) ||
        a.record.partition - b.record.partition ||
        a.record.offset - b.record.offset,
    );
}

/** A notice that waits for a further attempt keeps the time of the first one: it waits since the attempt that failed. */
function timeOf({ record, kind, data }: AnyHop, hops: readonly AnyHop[]): number {
  const attempts = headerOf(record, ATTEMPTS_HEADER);
  if (attempts === undefined || !channelOf(record.topic)) return record.timestamp;
  if (kind !== 'email' && kind !== 'sms' && kind !== 'lamp') return record.timestamp;
  const failed = hops.find(
    (hop) => hop.kind === 'delivery' && hop.data.notification === data.id && String(hop.data.attempt) === attempts,
  );
  return failed?.record.timestamp ?? record.timestamp;
}
