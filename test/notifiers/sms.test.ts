import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TwilioStandIn } from '../../brokers/twilio/index.ts';
import type { SmsAnswer } from '../../brokers/twilio/script.ts';
import { rfc3339 } from '../../contracts/clock.ts';
import type { SmsNotice } from '../../contracts/events.ts';
import { type SmsOptions, smsChannel } from '../../notifiers/sms.ts';
import { smsFailure } from '../../notifiers/sms-failure.ts';
import { eventually, within } from '../support/eventually.ts';
import { recordingLogger } from '../support/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { connectionsOf, listening } from './support/listening.ts';
import { ASKED, sms } from './support/notices.ts';

const accountSid = `AC${'0123456789abcdef'.repeat(2)}`;
const authToken = 'a-token-of-32-characters-exactly';
const clock = new ManualClock(ASKED);
const broker = new TwilioStandIn({ clock, logger: recordingLogger(), accountSid, authToken });
beforeAll(() => broker.start());
afterAll(() => broker.stop());
beforeEach(() => broker.behave());

const never = new AbortController().signal;
const event = (data: SmsNotice) => ({ id: data.id, type: 't', source: 's', time: ASKED, data });
const channel = (change: Partial<SmsOptions> = {}) =>
  smsChannel({ accountSid, authToken, from: '+15005550006', baseUrl: broker.url, clock, timeoutMs: 5_000, ...change });
const send = async (notice: SmsNotice, change: Partial<SmsOptions> = {}) => {
  const one = channel(change);
  return within('the end of a send', one.send(event(notice), never)).finally(() => one.close());
};

describe('an SMS', () => {
  it('says what the notice says, to whom, and for how long it is of use', async () => {
    expect(await send(sms('fire', { text: 'Fire on floor 3 – Prüfung' }))).toEqual({ result: 'sent' });
    expect(broker.inbox.list().at(-1)).toMatchObject({
      to: '+15005550010',
      from: '+15005550006',
      text: 'Fire on floor 3 – Prüfung',
      validityPeriod: 3_600,
    });
  });

  it.each([
    [500, 1],
    [90_500, 90],
    [86_400_000, 36_000],
  ])('of use for %i ms has a validity period of %i s', async (ms, seconds) => {
    await send(sms('x', { expires: rfc3339(ASKED + ms) }));
    expect(broker.inbox.list().at(-1)?.validityPeriod).toBe(seconds);
  });

  it('keeps its connection for the next one, and closes it in the end', async () => {
    let opened = 0;
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(201, { 'content-type': 'application/json' }).end('{"sid":"SM1"}');
    }).on('connection', () => {
      opened += 1;
    });
    const open = connectionsOf(server);
    const one = channel({ baseUrl: `http://127.0.0.1:${await listening(server)}` });
    await one.send(event(sms('a')), never);
    await one.send(event(sms('b')), never);
    expect(opened).toBe(1);
    await one.close();
    await eventually('the end of the connection', () => open.size === 0);
    server.close();
  });
});

describe('what Twilio does, and whether it is worth another try', () => {
  const table: [string, SmsAnswer, string][] = [
    ['too many requests', { do: 'refuse', status: 429, code: 20429 }, 'SMS_DEFERRED'],
    ['an error of its own', { do: 'refuse', status: 500, code: 20500 }, 'SMS_DEFERRED'],
    ['unavailable', { do: 'refuse', status: 503, code: 20503 }, 'SMS_DEFERRED'],
    ['no such number', { do: 'refuse', status: 400, code: 21211 }, 'SMS_REFUSED'],
    ['unsubscribed', { do: 'refuse', status: 400, code: 21610 }, 'SMS_REFUSED'],
    ['wrong credentials', { do: 'refuse', status: 401, code: 20003 }, 'SMS_REFUSED'],
    ['closes', { do: 'close', at: 'REQUEST' }, 'SMS_DEFERRED'],
    ['closes instead of answering', { do: 'close', at: 'REPLY' }, 'SMS_DEFERRED'],
    ['hangs', { do: 'hang', at: 'REQUEST' }, 'SEND_TIMEOUT'],
  ];
  it.each(table)('%s', async (_, answer, code) => {
    broker.behave(() => answer);
    expect(await send(sms('x'), { timeoutMs: 300 })).toMatchObject({ result: 'failed', code });
  });

  it.each([
    ['+15005550001', '21211'],
    ['+15005550004', '21610'],
    ['+15005550009', '21614'],
  ])('its test number %s is refused for good with %s', async (to, number) => {
    const outcome = await send(sms('x', { to }));
    expect(outcome).toMatchObject({ result: 'failed', code: 'SMS_REFUSED', reason: expect.stringContaining(number) });
  });

  it('is asked once: the pipeline retries, not the SDK', async () => {
    let asked = 0;
    broker.behave((_, number) => {
      asked = number;
      return { do: 'refuse', status: 429, code: 20429 };
    });
    await send(sms('x'));
    expect(asked).toBe(1);
  });

  it('is not there', async () => {
    expect(await send(sms('x'), { baseUrl: 'http://127.0.0.1:1' })).toMatchObject({
      result: 'failed',
      code: 'SMS_DEFERRED',
    });
  });

  it.each([
    [{ status: 408 }, 'SMS_DEFERRED'],
    [{ status: 404, code: 20404 }, 'SMS_REFUSED'],
    [{ status: 502, code: null, message: undefined }, 'SMS_DEFERRED'],
    [{ code: 'ECONNRESET', message: 'read ECONNRESET' }, 'SMS_DEFERRED'],
    [{ code: 'ETIMEDOUT' }, 'SEND_TIMEOUT'],
    [undefined, 'SMS_DEFERRED'],
  ])('%j is %s', (thrown, code) => {
    expect(smsFailure(thrown, { secrets: [], body: '' }).code).toBe(code);
  });
});

describe('an abort', () => {
  it('lets go of the connection', async () => {
    const server = createServer(() => {});
    const open = connectionsOf(server);
    const one = channel({ baseUrl: `http://127.0.0.1:${await listening(server)}` });
    const controller = new AbortController();
    const sending = one.send(event(sms('x')), controller.signal);
    await eventually('a request', () => open.size > 0);
    controller.abort();
    await within('the end of the send', sending);
    await eventually('the end of the connection', () => open.size === 0);
    await one.close();
    server.close();
  });
});

describe('what nobody may read', () => {
  it('is not in the reason: neither token nor message', async () => {
    const notice = sms('x', { text: 'The third floor is on fire.' });
    const basic = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
    const seen: string[] = [];
    for (const gossip of [`your token is ${authToken}`, `you sent Basic ${basic}`, `you said: ${notice.text}`]) {
      broker.behave(() => ({ do: 'refuse', status: 400, code: 21000, message: gossip }));
      seen.push(JSON.stringify(await send(notice)));
    }
    broker.behave(() => ({ do: 'close', at: 'REQUEST' }));
    seen.push(JSON.stringify(await send(notice)));
    expect(seen[0]).toContain('your token is ***');
    for (const text of seen) for (const hidden of [authToken, basic, 'third floor']) expect(text).not.toContain(hidden);
  });
});
