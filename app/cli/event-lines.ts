import type { SiteEvent, SiteEventType } from '../../contracts/site-events.ts';
import { painter, printable, type Terminal } from './terminal.ts';

type Style = Parameters<ReturnType<typeof painter>>[0];

/** How each event looks to people: its colour, its mark, and what it says. */
const LOOKS: Record<SiteEventType, { style: Style; mark: string; words: string }> = {
  'site.ready': { style: 'green', mark: '●', words: 'is ready' },
  'alarm.raised': { style: ['bold', 'red'], mark: '▲', words: 'FIRE' },
  'alarm.reset': { style: 'green', mark: '●', words: 'alarm reset' },
  'valve.opened': { style: ['bold', 'cyan'], mark: '◆', words: 'valve open' },
  'valve.closed': { style: 'cyan', mark: '◇', words: 'valve closed' },
  'valve.fault': { style: ['bold', 'yellow'], mark: '!', words: 'valve does not answer' },
  'detector.suspect': { style: 'yellow', mark: '?', words: 'lost its connection' },
  'detector.silent': { style: ['bold', 'yellow'], mark: '!', words: 'is silent' },
  'detector.recovered': { style: 'green', mark: '●', words: 'is back' },
  'detector.disabled': { style: 'dim', mark: '◌', words: 'disabled' },
  'detector.enabled': { style: 'green', mark: '●', words: 'enabled' },
  'floor.disabled': { style: 'dim', mark: '◌', words: 'disabled' },
  'floor.enabled': { style: 'green', mark: '●', words: 'enabled' },
  'pipeline.silent': {
    style: ['bold', 'magenta'],
    mark: '!',
    words: 'is silent: no verdict about any detector until it is back',
  },
  'pipeline.recovered': { style: 'green', mark: '●', words: 'is back' },
  'notification.sent': { style: 'blue', mark: '→ told of', words: '' },
  'notification.retried': { style: 'yellow', mark: '↻ not told yet, tried again, of', words: '' },
  'notification.dead': { style: ['bold', 'red'], mark: '✕ could not tell, dead letter, of', words: '' },
  'lamp.on': { style: 'yellow', mark: '◉', words: 'lamp on' },
  'lamp.off': { style: 'dim', mark: '○', words: 'lamp off' },
  'site.stopped': { style: 'dim', mark: '■', words: 'has stopped' },
};

/** What of an event's data people want to read behind its words. */
const DETAILS = ['channel', 'to', 'by', 'text', 'reason'];

/** One line for an event, with its time of day in UTC. */
export function eventLine(terminal: Terminal, { type, at, subject, data }: SiteEvent): string {
  const paint = painter(terminal);
  const { style, mark, words } = LOOKS[type];
  const details = DETAILS.flatMap((name) => {
    const value = data[name];
    return typeof value === 'string' ? [printable(value)] : [];
  }).join(' · ');
  // What became of a notification is an event of its incident; people know it by what the incident is about.
  const about = typeof data['about'] === 'string' ? data['about'] : subject;
  const what = paint(style, `${mark} ${subjectInWords(about)} ${words}`.trimEnd());
  return `${paint('dim', at.slice(11, 23))}  ${what}${details && `  ${paint('dim', details)}`}`;
}

/** `detector/7` as "detector 7", a lamp by what it is about. */
function subjectInWords(subject: string): string {
  const [kind = '', id = '', ...rest] = subject.split('/');
  return printable([kind === 'lamp' ? '' : kind, id, ...rest].join(' ').trim());
}
