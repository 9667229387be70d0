import mqtt from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { type Site, type SiteOptions, startSite } from '../../../app/index.ts';
import { startSite as startStrictSite } from '../../../app/kit/vitest.ts';
import { detectorTopic, MQTT_ROOT } from '../../../contracts/mqtt-topics.ts';
import { recordingLogger } from '../../support/logger.ts';
import { normalised } from './normalised.ts';

async function strict(options: SiteOptions = {}): Promise<Site> {
  const site = await startSite({ clock: 'virtual', strict: true, ...options });
  onTestFinished(() => site.stop());
  await site.clock.advance('1s');
  return site;
}

/** How the end of a strict site fails; empty where it does not. */
async function endOf(site: Site): Promise<string> {
  return await site.stop().then(
    () => '',
    (error: Error & { code?: string }) => `${error.code}: ${normalised(error.message)}`,
  );
}

test('nothing happened: the end is quiet', async () => {
  const site = await strict();
  await site.clock.advance('1m');
  expect(await endOf(site)).toBe('');
});

test('a notification that nobody asked for is named with what asked for it', async () => {
  const site = await strict();
  await site.detector(8).silence();
  await site.notified({ about: site.detector(8), channel: 'email' });
  expect(await endOf(site)).toMatchInlineSnapshot(`
    "UNEXPECTED_EVENTS: 2 things happened that nobody expected:
      00:00:09.000 lamp detector/8 on: Detector 8 on floor 4 has been silent for 5 s of the 4 s that it may be, with a heartbeat of 1 s. I… (panel)
      00:00:09.000 SMS to +15005550006 about detector/8: Fault: detector 8 is silent, floor 4 (hq). Detector 8 on floor 4 has been silent for 5 s of the 4 s… (sms)
    ask for it, or allow it: startSite({ allow: [{ notification: { about: 'detector/8' } }] })"
  `);
  // It is said once.
  await site.stop();
});

test('all that was asked for is expected: by a wait, an assertion, an inbox, a lamp', async () => {
  const site = await strict();
  await site.detector(8).silence();
  await site.notified({ about: site.detector(8) });
  await site.detector(7).trip();
  await site.inbox.email({ about: site.floor(3) });
  await site.inbox.sms({ about: site.floor(3) });
  await site.inbox.lamp({ about: site.floor(3) });
  await site.detector(8).revive();
  await site.lamp('detector/8').off();
  await site.notified({ channel: ['email', 'sms'], matching: /^Recovered/ });
  expect(await endOf(site)).toBe('');
});

test('what is asked for once does not excuse what comes later', async () => {
  const site = await strict();
  await site.detector(8).silence();
  await site.notified({ about: site.detector(8) });
  await site.detector(8).revive();
  await site.clock.advance('5s');
  const end = await endOf(site);
  expect(end).toMatch(/^UNEXPECTED_EVENTS: 3 things happened that nobody expected:\n/);
  expect(end.match(/Recovered: detector 8/g)).toHaveLength(2);
});

test('a dead letter is unexpected, and can be allowed', async () => {
  const site = await strict();
  await nonsense(site);
  expect(await endOf(site)).toMatch(/dead letter signals\.dead, from .*: PAYLOAD_INVALID: /);

  const tolerant = await strict({ allow: [{ deadLetter: { topic: 'signals.dead', code: 'PAYLOAD_INVALID' } }] });
  await nonsense(tolerant);
  expect(await endOf(tolerant)).toBe('');

  const mistaken = await strict({ allow: [{ deadLetter: { topic: 'emails.dead' } }] });
  await nonsense(mistaken);
  expect(await endOf(mistaken)).toMatch(/PAYLOAD_INVALID/);
});

test('an error in the log is unexpected, and can be allowed; the log gets it as it is', async () => {
  const logger = recordingLogger();
  const site = await strict({ logger, allow: [{ notification: {} }, { deadLetter: {} }] });
  site.parts.embedded.smtp?.behave(() => ({ do: 'refuse', at: 'RCPT', code: 550 }));
  await site.detector(7).trip();
  expect(logger.lines).toContainEqual({
    level: 'error',
    message: expect.stringContaining('gave up'),
    fields: expect.objectContaining({ role: 'email', code: 'EMAIL_REFUSED' }),
  });
  expect(await endOf(site)).toMatch(/00:00:01\.000 error in the log: gave up .*"code":"EMAIL_REFUSED"/);

  const tolerant = await strict({ allow: [{ notification: {} }, { deadLetter: {} }, { log: /gave up/ }] });
  tolerant.parts.embedded.smtp?.behave(() => ({ do: 'refuse', at: 'RCPT', code: 550 }));
  await tolerant.detector(7).trip();
  expect(await endOf(tolerant)).toBe('');
});

test('what may happen can be said when it is known', async () => {
  const site = await strict();
  await site.detector(7).trip();
  site.allow({ notification: { about: site.floor(3) } });
  expect(await endOf(site)).toBe('');
});

test('the end waits for what is under way', async () => {
  const site = await strict({ clock: 'real' });
  void site.detector(7).trip();
  await site.valve(3).opened();
  expect(await endOf(site)).toMatch(/FIRE: floor 3/);
});

test('a site that is not strict ends quietly, whatever happened', async () => {
  const site = await strict({ strict: false });
  await site.detector(7).trip();
  expect(await endOf(site)).toBe('');
});

test.fails('a test whose site is from smokewire/vitest fails by itself', async () => {
  const site = await startStrictSite({ clock: 'virtual' });
  await site.detector(7).trip();
});

test('what was sent, and what happened, can be looked at', async () => {
  const site = await strict({ allow: [{ notification: {} }] });
  expect([site.notifications(), site.events()]).toEqual([[], []]);
  await site.detector(8).silence();
  await site.clock.advance('10s');
  const about = { kind: 'fault', subject: 'detector/8', at: '2026-01-01T00:00:09.000Z' };
  expect(site.notifications()).toMatchObject([
    { ...about, channel: 'email', to: 'safety@example.com', title: 'Fault: detector 8 is silent, floor 4 (hq)' },
    { ...about, channel: 'lamp', to: 'detector/8', title: 'on' },
    { ...about, channel: 'sms', to: '+15005550006' },
  ]);
  expect(site.notifications({ channel: 'sms', about: site.detector(8) })).toHaveLength(1);
  expect(site.notifications({ kind: 'fire' })).toEqual([]);
  expect(site.events().map(({ type }) => type)).toEqual([
    'detector.silent',
    ...Array.from({ length: 4 }, () => expect.stringMatching(/^(notification\.sent|lamp\.on)$/)),
  ]);
});

async function nonsense(site: Site): Promise<void> {
  const client = await mqtt.connectAsync(site.addresses.mqtt, { reconnectPeriod: 0 });
  await client.publishAsync(detectorTopic(MQTT_ROOT, site.name, 3, 9, 'signal'), '2', { qos: 1 });
  await client.publishAsync(detectorTopic(MQTT_ROOT, site.name, 3, 9, 'signal'), '0', { qos: 1 });
  await client.endAsync();
  await site.clock.runUntil(() => site.deadLetters().length > 0, { within: '10s' });
}
