import { ATTEMPTS_HEADER, DEAD_LETTER_HEADERS, NOT_BEFORE_HEADER } from '../../../contracts/dead-letters.ts';
import type { Disablement } from '../../../contracts/disablements.ts';
import { headerOf, type InRecord } from '../../../contracts/kafka-records.ts';
import { CHANNEL_WORDS, timeOfDay } from '../notifications.ts';
import { type AnyHop, placeOf } from './hops.ts';
import type { TimedHop } from './trace.ts';

/** The longest text of a hop that is told. */
const LONGEST = 120;

/** A line for each hop: when, where, what. Signals that repeat each other are told in one. */
export function hopLines(all: readonly TimedHop[]): string[] {
  const hops = withoutRepeatedAlarms(all);
  const lines: string[] = [];
  for (let i = 0; i < hops.length; ) {
    const run = runAt(hops, i);
    const [first] = run;
    const last = run.at(-1);
    if (!first || !last) break;
    lines.push(`${timeOfDay(last.at)}  ${placesOf(first, last).padEnd(24)} ${short(wordsOf(last, run.length))}`);
    i += run.length;
  }
  return lines;
}

/** A detector that burns on says so with each heartbeat: that is told once, and again after a reset. */
function withoutRepeatedAlarms(hops: readonly TimedHop[]): TimedHop[] {
  const burning = new Set<number>();
  return hops.filter(({ kind, data }) => {
    if (kind === 'reset') burning.clear();
    if (kind !== 'alarm') return true;
    const first = !burning.has(data.detector);
    burning.add(data.detector);
    return first;
  });
}

/** The hops from `start` on that say the same. */
function runAt(hops: readonly TimedHop[], start: number): TimedHop[] {
  const first = hops[start];
  if (!first) return [];
  if (first.kind !== 'signal') return [first];
  const { value, detector } = first.data;
  const end = hops.findIndex(
    (hop, i) => i > start && !(hop.kind === 'signal' && hop.data.value === value && hop.data.detector === detector),
  );
  return hops.slice(start, end < 0 ? hops.length : end);
}

function placesOf({ record: first }: TimedHop, { record: last }: TimedHop): string {
  return first === last ? placeOf(last) : `${placeOf(first)}…${last.offset}`;
}

function wordsOf(hop: AnyHop, times: number): string {
  switch (hop.kind) {
    case 'signal':
      return `detector ${hop.data.detector} signals ${hop.data.value}${times > 1 ? `, ${times} times` : ''}`;
    case 'registered':
      return `announced: ${hop.data.mode}, a heartbeat each ${hop.data.heartbeatMs} ms`;
    case 'presence':
      return hop.data.status;
    case 'alarm':
      return `alarm on floor ${hop.data.floor} by detector ${hop.data.detector}`;
    case 'requested':
      return `valve ${hop.data.floor} is to be ${hop.data.position}, says ${hop.data.by}`;
    case 'reset':
      return `floor ${hop.data.floor} is reset by ${hop.data.by}`;
    case 'commanded':
      return `valve ${hop.data.floor}: ${hop.data.position}, by ${hop.data.by}`;
    case 'reported':
      return `valve ${hop.data.floor} is ${hop.data.position}`;
    case 'state':
      return `${hop.data.id < 0 ? 'the canary' : `detector ${hop.data.id}`} is ${hop.data.state}`;
    case 'disablement':
      return disablementWords(hop.data);
    case 'verdict':
      return `the watchdog: ${hop.data.change}: ${hop.data.reason}`;
    case 'incident':
      return `${hop.data.kind} ${hop.data.change}, ${hop.data.subject}: ${hop.data.reason}`;
    case 'email':
      return `${noticeWords(hop.record, hop.data)} ${hop.data.title}`;
    case 'sms':
      return `${noticeWords(hop.record, hop.data)} ${hop.data.text}`;
    case 'lamp':
      return `lamp ${hop.data.lamp} is to be ${hop.data.on ? 'on' : 'off'}`;
    case 'delivery': {
      const { channel, to, outcome, attempt, reason } = hop.data;
      return `${CHANNEL_WORDS[channel]} to ${to}: ${outcome}, attempt ${attempt}${reason === null ? '' : `: ${reason}`}`;
    }
    case 'switched':
      return `lamp ${hop.data.lamp} is ${hop.data.on ? 'on' : 'off'}`;
    case 'letter':
      return `dead letter: ${headerOf(hop.record, DEAD_LETTER_HEADERS.code)}: ${headerOf(hop.record, DEAD_LETTER_HEADERS.message)}`;
    case 'unreadable':
      return 'cannot be read';
  }
}

function disablementWords(change: Disablement): string {
  const subject = change.subject.replace('/', ' ');
  if (change.change === 'ended') return `the planned silence of ${subject} is over`;
  if (change.change === 'enabled') return `${subject} is enabled, says ${change.by}`;
  const why = change.reason === null ? '' : `: ${change.reason}`;
  return `${subject} is disabled until ${timeOfDay(Date.parse(change.until))}, says ${change.by}${why}`;
}

function noticeWords(record: InRecord, { to }: { readonly to: string }): string {
  const notBefore = notBeforeOf(record);
  if (notBefore === undefined) return `to ${to}:`;
  return `to ${to}, not before ${timeOfDay(notBefore)}, after ${headerOf(record, ATTEMPTS_HEADER)} attempts:`;
}

/** Until when a record waits in a retry topic, milliseconds since the epoch; undefined where it does not. */
export function notBeforeOf(record: InRecord): number | undefined {
  const text = headerOf(record, NOT_BEFORE_HEADER);
  return text === undefined ? undefined : Number(text);
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
}
