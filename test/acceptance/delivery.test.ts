import { describe, expect, test } from 'vitest';
import type { Allowed, Site, SiteOptions } from '../../app/index.ts';
import type { MailAnswer } from '../../brokers/smtp/script.ts';
import type { SmsAnswer } from '../../brokers/twilio/script.ts';
import { embedded, siteIn } from './world.ts';

/** What a notification that cannot be sent brings along. */
const LOST: readonly Allowed[] = [{ deadLetter: {} }, { log: /gave up a notification/ }];

/** A site whose first sends over a channel go wrong as `answers` say, one after the other, and then right. */
async function siteWhere(
  wrong: { mail?: readonly MailAnswer[]; sms?: readonly SmsAnswer[] },
  options: SiteOptions = {},
): Promise<Site> {
  // Heartbeats are not what this is about: without them, time costs next to nothing.
  const site = await siteIn(embedded, {
    heartbeat: '30s',
    allow: [{ notification: { about: 'floor/3' } }],
    ...options,
  });
  const { smtp, twilio } = site.parts.embedded;
  const { mail = [], sms = [] } = wrong;
  smtp?.behave(({ number }) => mail[number - 1] ?? { do: 'accept' });
  twilio?.behave((_message, number) => sms[number - 1] ?? { do: 'accept' });
  return site;
}

const deliveriesOf = (site: Site, channel: string) =>
  site.events().filter(({ type, data }) => type.startsWith('notification.') && data['channel'] === channel);
const outcomes = (site: Site, channel: string) =>
  deliveriesOf(site, channel).map(({ type }) => type.replace('notification.', ''));
const reasonsOf = (site: Site, channel: string) => deliveriesOf(site, channel).map(({ data }) => data['reason']);

const LATER: MailAnswer = { do: 'refuse', at: 'RCPT', code: 451 };
const NEVER: MailAnswer = { do: 'refuse', at: 'RCPT', code: 550 };

describe('a mail server', () => {
  test.each<[string, MailAnswer]>([
    ['says that it cannot now', LATER],
    ['closes in the middle of the message', { do: 'close', at: 'DATA' }],
  ])('that %s is asked again until it has taken the mail, once', async (_, wrong) => {
    const site = await siteWhere({ mail: [wrong, wrong] });
    await site.detector(7).trip();
    await expect(site).toHaveNotified({ about: site.floor(3), channel: 'email' });
    expect(outcomes(site, 'email')).toEqual(['retried', 'retried', 'sent']);
    expect(site.inbox.emails()).toHaveLength(1);
  });

  test('that hangs is given up and asked again', async () => {
    const site = await siteWhere({ mail: [{ do: 'hang', at: 'END' }] });
    await site.detector(7).trip();
    await expect(site).toHaveNotified({ about: site.floor(3), channel: 'email' });
    expect(reasonsOf(site, 'email')[0]).toMatch(/^SEND_TIMEOUT/);
  });

  test('that takes a mail and is gone before it says so gets it again, under the same id', async () => {
    const site = await siteWhere({ mail: [{ do: 'close', at: 'REPLY' }] });
    await site.detector(7).trip();
    await expect(site).toHaveNotified({ about: site.floor(3), channel: 'email' });
    const ids = site.inbox.emails().map((mail) => mail.id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  test('that refuses for good makes a dead letter with a lamp; its replay arrives', async () => {
    const site = await siteWhere({ mail: [NEVER] }, { allow: [...LOST, { notification: { about: 'floor/3' } }] });
    await site.detector(7).trip();
    await expect(site).toHaveNotified({ about: 'delivery/email', channel: 'lamp' });
    const [letter] = site.deadLetters();
    expect(letter).toMatchObject({
      topic: 'emails.dead',
      code: 'EMAIL_REFUSED',
      message: expect.stringContaining('550'),
      attempts: 1,
      replayable: true,
    });
    expect(outcomes(site, 'email')).toEqual(['dead']);
    expect(site.inbox.emails()).toEqual([]);

    if (letter) await replay(site, letter);
    await expect(site).toHaveNotified({ about: site.floor(3), channel: 'email', times: 1 });
    expect(site.inbox.emails()).toHaveLength(1);
    expect(site.deadLetters()).toMatchObject([{ replayable: false }]);
  });

  test('that never can makes a dead letter after the last attempt, and no standstill', async () => {
    const fires: Allowed[] = [{ notification: { about: 'floor/3' } }, { notification: { about: 'floor/2' } }];
    const site = await siteWhere({ mail: Array.from({ length: 5 }, () => LATER) }, { allow: [...LOST, ...fires] });
    await site.detector(7).trip();
    await expect(site).toHaveNotified({ about: 'delivery/email', channel: 'lamp', within: '200s' });
    expect(outcomes(site, 'email')).toEqual(['retried', 'retried', 'retried', 'retried', 'dead']);
    expect(site.deadLetters()).toMatchObject([{ code: 'EMAIL_DEFERRED', attempts: 5 }]);
    await site.detector(6).trip();
    await expect(site).toHaveNotified({ about: site.floor(2), channel: 'email' });
  });
});

describe('the SMS service', () => {
  test.each<[string, SmsAnswer]>([
    ['has too many requests', { do: 'refuse', status: 429, code: 20429 }],
    ['is broken', { do: 'refuse', status: 503, code: 20503 }],
    ['hangs up', { do: 'close', at: 'REQUEST' }],
  ])('that %s is asked again until it has taken the message', async (_, wrong) => {
    const site = await siteWhere({ sms: [wrong, wrong] });
    await site.detector(7).trip();
    await expect(site).toHaveNotified({ about: site.floor(3), channel: 'sms' });
    expect(outcomes(site, 'sms')).toEqual(['retried', 'retried', 'sent']);
    expect(site.inbox.smss()).toHaveLength(1);
  });

  test('that hangs is given up and asked again', async () => {
    const site = await siteWhere({ sms: [{ do: 'hang', at: 'REQUEST' }] });
    await site.detector(7).trip();
    await expect(site).toHaveNotified({ about: site.floor(3), channel: 'sms' });
    expect(reasonsOf(site, 'sms')[0]).toMatch(/^SEND_TIMEOUT/);
  });

  test('that does not know a number makes a dead letter with a lamp, and the other numbers are told', async () => {
    const site = await siteWhere(
      {},
      { smsTo: ['+15005550001', '+15005550006'], allow: [...LOST, { notification: { about: 'floor/3' } }] },
    );
    await site.detector(7).trip();
    await expect(site).toHaveNotified({ about: 'delivery/sms', channel: 'lamp' });
    await expect(site).toHaveNotified({ about: site.floor(3), channel: 'sms', to: '+15005550006', times: 1 });
    expect(site.deadLetters()).toMatchObject([
      { topic: 'sms.dead', code: 'SMS_REFUSED', attempts: 1, message: expect.stringContaining('21211') },
    ]);
  });
});

test('a mail server that hangs on a backlog of faults delays neither their SMS nor the mail about a fire', async () => {
  const hanging: MailAnswer = { do: 'hang', at: 'END' };
  // Two mails for each of eight faults: seven hang, and nine wait behind them.
  const site = await siteWhere(
    { mail: Array.from({ length: 7 }, () => hanging) },
    {
      ...{ detectors: 9, heartbeat: '1s', emailTo: ['one@example.com', 'two@example.com'], sendTimeoutMs: 60_000 },
      allow: [{ notification: {} }],
    },
  );
  await site.detector(9).is('ok');
  for (const id of [1, 2, 3, 4, 5, 6, 7, 8]) await site.detector(id).silence();
  for (const id of [1, 2, 3, 4, 5, 6, 7, 8]) {
    await expect(site).toHaveNotified({ about: site.detector(id), channel: 'sms' });
  }
  await site.detector(9).trip();
  const { subject } = await site.inbox.email({ within: '2s' });
  expect(subject).toMatch(/^FIRE: floor 1/);
});

async function replay(site: Site, { topic, partition, offset }: { topic: string; partition: number; offset: number }) {
  const url = `${site.addresses.api}/api/v1/dead-letters/${topic}/${partition}/${offset}/replay`;
  expect((await fetch(url, { method: 'POST' })).status).toBe(202);
}
