import { rfc3339 } from '../../contracts/clock.ts';
import { eventRecord } from '../../contracts/cloud-events.ts';
import { detectorStateChanged, incidentChanged, type Notification } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';
import { CANARY_FLOOR } from '../../contracts/signals.ts';
import { type Emission, NOTHING } from '../../transport/kafka/types.ts';
import type { Judge } from './judge.ts';
import type { PipelineNews } from './pipeline.ts';
import { silenceIncident, type Told } from './told.ts';
import type { Watched } from './watched.ts';

type About = Pick<Notification, 'kind' | 'subject' | 'floor' | 'detectors'>;

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
export function tell(judge: Judge, watched: Watched, moment: Moment, site: string): Emission {
  const { state, told: before, judged, floor } = watched;
  if (state === undefined) return NOTHING;
  const same = state === before?.state;
  // A successor has to know by which window it was judged.
  if (same && !before.untold && judged?.heartbeatMs === before.judged?.heartbeatMs) return NOTHING;
  const outputs: OutRecord[] = [];
  const say = (incident: string, change: 'opened' | 'closed', reason: string) =>
    outputs.push(incidentRecord({ ...aboutDetector(watched), incident, change, reason }, moment.now));
  if (before?.incident && before.untold) say(before.incident, 'opened', notedReason(watched, before));
  if (same) {
    const { untold: _, ...known } = before;
    const told = { ...known, judged };
    watched.told = told;
    return { outputs, changelog: [stateRecord(watched.id, floor, told, moment.now)] };
  }
  if (before?.incident) say(before.incident, 'closed', recoveryReason(watched));
  const silent = state === 'silent';
  const episode = (before?.episode ?? 0) + (silent ? 1 : 0);
  const incident = silent ? silenceIncident(site, watched.id, episode) : null;
  const told = { state, since: moment.at, incident, episode, judged, offset: moment.offset };
  watched.told = told;
  const changelog = [stateRecord(watched.id, floor, told, moment.now)];
  if (!incident) return { outputs, changelog };
  say(incident, 'opened', silenceReason(judge, watched));
  const notes = [stateRecord(watched.id, floor, { ...told, untold: true }, moment.now)];
  return { notes, outputs, changelog };
}

function aboutDetector({ id, floor }: Watched): About {
  return { kind: 'fault', subject: `detector/${id}`, floor, detectors: [id] };
}

/** Why people hear of the pipeline, by what they hear. */
export type PipelineReasons = Readonly<Record<'opened' | 'closed', string>>;

/** Tells what the pipeline's watch found, under the partition's canary. */
export function tellPipeline(
  { told, incident, changes }: PipelineNews,
  canary: number,
  reasons: PipelineReasons,
  now: number,
): Emission {
  const about: About = { kind: 'fault', subject: 'pipeline', floor: null, detectors: [] };
  return {
    outputs: incident
      ? changes.map((change) => incidentRecord({ ...about, incident, change, reason: reasons[change] }, now))
      : [],
    changelog: [stateRecord(canary, CANARY_FLOOR, told, now)],
  };
}

/** The word on a detector, or under a canary's id on the pipeline. */
export function stateRecord(id: number, floor: number, told: Told, now: number): OutRecord {
  const { state, since, incident, episode, judged, untold, offset } = told;
  return eventRecord(detectorStateChanged, {
    id: idOf('detector-state', id, state, since, offset),
    source: 'watchdog',
    time: now,
    data: { id, floor, state, since: rfc3339(since), incident, episode, judged, untold, offset },
  });
}

function incidentRecord(data: Omit<Notification, 'at'>, now: number): OutRecord {
  return eventRecord(incidentChanged, {
    id: idOf('notification', data.incident, data.change),
    source: 'watchdog',
    time: now,
    data: { ...data, at: rfc3339(now) },
  });
}

function silenceReason(judge: Judge, watched: Watched): string {
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
    return `Detector ${id} on floor ${floor} lost its connection at ${rfc3339(will.at)}, and has not been heard since.${last}`;
  }
  return `Detector ${id} on floor ${floor} has been silent for ${seconds(judge.silenceOf(watched))}${allowed}${rhythm}.${last}`;
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
