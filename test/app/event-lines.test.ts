import { expect, it } from 'vitest';
import { eventLine } from '../../app/cli/event-lines.ts';
import { SITE_EVENT_TYPES, type SiteEvent } from '../../contracts/site-events.ts';
import { terminalOf } from './terminal-of.ts';

const event = (type: SiteEvent['type'], subject: string, data: SiteEvent['data'] = {}): SiteEvent => ({
  ...{ type, subject, data },
  at: '2026-01-02T03:04:05.678Z',
});

it.each<[SiteEvent, string]>([
  [
    event('alarm.raised', 'floor/3', { reason: 'Detector 7 signals fire.' }),
    '▲ floor 3 FIRE  Detector 7 signals fire.',
  ],
  [event('valve.opened', 'floor/3', { by: 'operator/panel', floor: 3 }), '◆ floor 3 valve open  operator/panel'],
  [event('lamp.on', 'lamp/detector/8', { text: 'silent' }), '◉ detector 8 lamp on  silent'],
  [
    event('notification.sent', 'incident/0a1b2c3d', { channel: 'sms', to: '+15005550006', about: 'detector/8' }),
    '→ told of detector 8  sms · +15005550006',
  ],
  [event('site.stopped', 'site'), '■ site has stopped'],
])('$type in words', (told, line) => {
  expect(eventLine(terminalOf().terminal, told)).toBe(`03:04:05.678  ${line}`);
});

it('has words for every event', () => {
  for (const type of SITE_EVENT_TYPES) expect(eventLine(terminalOf().terminal, event(type, 'floor/3'))).toMatch(/\w$/);
});

it('obeys nothing that comes from outside', () => {
  const { terminal } = terminalOf({ isTTY: true, env: { NO_COLOR: '1' } });
  const hostile = event('lamp.on', 'lamp/\u001b[2J', { text: '\u001b]0;owned\u0007', reason: 'one\ntwo' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  expect(eventLine(terminal, hostile)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
});
