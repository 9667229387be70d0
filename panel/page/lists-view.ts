import type { IncidentView, LampView, ReceivedEmail, ReceivedSms } from '../../contracts/http.ts';
import type { SiteEvent } from '../../contracts/site-events.ts';
import { byId, el } from './dom.ts';
import { channel, isFireLamp, sentence, subject, time, weight } from './words.ts';

const SHOWN_INCIDENTS = 30;
const SHOWN_LINES = 200;

const OUTCOMES: Readonly<Record<string, string>> = { sent: '✓', retried: '↻', dead: '✕' };

/** The lamps that are on. */
export function drawLamps(lamps: Iterable<LampView>): void {
  const lit = [...lamps].filter(({ on }) => on).sort((a, b) => (a.since < b.since ? 1 : -1));
  const items = lit
    .slice(0, 100)
    .map(({ lamp, text, since }) =>
      el(
        'li',
        { title: text, 'data-kind': isFireLamp(lamp) ? 'fire' : 'fault' },
        el('span', { class: 'bulb', 'aria-hidden': 'true' }),
        el('strong', {}, subject(lamp)),
        el('span', { class: 'text' }, text),
        clock(since),
      ),
    );
  byId('lamps').replaceChildren(...(items.length > 0 ? items : [nothing('No lamp is on.')]));
}

/** Incidents with who was told: open fires, open faults, then what is over; each newest first. */
export function drawIncidents(incidents: Iterable<IncidentView>): void {
  const all = [...incidents].sort((a, b) => rank(a) - rank(b) || (a.openedAt < b.openedAt ? 1 : -1));
  const items = all.slice(0, SHOWN_INCIDENTS).map(incidentItem);
  byId('incidents').replaceChildren(...(items.length > 0 ? items : [nothing('Nothing has happened.')]));
}

function rank({ kind, closedAt }: IncidentView): number {
  return closedAt !== null ? 2 : kind === 'fire' ? 0 : 1;
}

function incidentItem({
  kind,
  subject: about,
  detectors,
  reason,
  openedAt,
  closedAt,
  notifications,
}: IncidentView): HTMLLIElement {
  const told = notifications.map(({ channel: by, to, outcome, attempt, reason: why }) =>
    el(
      'li',
      { 'data-outcome': outcome, title: `${to}: ${outcome} at attempt ${attempt}${why === null ? '' : `, ${why}`}` },
      `${OUTCOMES[outcome] ?? ''} ${channel(by)}`,
    ),
  );
  const head = el(
    'p',
    { class: 'incident-head' },
    el('strong', {}, `${kind === 'fire' ? 'Fire' : 'Fault'}: ${subject(about)}`),
    kind === 'fire' ? el('span', { class: 'text' }, `detector ${detectors.join(', ')}`) : null,
    closedAt === null ? clock(openedAt) : el('span', { class: 'when' }, `${time(openedAt)} – ${time(closedAt)}`),
  );
  const state = closedAt === null ? 'open' : 'closed';
  return el(
    'li',
    { 'data-kind': kind, 'data-open': state },
    head,
    el('p', { class: 'why' }, reason),
    el('ul', { class: 'told', 'aria-label': 'who was told' }, ...told),
  );
}

/** What arrived at the mail server and at the SMS service; what is undefined runs elsewhere. */
export function drawInbox(emails: readonly ReceivedEmail[] | undefined, sms: readonly ReceivedSms[] | undefined): void {
  byId('inbox-box').hidden = !emails && !sms;
  const letters = [
    ...(emails ?? []).map(({ subject: title, text, to, receivedAt }) => ({
      kind: 'mail',
      title,
      text,
      to: to.join(', '),
      receivedAt,
    })),
    ...(sms ?? []).map(({ text, to, receivedAt }) => ({ kind: 'SMS', title: text, text, to, receivedAt })),
  ].sort((a, b) => (a.receivedAt < b.receivedAt ? 1 : -1));
  const opened = new Set(
    [...byId('inbox').querySelectorAll('details[open]')].map((item) => item.getAttribute('data-key')),
  );
  const items = letters.slice(0, 50).map(({ kind, title, text, to, receivedAt }) => {
    const key = `${kind} ${receivedAt} ${to} ${title}`;
    const summary = el(
      'summary',
      {},
      el('span', { class: 'kind' }, kind),
      el('span', { class: 'title' }, title),
      clock(receivedAt),
    );
    const details = el(
      'details',
      { 'data-key': key },
      summary,
      el('p', { class: 'to' }, `to ${to}`),
      el('pre', {}, text),
    );
    details.open = opened.has(key);
    return el('li', {}, details);
  });
  byId('inbox').replaceChildren(...(items.length > 0 ? items : [nothing('Nothing has arrived.')]));
}

/** Puts events on top of the log, the last one highest. */
export function logEvents(events: readonly SiteEvent[]): void {
  const log = byId('log');
  // A lamp that was told to shine has an event of its own.
  const told = events.filter(({ type, data }) => type !== 'notification.sent' || data['channel'] !== 'lamp');
  const lines = told
    .slice(-SHOWN_LINES)
    .map((event) => el('li', { 'data-weight': weight(event) }, clock(event.at), el('span', {}, sentence(event))));
  log.prepend(...lines.reverse());
  while (log.childElementCount > SHOWN_LINES) log.lastElementChild?.remove();
}

function clock(at: string): HTMLElement {
  return el('time', { class: 'when', datetime: at }, time(at));
}

function nothing(words: string): HTMLLIElement {
  return el('li', { class: 'nothing' }, words);
}
