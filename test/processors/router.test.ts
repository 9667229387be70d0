import { expect, test } from 'vitest';
import { eventRecord, parseEvent } from '../../contracts/cloud-events.ts';
import {
  emailRequested,
  incidentChanged,
  lampRequested,
  type Notification,
  smsRequested,
} from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';
import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import { routerDefinition } from '../../processors/router.ts';
import { SMS_CHARACTERS, wordingOf } from '../../processors/router-wording.ts';
import { ceId, dataOf, received } from './records.ts';

const NOW = Date.UTC(2026, 0, 1);
const options = {
  site: 'hq',
  emailTo: ['ada@example.com', 'bob@example.com'],
  smsTo: ['+15005550006', '+15005550007'],
};
const silence: Notification = {
  incident: idOf('test', 'incident'),
  kind: 'fault',
  change: 'opened',
  subject: 'detector/8',
  floor: 3,
  detectors: [8],
  at: new Date(NOW).toISOString(),
  reason: 'Detector 8 on floor 3 has been silent for 4.2 s.',
};
const fire: Notification = {
  ...silence,
  kind: 'fire',
  subject: 'floor/3',
  reason: 'Detector 8 on floor 3 signals fire.',
};

function route(data: Notification, id = 'n'): readonly OutRecord[] {
  const record = eventRecord(incidentChanged, { id: idOf('test', id), source: 'watchdog', time: NOW, data });
  return routerDefinition(options)
    .createTask(0, PARTITIONS)
    .input(received(record, 0), NOW + 5).outputs;
}

test('opened and closed go to every recipient of every channel, an update to the panel alone', () => {
  for (const change of ['opened', 'closed'] as const) {
    const notices = route({ ...silence, change });
    expect(notices.map(({ topic }) => topic)).toEqual(['panel', 'emails', 'emails', 'sms', 'sms']);
    expect(dataOf(notices, 'emails').map(({ to }) => to)).toEqual(options.emailTo);
    expect(dataOf(notices, 'sms').map(({ to }) => to)).toEqual(options.smsTo);
    expect(dataOf(notices, 'panel')[0]).toMatchObject({ lamp: 'detector/8', on: change === 'opened' });
    expect(notices.every(({ key }) => key === silence.incident)).toBe(true);
  }
  const update = route({ ...fire, change: 'updated' });
  expect(update.map(({ topic }) => topic)).toEqual(['panel']);
  expect(dataOf(update, 'panel')[0]).toMatchObject({ lamp: 'floor/3', on: true });
});

test('notices fit their schemas, and bear their own id', () => {
  const definitions = { panel: lampRequested, emails: emailRequested, sms: smsRequested } as const;
  for (const notice of route({ ...fire, reason: 'x'.repeat(1_000), subject: 'y'.repeat(200) })) {
    const record = received(notice, 0);
    if (notice.topic === 'panel') parseEvent(record, [definitions.panel]);
    if (notice.topic === 'emails') parseEvent(record, [definitions.emails]);
    if (notice.topic === 'sms') parseEvent(record, [definitions.sms]);
    expect(JSON.parse(String(notice.value)).id).toBe(ceId(notice));
  }
});

test('a repeated notification has the same notices, and no two notices share an id', () => {
  const ids = route(silence).map(ceId);
  expect(route(silence).map(ceId)).toEqual(ids);
  expect(new Set([...ids, ...route(silence, 'other').map(ceId)]).size).toBe(10);
});

test('a fire notice is worth an hour, a fault’s a day', () => {
  expect(dataOf(route(fire), 'sms')[0]).toMatchObject({ expires: new Date(NOW + 3_600_000).toISOString() });
  expect(dataOf(route(silence), 'sms')[0]).toMatchObject({ expires: new Date(NOW + 86_400_000).toISOString() });
});

test('the words say first what matters most', () => {
  const title = (data: Notification) => wordingOf(data, 'hq').title;
  expect(title(silence)).toBe('Fault: detector 8 is silent, floor 3 (hq)');
  expect(title({ ...silence, change: 'closed' })).toBe('Recovered: detector 8, floor 3 (hq)');
  expect(title(fire)).toBe('FIRE: floor 3 (hq)');
  expect(title({ ...fire, change: 'closed' })).toBe('Fire ended: floor 3 (hq)');
  expect(title({ ...silence, cause: 'flapping' })).toBe('Fault: detector 8 comes and goes, floor 3 (hq)');
  expect(title({ ...silence, cause: 'flapping', change: 'closed' })).toBe(
    'Over: detector 8 comes and goes, floor 3 (hq)',
  );
  expect(title({ ...silence, subject: 'valve/3' })).toBe('Fault: valve 3 does not answer (hq)');
  expect(title({ ...silence, subject: 'pipeline', floor: null, detectors: [] })).toBe('Fault: pipeline is silent (hq)');
  const { text, sms, lamp } = wordingOf(silence, 'hq');
  expect(text.startsWith(silence.reason)).toBe(true);
  expect(text).toContain(silence.incident);
  expect(sms).toBe(`Fault: detector 8 is silent, floor 3 (hq). ${silence.reason}`);
  expect(lamp).toBe(silence.reason);
});

test('an SMS fits into one segment of the GSM alphabet', () => {
  const { sms } = wordingOf({ ...fire, reason: `Zurückgesetzt von operator/Łukasz 🔥[x] ${'y'.repeat(200)}` }, 'hq');
  expect(sms).toHaveLength(SMS_CHARACTERS);
  expect(sms).toMatch(/^[\n\x20-\x5a_a-z]*$/);
  expect(sms).toContain('Zuruckgesetzt');
});

test('a floor that is lost has a lamp of its own beside its fire, and says how many it stands for', () => {
  const detectors = [4, 7, 10];
  const lost = { ...silence, subject: 'floor/3', detectors, behind: 60 };
  const notices = route(lost);
  expect(dataOf(notices, 'panel')[0]).toMatchObject({ lamp: 'fault/floor/3', on: true });
  const [mail] = dataOf(notices, 'emails');
  expect(mail?.['title']).toBe('Fault: floor 3 is lost: 60 detectors are silent (hq)');
  expect(mail?.['text']).toContain('Detector: 4, 7, 10 and 57 more\n');
  const [back] = dataOf(route({ ...lost, change: 'closed' }), 'emails');
  expect(back?.['title']).toBe('Recovered: floor 3 (hq)');
});
