import { expect, onTestFinished, test } from 'vitest';
import { realClock } from '../../app/clock.ts';
import { SmtpBroker } from '../../brokers/smtp/index.ts';
import { TwilioStandIn } from '../../brokers/twilio/index.ts';
import { rfc3339 } from '../../contracts/clock.ts';
import { parseEvent } from '../../contracts/cloud-events.ts';
import { DEAD_LETTER_HEADERS } from '../../contracts/dead-letters.ts';
import { type Delivery, deliveryRecorded, lampSwitched } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import { headerOf, type InRecord } from '../../contracts/kafka-records.ts';
import type { Channel, Notice } from '../../notifiers/channel.ts';
import { emailChannel } from '../../notifiers/email.ts';
import { kafkaFeed } from '../../notifiers/kafka-feed.ts';
import { lampChannel } from '../../notifiers/lamp.ts';
import { Notifier } from '../../notifiers/notifier.ts';
import { smsChannel } from '../../notifiers/sms.ts';
import { eventually } from '../support/eventually.ts';
import { recordingLogger } from '../support/logger.ts';
import { embeddedSite, type KafkaSite } from '../transport/kafka/site.ts';
import { email, emailRecord, sms, smsRecord } from './support/notices.ts';

const SOON = { expires: rfc3339(realClock.now() + 600_000) };

/** The role of one channel, with retries in milliseconds instead of minutes. */
async function role<N extends Notice>(site: KafkaSite, channelOn: (sink: KafkaSink) => Channel<N>) {
  const sink = await site.producer();
  const { client, metrics, logger } = site;
  const feed = kafkaFeed({ client, metrics });
  const retryDelaysMs = [20, 40, 60, 80];
  return site.started(
    new Notifier({
      channel: channelOn(sink),
      feed,
      sink,
      clock: realClock,
      logger,
      metrics,
      retryDelaysMs,
      graceMs: 200,
    }),
  );
}
type KafkaSink = Awaited<ReturnType<KafkaSite['producer']>>;

async function mailServer(): Promise<SmtpBroker> {
  const broker = new SmtpBroker({ clock: realClock, logger: recordingLogger() });
  onTestFinished(() => broker.stop());
  await broker.start();
  return broker;
}

function deliveriesIn(records: readonly InRecord[]): Delivery[] {
  return records.map((record) => parseEvent(record, [deliveryRecorded]).data);
}

/** How each notification ended so far. */
function endsIn(records: readonly InRecord[]): Map<string, string> {
  const ended = deliveriesIn(records).filter(({ outcome }) => outcome !== 'retried');
  return new Map(ended.map(({ notification, outcome }) => [notification, outcome]));
}

test('a mail server that does everything wrong: each mail ends in the inbox, or as a dead letter with a lamp', async () => {
  const site = await embeddedSite();
  const broker = await mailServer();
  broker.behave(({ number }) => {
    if (number % 7 === 0) return { do: 'refuse', at: 'MAIL', code: 451 };
    if (number % 11 === 0) return { do: 'refuse', at: 'RCPT', code: 550 };
    if (number % 13 === 0) return { do: 'close', at: 'DATA' };
    if (number === 37) return { do: 'hang', at: 'DATA' };
    return { do: 'accept' };
  });
  const producer = await site.producer();
  const notices = Array.from({ length: 60 }, (_, i) => email(`mail ${i}`, SOON));
  await producer.send(notices.map((notice) => emailRecord(notice, realClock.now())));
  await role(site, (sink) => lampChannel({ sink }));
  const first = await role(site, () => emailChannel({ url: broker.url, timeoutMs: 1_000 }));
  // Another process takes over in the middle of it.
  await eventually('the first mails', () => broker.inbox.list().length > 20);
  await Promise.all([first.stop(), role(site, () => emailChannel({ url: broker.url, timeoutMs: 1_000 }))]);

  const deliveries = await site.records('deliveries');
  const mails = () => deliveriesIn(deliveries).filter(({ channel }) => channel === 'email');
  await eventually('the end of each mail', () => notices.every(({ id }) => endsIn(deliveries).has(id)), 20_000);

  const arrived = new Set(broker.inbox.list().map((mail) => mail.id));
  const dead = await site.records('emails.dead');
  const buried = new Set(dead.map(({ value }) => value?.toString()));
  for (const notice of notices) {
    const end = endsIn(deliveries).get(notice.id);
    if (end === 'sent') expect(arrived).toContain(`<${notice.id}@smokewire.invalid>`);
    else expect(buried).toContain(JSON.stringify(notice));
  }
  expect(mails().some(({ outcome }) => outcome === 'retried')).toBe(true);
  expect(dead.map((record) => headerOf(record, DEAD_LETTER_HEADERS.code))).toContain('EMAIL_REFUSED');
  const lamps = await site.records('lamps');
  await eventually('the lamp', () => lamps.length > 0);
  expect(lamps.map((record) => parseEvent(record, [lampSwitched]).data)[0]).toMatchObject({
    lamp: 'delivery/email',
    on: true,
  });
}, 30_000);

test('neither secret nor message shows in log, deliveries, lamps or headers', async () => {
  const site = await embeddedSite();
  const accountSid = `AC${'0123456789abcdef'.repeat(2)}`;
  const authToken = 'a-token-that-nobody-may-see';
  const twilio = new TwilioStandIn({ clock: realClock, logger: recordingLogger(), accountSid, authToken });
  onTestFinished(() => twilio.stop());
  await twilio.start();
  const notice = sms('secret', { ...SOON, text: 'The third floor is on fire.' });
  twilio.behave((_, number) => {
    const code = { 1: 500, 2: 429 }[number] ?? 400;
    return { do: 'refuse', status: code, code: 20000, message: `no ${authToken}: ${notice.text}` };
  });
  const options = { accountSid, authToken, from: '+15005550006', baseUrl: twilio.url, clock: realClock };
  await role(site, () => smsChannel(options));
  await (await site.producer()).send([smsRecord(notice, realClock.now())]);
  const [deliveries, panel, dead] = [
    await site.records('deliveries'),
    await site.records('panel'),
    await site.records('sms.dead'),
  ];
  await eventually('the lamp', () => panel.length === 1 && deliveries.length === 3);
  expect(deliveriesIn(deliveries).map(({ outcome, attempt }) => `${outcome} ${attempt}`)).toEqual([
    'retried 1',
    'retried 2',
    'dead 3',
  ]);
  // The message itself stands in the dead letter's value, and nowhere else.
  const headers = dead.map((record) => Object.values(record.headers).map(String));
  const told = [...deliveries, ...panel].map(({ value }) => value?.toString());
  const everything = JSON.stringify([site.logger.lines, told, headers]);
  expect(everything).toContain('HTTP 400, Twilio 20000');
  for (const hidden of [authToken, Buffer.from(`${accountSid}:${authToken}`).toString('base64'), 'third floor']) {
    expect(everything).not.toContain(hidden);
  }
}, 30_000);

test('a fire is told within a second though a mail server hangs on every fault before it', async () => {
  const site = await embeddedSite();
  const broker = await mailServer();
  broker.behave(({ number }) => (number <= 7 ? { do: 'hang', at: 'DATA' } : { do: 'accept' }));
  await role(site, () => emailChannel({ url: broker.url }));
  const producer = await site.producer();
  const faults = Array.from({ length: 500 }, (_, i) => email(`fault ${i}`, SOON));
  const fire = email('fire', { ...SOON, kind: 'fire', incident: idOf('test-incident', 'fire') });
  await producer.send(faults.map((notice) => emailRecord(notice, realClock.now())));
  await producer.send([emailRecord(fire, realClock.now())]);
  await eventually('the fire', () => broker.inbox.list().some(({ subject }) => subject === fire.title), 1_000);
  expect(broker.inbox.list().map(({ subject }) => subject)).toEqual([fire.title]);
}, 30_000);
