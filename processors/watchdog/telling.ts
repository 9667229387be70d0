import { rfc3339 } from '../../contracts/clock.ts';
import { eventRecord } from '../../contracts/cloud-events.ts';
import { detectorStateChanged, incidentChanged, type Notification } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';
import { CANARY_FLOOR } from '../../contracts/signals.ts';
import { type Emission, NOTHING } from '../../transport/kafka/types.ts';
import { type Judge, stateOf, type Watched } from './judge.ts';
import type { PipelineNews } from './pipeline.ts';
import type { Told } from './told.ts';

type About = Pick<Notification, 'kind' | 'subject' | 'floor' | 'detectors'>;

/** The moment in `signals` at which something is told: the last offset read, the time its record bears, and our clock. */
export interface Moment {
  readonly offset: number;
  readonly at: number;
  readonly now: number;
}

/**
 * Tells what is true of a detector where that differs from what was told last, and notes it as told. The incident goes out
 * before the state is written: a crash between them repeats the incident, under the same id, and never loses it.
 */
export function tell(judge: Judge, watched: Watched, moment: Moment, site: string): Emission {
  const state = stateOf(watched);
  const before = watched.told;
  if (state === undefined || state === before?.state) return NOTHING;
  const silent = state === 'silent';
  const episode = (before?.episode ?? 0) + (silent ? 1 : 0);
  const incident = silent ? idOf('incident', 'silence', site, watched.id, episode) : null;
  const outputs: OutRecord[] = [];
  const about: About = {
    kind: 'fault',
    subject: `detector/${watched.id}`,
    floor: watched.floor,
    detectors: [watched.id],
  };
  if (before?.incident) {
    const reason = recoveryReason(watched);
    outputs.push(incidentRecord({ ...about, incident: before.incident, change: 'closed', reason }, moment.now));
  }
  if (incident) {
    outputs.push(
      incidentRecord({ ...about, incident, change: 'opened', reason: silenceReason(judge, watched) }, moment.now),
    );
  }
  watched.told = { state, since: moment.at, incident, episode, offset: moment.offset };
  return { outputs, changelog: [stateRecord(watched.id, watched.floor, watched.told, moment.now)] };
}

/** Tells what the pipeline's watch found, under the partition's canary. */
export function tellPipeline(news: PipelineNews, canary: number, reason: string, now: number): Emission {
  const { told, incident, change } = news;
  const about: About = { kind: 'fault', subject: 'pipeline', floor: null, detectors: [] };
  return {
    outputs: incident && change ? [incidentRecord({ ...about, incident, change, reason }, now)] : [],
    changelog: [stateRecord(canary, CANARY_FLOOR, told, now)],
  };
}

function stateRecord(id: number, floor: number, told: Told, now: number): OutRecord {
  const { state, since, incident, episode, offset } = told;
  return eventRecord(detectorStateChanged, {
    id: idOf('detector-state', id, state, since, offset),
    source: 'watchdog',
    time: now,
    data: { id, floor, state, since: rfc3339(since), incident, episode, offset },
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
  const { id, floor, reporting, lastAt, heard, announcedAt } = watched;
  const last =
    lastAt !== undefined
      ? ` It was last heard at ${rfc3339(lastAt)}.`
      : heard
        ? ''
        : ` It has not been heard since it was announced at ${rfc3339(announcedAt)}.`;
  const allowed = reporting ? ` of the ${seconds(judge.windowMs(reporting))} that it may be` : '';
  const rhythm = reporting ? `, with a heartbeat of ${seconds(reporting.heartbeatMs)}` : '';
  return `Detector ${id} on floor ${floor} has been silent for ${seconds(judge.silenceOf(watched))}${allowed}${rhythm}.${last}`;
}

function recoveryReason({ id, floor, heard, value }: Watched): string {
  if (!heard) return `Detector ${id} on floor ${floor} was taken out of the registry.`;
  return `Detector ${id} on floor ${floor} is heard again.${value === 1 ? ' It signals fire.' : ''}`;
}

/** At most one decimal: `4.2 s`. */
export function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
