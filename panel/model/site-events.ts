import type { Disablement } from '../../contracts/disablements.ts';
import type { Delivery, DetectorState, LampState, Notification, ValveState } from '../../contracts/events.ts';
import type { SiteEvent } from '../../contracts/site-events.ts';
import type { IncidentNews } from './incidents.ts';

/** What a change of an incident is to people; undefined where another event tells it (docs/http.md lists them all). */
export function incidentEvent(news: IncidentNews, notification: Notification): SiteEvent | undefined {
  const { kind, subject, floor, incident, detectors, reason, at } = notification;
  // That a fault goes on is shown, and is nothing that happened.
  if (news === 'updated') return undefined;
  if (kind === 'fire') {
    const data = { floor, incident, detectors, reason };
    if (news === 'closed') return { type: 'alarm.reset', at, subject, data };
    const joined = { ...data, detector: detectors.at(-1) ?? null, joined: news === 'joined' };
    return { type: 'alarm.raised', at, subject, data: joined };
  }
  if (subject.startsWith('valve/') && news === 'opened') {
    return { type: 'valve.fault', at, subject: `floor/${floor}`, data: { floor, incident, reason } };
  }
  return undefined;
}

/** The pipeline went silent with the first open fault about it, and came back with the end of the last one. */
export function pipelineEvent(silent: boolean, { incident, reason, at }: Notification): SiteEvent {
  const type = silent ? 'pipeline.silent' : 'pipeline.recovered';
  return { type, at, subject: 'pipeline', data: { incident, reason } };
}

/** What the watchdog's new word is to people, after the one `before`. */
export function detectorEvent(before: DetectorState['state'] | null, now: DetectorState): SiteEvent | undefined {
  const { id: detector, floor, state, since: at, incident } = now;
  const subject = `detector/${detector}`;
  if (state === before) return undefined;
  if (state === 'suspect' || state === 'silent') {
    return { type: `detector.${state}`, at, subject, data: { detector, floor, incident } };
  }
  if (before !== 'suspect' && before !== 'silent') return undefined;
  return { type: 'detector.recovered', at, subject, data: { detector, floor, from: before } };
}

/** A planned silence that began, or ended: by an order, or because its end has come. */
export function disablementEvent(change: Disablement): SiteEvent {
  const { subject, at } = change;
  const [kind, number] = subject.split('/');
  const what = kind === 'floor' ? 'floor' : 'detector';
  const about = { [what]: Number(number), by: change.change === 'ended' ? null : change.by };
  if (change.change !== 'disabled') return { type: `${what}.enabled`, at, subject, data: about };
  const { until, reason } = change;
  return { type: `${what}.disabled`, at, subject, data: { ...about, until, reason } };
}

/** A valve that moved. */
export function valveEvent({ floor, position, commandId, at }: ValveState, by: string | null): SiteEvent {
  const type = position === 'open' ? 'valve.opened' : 'valve.closed';
  return { type, at, subject: `floor/${floor}`, data: { floor, by, command: commandId } };
}

export function deliveryEvent(delivery: Delivery): SiteEvent {
  const { incident, channel, to, notification, kind, subject: about, attempt, reason, outcome, at } = delivery;
  const data = { channel, to, incident, notification, kind, about, attempt, reason };
  return { type: `notification.${outcome}`, at, subject: `incident/${incident}`, data };
}

export function lampEvent({ lamp, on, since, incident, text }: LampState): SiteEvent {
  return { type: on ? 'lamp.on' : 'lamp.off', at: since, subject: `lamp/${lamp}`, data: { lamp, incident, text } };
}
