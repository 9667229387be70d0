import type { DetectorView } from '../../contracts/http.ts';
import type { SiteEvent } from '../../contracts/site-events.ts';

type StateName = DetectorView['state'];

/** Each state's name and its sign, so that colour is never the only one. */
export const STATES: Readonly<Record<StateName, { name: string; sign: string }>> = {
  ok: { name: 'ok', sign: '' },
  alarm: { name: 'alarm', sign: '!' },
  suspect: { name: 'suspect', sign: '?' },
  silent: { name: 'silent', sign: '×' },
  'never-seen': { name: 'never seen', sign: '–' },
};

export const STATE_ORDER: readonly StateName[] = ['ok', 'alarm', 'suspect', 'silent', 'never-seen'];

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short' });

/** A time of day, with the date where that is not today. */
export function time(rfc3339: string | null): string {
  if (rfc3339 === null) return '–';
  const at = new Date(rfc3339);
  const today = at.toDateString() === new Date().toDateString();
  return today ? clock.format(at) : `${day.format(at)} ${clock.format(at)}`;
}

export function duration(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`;
}

/** That faults are not told for some time. */
export function disabledWords(until: string | null): string {
  return `disabled until ${time(until)}`;
}

/** `detector/7` as people say it. */
export function subject(name: string): string {
  const [kind = '', id] = name.split('/');
  return id === undefined ? kind : `${kind} ${id}`;
}

/** A floor's lamp tells of a fire, every other one of a fault. */
export function isFireLamp(lamp: string): boolean {
  return lamp.startsWith('floor/');
}

/** On whose word a valve stands as it does. */
export function author(by: string | null): string {
  if (by === null) return '';
  if (by.startsWith('incident/')) return 'by the fire alarm';
  if (by === 'operator/panel') return 'from the panel';
  return `by ${by.replace(/^operator\//, '')}`;
}

const CHANNELS: Readonly<Record<string, string>> = { email: 'e-mail', sms: 'SMS', lamp: 'lamp' };

export function channel(name: string): string {
  return CHANNELS[name] ?? name;
}

/** An event as a sentence. */
export function sentence({ type, subject: about, data }: SiteEvent): string {
  const who = subject(about);
  const notice = `${channel(text(data['channel']))} to ${text(data['to'])} about ${subject(text(data['about']))}`;
  switch (type) {
    case 'alarm.raised':
      return `Fire on ${who}: detector ${text(data['detector'])}${data['joined'] === true ? ' too' : ''}`;
    case 'alarm.reset':
      return `Fire on ${who} reset`;
    case 'valve.opened':
      return `Valve of ${who} opened ${author(textOrNull(data['by']))}`;
    case 'valve.closed':
      return `Valve of ${who} closed ${author(textOrNull(data['by']))}`;
    case 'valve.fault':
      return `Valve of ${who} does not answer`;
    case 'detector.suspect':
      return `${capital(who)} is suspect`;
    case 'detector.silent':
      return `${capital(who)} is silent`;
    case 'detector.recovered':
      return `${capital(who)} is back`;
    case 'detector.disabled':
    case 'floor.disabled':
      return `${capital(who)} ${disabledWords(textOrNull(data['until']))}`;
    case 'detector.enabled':
    case 'floor.enabled':
      return `${capital(who)} enabled`;
    case 'pipeline.silent':
      return 'The pipeline is silent: detectors cannot be judged';
    case 'pipeline.recovered':
      return 'The pipeline is back';
    case 'notification.sent':
      return `Sent: ${notice}`;
    case 'notification.retried':
      return `Will try again: ${notice}`;
    case 'notification.dead':
      return `Not delivered: ${notice}`;
    case 'lamp.on':
      return `Lamp on: ${subject(text(data['lamp']))}`;
    case 'lamp.off':
      return `Lamp off: ${subject(text(data['lamp']))}`;
    case 'site.ready':
      return 'The site is ready';
    case 'site.stopped':
      return 'The site has stopped';
  }
}

/** How much an event matters: what its line in the log looks like. */
export function weight({ type }: SiteEvent): 'fire' | 'fault' | 'good' | 'plain' {
  if (type === 'alarm.raised') return 'fire';
  if (/\.(fault|suspect|silent|dead)$/.test(type)) return 'fault';
  return /\.(recovered|reset)$/.test(type) ? 'good' : 'plain';
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
