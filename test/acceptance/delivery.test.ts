import { describe, expect, test } from 'vitest';
import type { Site, SiteEvent, SiteOptions } from '../../app/index.ts';
import type { MailAnswer } from '../../brokers/smtp/script.ts';
import type { SmsAnswer } from '../../brokers/twilio/script.ts';
import { eventually } from '../support/eventually.ts';
import { embedded, eventsOf, siteIn } from './world.ts';

/** Retries in milliseconds instead of minutes. */
const SOON: SiteOptions = { retryDelaysMs: [50, 50, 50, 50] };
/** Given up soon where it hangs, and long enough for a good send on a busy machine. */
const IMPATIENT: SiteOptions = { sendTimeoutMs: 1_000 };

/** A site whose first sends over a channel go wrong as `answers` say, one after the other, and then right. */
async function siteWhere(
  wrong: { mail?: readonly MailAnswer[]; sms?: readonly SmsAnswer[] },
  options: SiteOptions = {},
) {
  const site = await siteIn(embedded, { ...SOON, ...options });
  const { smtp, twilio } = site.parts.embedded;
  const { mail = [], sms = [] } = wrong;
  smtp?.behave(({ number }) => mail[number - 1] ?? { do: 'accept' });
  twilio?.behave((_message, number) => sms[number - 1] ?? { do: 'accept' });
  return { site, events: eventsOf(site) };
}

const deliveriesOf = (events: readonly SiteEvent[], channel: string) =>
  events.filter(({ type, data }) => type.startsWith('notification.') && data['channel'] === channel);
const outcomes = (events: readonly SiteEvent[], channel: string) =>
  deliveriesOf(events, channel).map(({ type }) => type.replace('notification.', ''));
const reasonsOf = (events: readonly SiteEvent[], channel: string) =>
  deliveriesOf(events, channel).map(({ data }) => data['reason']);

const LATER: MailAnswer = { do: 'refuse', at: 'RCPT', code: 451 };
const NEVER: MailAnswer = { do: 'refuse', at: 'RCPT', code: 550 };

describe('a mail server', () => {
  test.each<[string, MailAnswer]>([
    ['says that it cannot now', LATER],
    ['closes in the middle of the message', { do: 'close', at: 'DATA' }],
  ])('that %s is asked again until it has taken the mail, once', async (_, wrong) => {
    const { site, events } = await siteWhere({ mail: [wrong, wrong] });
    await site.detector(7).trip();
    await site.inbox.email({ about: site.floor(3) });
    await eventually('the whole story', () => outcomes(events, 'email').includes('sent'));
    expect(outcomes(events, 'email')).toEqual(['retried', 'retried', 'sent']);
    expect(site.inbox.emails()).toHaveLength(1);
    expect(site.deadLetters()).toEqual([]);
  });

  test('that hangs is given up and asked again', async () => {
    const { site, events } = await siteWhere({ mail: [{ do: 'hang', at: 'DATA' }] }, IMPATIENT);
    await site.detector(7).trip();
    await site.inbox.email({ about: site.floor(3) });
    await eventually('the whole story', () => outcomes(events, 'email').includes('sent'));
    expect(reasonsOf(events, 'email')[0]).toMatch(/^SEND_TIMEOUT/);
    expect(site.deadLetters()).toEqual([]);
  });

  test('that takes a mail and is gone before it says so gets it again, under the same id', async () => {
    const { site, events } = await siteWhere({ mail: [{ do: 'close', at: 'REPLY' }] });
    await site.detector(7).trip();
    await eventually('the whole story', () => outcomes(events, 'email').includes('sent'));
    const ids = site.inbox.emails().map((mail) => mail.id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  test('that refuses for good makes a dead letter with a lamp; its replay arrives', async () => {
    const { site, events } = await siteWhere({ mail: [NEVER] });
    await site.detector(7).trip();
    await site.lamp('delivery/email').on();
    const letter = await eventually('the dead letter', () => site.deadLetters()[0]);
    expect(letter).toMatchObject({
      topic: 'emails.dead',
      code: 'EMAIL_REFUSED',
      message: expect.stringContaining('550'),
      attempts: 1,
      replayable: true,
    });
    await eventually('its event', () => outcomes(events, 'email').includes('dead'));
    expect(outcomes(events, 'email')).toEqual(['dead']);
    expect(site.inbox.emails()).toEqual([]);

    await replay(site, letter);
    await site.inbox.email({ about: site.floor(3) });
    await eventually('its event', () => outcomes(events, 'email').includes('sent'));
    expect(site.inbox.emails()).toHaveLength(1);
    expect(site.deadLetters()).toMatchObject([{ replayable: false }]);
  });

  test('that never can makes a dead letter after the last attempt, and no standstill', async () => {
    const { site, events } = await siteWhere({ mail: Array.from({ length: 5 }, () => LATER) });
    await site.detector(7).trip();
    await site.lamp('delivery/email').on();
    await eventually('its event', () => outcomes(events, 'email').includes('dead'));
    expect(outcomes(events, 'email')).toEqual(['retried', 'retried', 'retried', 'retried', 'dead']);
    expect(site.deadLetters()).toMatchObject([{ code: 'EMAIL_DEFERRED', attempts: 5 }]);
    await site.detector(6).trip();
    await site.inbox.email({ about: site.floor(2) });
  });
});

describe('the SMS service', () => {
  test.each<[string, SmsAnswer]>([
    ['has too many requests', { do: 'refuse', status: 429, code: 20429 }],
    ['is broken', { do: 'refuse', status: 503, code: 20503 }],
    ['hangs up', { do: 'close', at: 'REQUEST' }],
  ])('that %s is asked again until it has taken the message', async (_, wrong) => {
    const { site, events } = await siteWhere({ sms: [wrong, wrong] });
    await site.detector(7).trip();
    await site.inbox.sms({ about: site.floor(3) });
    await eventually('the whole story', () => outcomes(events, 'sms').includes('sent'));
    expect(outcomes(events, 'sms')).toEqual(['retried', 'retried', 'sent']);
    expect(site.inbox.smss()).toHaveLength(1);
  });

  test('that hangs is given up and asked again', async () => {
    const { site, events } = await siteWhere({ sms: [{ do: 'hang', at: 'REQUEST' }] }, IMPATIENT);
    await site.detector(7).trip();
    await site.inbox.sms({ about: site.floor(3) });
    await eventually('the whole story', () => outcomes(events, 'sms').includes('sent'));
    expect(reasonsOf(events, 'sms')[0]).toMatch(/^SEND_TIMEOUT/);
    expect(site.deadLetters()).toEqual([]);
  });

  test('that does not know a number makes a dead letter with a lamp, and the other numbers are told', async () => {
    const { site } = await siteWhere({}, { smsTo: ['+15005550001', '+15005550006'] });
    await site.detector(7).trip();
    await site.lamp('delivery/sms').on();
    expect((await site.inbox.sms({ about: site.floor(3) })).to).toBe('+15005550006');
    const letter = await eventually('the dead letter', () => site.deadLetters()[0]);
    expect(letter).toMatchObject({ topic: 'sms.dead', code: 'SMS_REFUSED', attempts: 1 });
    expect(letter.message).toContain('21211');
  });
});

test('a mail server that hangs on a backlog of faults delays neither their SMS nor the mail about a fire', async () => {
  const hanging: MailAnswer = { do: 'hang', at: 'DATA' };
  // Two mails for each of eight faults: seven hang, and nine wait behind them.
  const { site } = await siteWhere(
    { mail: Array.from({ length: 7 }, () => hanging) },
    { detectors: 9, emailTo: ['one@example.com', 'two@example.com'], sendTimeoutMs: 60_000 },
  );
  await site.detector(9).is('ok');
  await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((id) => site.detector(id).silence()));
  for (const id of [1, 2, 3, 4, 5, 6, 7, 8]) await site.inbox.sms({ about: site.detector(id) });
  await site.detector(9).trip();
  const { subject } = await site.inbox.email({ within: 2_000 });
  expect(subject).toMatch(/^FIRE: floor 1/);
});

async function replay(site: Site, { topic, partition, offset }: { topic: string; partition: number; offset: number }) {
  const url = `${site.addresses.api}/api/v1/dead-letters/${topic}/${partition}/${offset}/replay`;
  expect((await fetch(url, { method: 'POST' })).status).toBe(202);
}
