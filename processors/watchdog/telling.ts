import { rfc3339 } from '../../contracts/clock.ts';
import { eventRecord } from '../../contracts/cloud-events.ts';
import { type DetectorState, detectorStateChanged, type Verdict, verdictReached } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';
import { CANARY_FLOOR } from '../../contracts/signals.ts';
import { type Emission, NOTHING } from '../../transport/kafka/types.ts';
import type { Judge } from './judge.ts';
import type { PipelineNews } from './pipeline.ts';
import { silenceIncident, type Told } from './told.ts';
import type { Watched } from './watched.ts';

/** Whose verdicts these are, and in which partition of `verdicts` they stand: all of a site in one. */
export interface Voice {
  readonly site: string;
  /** The watchdog's consumer group: redundant ones have others. */
  readonly group: string;
  readonly partition: number;
}

/** One thing to say of a subject. */
type Word = Pick<Verdict, 'incident' | 'episode' | 'change' | 'cause' | 'reason'>;
/** What it is said of, and where that stands. */
type About = Pick<Verdict, 'subject' | 'floor' | 'bridge' | 'gateway' | 'heartbeatMs' | 'windowMs'>;

/** The moment in `signals` at which something is told: the last offset read, the time its record bears, and our clock. */
export interface Moment {
  readonly offset: number;
  readonly at: number;
  readonly now: number;
}

/**
 * Tells what is true of a detector where that differs from what was told last, and notes it as told. That somebody fell silent is
 * noted before it is told: what follows from the registry and the log together would not follow again once the registry has
 * changed. That it is over follows from the note.
 */
export function tell(judge: Judge, watched: Watched, moment: Moment, voice: Voice): Emission {
  const { state, told: before, judged, floor } = watched;
  if (state === undefined) return NOTHING;
  // What another watchdog told of may be over while the state is what was told here.
  const same = state === before?.state && (state === 'silent' || before.incident === null);
  // A successor has to know by which window it was judged.
  if (same && !before.untold && judged?.heartbeatMs === before.judged?.heartbeatMs) return NOTHING;
  const outputs: OutRecord[] = [];
  const about = aboutDetector(judge, watched);
  const say = (word: Omit<Word, 'episode'>, episode = before?.episode ?? 0) =>
    outputs.push(verdictRecord({ ...about, ...word, episode }, moment, voice));
  if (before?.incident && before.untold) {
    say({ incident: before.incident, change: 'opened', cause: 'silent', reason: notedReason(watched, before) });
  }
  if (same) {
    const { untold: _, ...known } = before;
    const told = { ...known, judged };
    watched.told = told;
    return { outputs, changelog: [stateRecord(watched.id, floor, told, moment.now)] };
  }
  if (before?.incident) {
    say({ incident: before.incident, change: 'closed', cause: 'silent', reason: recoveryReason(watched) });
  }
  const feared = fear(watched, before?.state, state);
  if (feared) say({ incident: null, change: feared, cause: 'lost-connection', reason: fearReason(watched, feared) });
  const silent = state === 'silent';
  const episode = (before?.episode ?? 0) + (silent ? 1 : 0);
  const incident = silent ? silenceIncident(voice.site, watched.id, episode) : null;
  const told = {
    state,
    since: moment.at,
    incident,
    episode,
    judged,
    oddities: before?.oddities,
    lastAt: silent ? (watched.lastAt ?? null) : undefined,
    offset: moment.offset,
  };
  watched.told = told;
  const changelog = [stateRecord(watched.id, floor, told, moment.now)];
  if (!incident) return { outputs, changelog };
  say({ incident, change: 'opened', ...silenceOf(judge, watched) }, episode);
  const notes = [stateRecord(watched.id, floor, { ...told, untold: true }, moment.now)];
  return { notes, outputs, changelog };
}

/** What every verdict on a detector says of it. */
export function aboutDetector(judge: Judge, watched: Watched): About {
  const { id, floor, bridgeName: bridge = null, gateway = null, reporting } = watched;
  const heartbeatMs = reporting?.heartbeatMs ?? null;
  const windowMs = reporting ? judge.windowMs(reporting) : null;
  return { subject: `detector/${id}`, floor, bridge, gateway, heartbeatMs, windowMs };
}

/** What a Last Will, or its end, says to those who count who may be lost together. Of one that nobody announced nothing is expected. */
function fear(
  { reporting }: Watched,
  before: DetectorState['state'] | undefined,
  state: DetectorState['state'],
): 'suspect' | 'trusted' | undefined {
  if (before !== 'suspect') return state === 'suspect' && reporting ? 'suspect' : undefined;
  return state === 'silent' ? undefined : 'trusted';
}

function fearReason({ id, floor, will }: Watched, feared: 'suspect' | 'trusted'): string {
  if (feared === 'trusted') return `Detector ${id} on floor ${floor} is there.`;
  return `Detector ${id} on floor ${floor} lost its connection${will ? ` at ${rfc3339(will.at)}` : ''}.`;
}

/** Why people hear of the pipeline, by what they hear. */
export type PipelineReasons = Readonly<Record<'opened' | 'closed', string>>;

/** Tells what the pipeline's watch found, under the partition's canary. */
export function tellPipeline(
  { told, incident, changes, note }: PipelineNews,
  { canary, partition, voice }: { readonly canary: number; readonly partition: number; readonly voice: Voice },
  reasons: PipelineReasons,
  { now, offset }: Pick<Moment, 'now' | 'offset'>,
): Emission {
  const about = { subject: 'pipeline', floor: null, bridge: null, gateway: null, heartbeatMs: null, windowMs: null };
  const word = (change: 'opened' | 'closed'): Word => {
    return { incident, episode: told.episode, change, cause: 'pipeline', reason: reasons[change] };
  };
  const say = (change: 'opened' | 'closed') =>
    verdictRecord({ ...about, ...word(change) }, { at: now, now, offset }, voice);
  const noteOf = (known: Told): OutRecord => {
    return { ...stateRecord(canary, CANARY_FLOOR, known, now), key: pipelineKey(canary, voice.group), partition };
  };
  return {
    notes: note ? [noteOf(note)] : [],
    outputs: incident ? changes.map(say) : [],
    changelog: [noteOf(told)],
  };
}

/** Where a watchdog notes what it told of the pipeline: each hears the canaries for itself. */
export function pipelineKey(canary: number, group: string): string {
  return `${canary}@${group}`;
}

/**
 * The word on a detector, or under a canary's id on the pipeline. Said once more over somebody else's `wrong` one it is news again, or
 * who leaves repetitions out would keep that one.
 */
export function stateRecord(id: number, floor: number, told: Told, now: number, wrong?: Told): OutRecord {
  const { state, since, incident, episode, judged, oddities, untold, offset } = told;
  const lastAt = typeof told.lastAt === 'number' ? rfc3339(told.lastAt) : told.lastAt;
  return eventRecord(detectorStateChanged, {
    id: idOf('detector-state', id, state, since, offset, ...(wrong ? [wrong.state, wrong.since, wrong.offset] : [])),
    source: 'watchdog',
    time: now,
    data: { id, floor, state, since: rfc3339(since), incident, episode, judged, oddities, untold, lastAt, offset },
  });
}

export function verdictRecord(
  said: About & Word,
  { at, now, offset }: Moment,
  { site, group, partition }: Voice,
): OutRecord {
  const { incident, subject, change } = said;
  const record = eventRecord(verdictReached, {
    id: incident ? idOf('verdict', incident, change) : idOf('verdict', site, subject, change, offset),
    source: 'watchdog',
    time: now,
    data: { ...said, site, group, at: rfc3339(at) },
  });
  return { ...record, partition };
}

function silenceOf(judge: Judge, watched: Watched): Pick<Word, 'cause' | 'reason'> {
  const { id, floor, reporting, lastAt, heard, announcedAt, will } = watched;
  const last =
    lastAt !== undefined
      ? ` It was last heard at ${rfc3339(lastAt)}.`
      : heard
        ? ''
        : ` It has not been heard since it was announced at ${rfc3339(announcedAt)}.`;
  const allowed = reporting ? ` of the ${seconds(judge.windowMs(reporting))} that it may be` : '';
  const rhythm = reporting ? `, with a heartbeat of ${seconds(reporting.heartbeatMs)}` : '';
  if (will && reporting && judge.silenceOf(watched) <= judge.windowMs(reporting)) {
    const reason = `Detector ${id} on floor ${floor} lost its connection at ${rfc3339(will.at)}, and has not been heard since.${last}`;
    return { cause: 'lost-connection', reason };
  }
  const reason = `Detector ${id} on floor ${floor} has been silent for ${seconds(judge.silenceOf(watched))}${allowed}${rhythm}.${last}`;
  return { cause: 'silent', reason };
}

/** The watchdog that found it out did not live to tell. */
function notedReason({ id, floor }: Watched, { since }: Told): string {
  return `Detector ${id} on floor ${floor} was found silent at ${rfc3339(since)}.`;
}

function recoveryReason({ id, floor, heard, value }: Watched): string {
  if (!heard) return `Detector ${id} on floor ${floor} was taken out of the registry.`;
  return `Detector ${id} on floor ${floor} is heard again.${value === 1 ? ' It signals fire.' : ''}`;
}

/** At most one decimal: `4.2 s`. */
export function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
