import twilio from 'twilio';
import type RequestClient from 'twilio/lib/base/RequestClient.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { TwilioStandIn } from '../../../brokers/twilio/index.ts';
import { receivedSmsSchema } from '../../../contracts/http.ts';
import { NOTIFICATION_HEADER } from '../../../contracts/sms-header.ts';
import { eventually, within } from '../../support/eventually.ts';
import { watchedHolds } from '../../support/holds.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const accountSid = `AC${'0123456789abcdef'.repeat(2)}`;
const authToken = 'the account’s secret';
const clock = new ManualClock(Date.UTC(2026, 1, 3, 4, 5, 6));
const { held, transit } = watchedHolds();
const options = { clock, logger: recordingLogger(), accountSid, authToken, transit };
const standIn = new TwilioStandIn(options);

beforeAll(() => standIn.start());
afterAll(() => standIn.stop());
beforeEach(() => standIn.behave());

/** The SDK's own transport, towards another address. */
class Redirected extends twilio.RequestClient {
  override request<T>(request: RequestClient.RequestOptions<T>) {
    request.uri = request.uri.replace('https://api.twilio.com', standIn.url);
    return super.request<T>(request);
  }
}

const sdk = (token = authToken, timeout = 5_000) =>
  twilio(accountSid, token, { httpClient: new Redirected({ timeout }), autoRetry: false });

const notice = { to: '+4915112345678', from: '+15005550006', body: 'Fire on floor 3: detector 7' };
const send = (change: Partial<typeof notice> & { validityPeriod?: number } = {}) =>
  sdk().messages.create({ ...notice, ...change });
const messagesUrl = () => `${standIn.url}/2010-04-01/Accounts/${accountSid}/Messages.json`;
const basic = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;

/** The fields of a form, posted by hand. */
const post = (form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(messagesUrl(), {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: { authorization: basic, ...headers },
  });

/** Twilio's error code in a response. */
const codeOf = async (response: Response) => z.object({ code: z.int() }).parse(await response.json()).code;

describe('the Messages resource, through Twilio’s SDK', () => {
  it('takes a message, answers its resource, and shows it in the inbox', async () => {
    const message = await send({ validityPeriod: 600, body: 'Feuer – étage 3 🔥 & more = +1' });
    expect(message.sid).toMatch(/^SM[0-9a-f]{32}$/);
    expect(message).toMatchObject({ status: 'queued', to: notice.to, from: notice.from, accountSid, numSegments: '1' });
    expect(message.dateCreated).toEqual(new Date('2026-02-03T04:05:06Z'));
    expect(receivedSmsSchema.parse(standIn.inbox.list().at(-1))).toEqual({
      id: message.sid,
      to: notice.to,
      from: notice.from,
      text: 'Feuer – étage 3 🔥 & more = +1',
      validityPeriod: 600,
      receivedAt: '2026-02-03T04:05:06.000Z',
    });
  });

  it('gives each message a SID of its own, and knows when no validity was asked for', async () => {
    const sids = await Promise.all(Array.from({ length: 20 }, () => send().then((message) => message.sid)));
    expect(new Set(sids).size).toBe(20);
    expect(standIn.inbox.list().at(-1)?.validityPeriod).toBeNull();
  });

  it.each([
    ['a recipient that is no number', { to: '12345' }, 21211],
    ['a recipient with letters', { to: '+49151abc' }, 21211],
    ['a body of 1,601 characters', { body: 'x'.repeat(1_601) }, 21617],
    ['a sender that is no number', { from: 'Smokewire' }, 21212],
    ['a sender that is not the account’s', { from: '+4915112345678' }, 21606],
    ['a validity of 0 s', { validityPeriod: 0 }, 21624],
    ['a validity of 36,001 s', { validityPeriod: 36_001 }, 21624],
    ['a validity of 1.5 s', { validityPeriod: 1.5 }, 21624],
    ['To +15005550001', { to: '+15005550001' }, 21211],
    ['To +15005550002', { to: '+15005550002' }, 21612],
    ['To +15005550003', { to: '+15005550003' }, 21408],
    ['To +15005550004', { to: '+15005550004' }, 21610],
    ['To +15005550009', { to: '+15005550009' }, 21614],
    ['From +15005550001', { from: '+15005550001' }, 21212],
    ['From +15005550007', { from: '+15005550007' }, 21606],
    ['From +15005550008', { from: '+15005550008' }, 21611],
  ])('refuses %s as Twilio does', async (_, change, code) => {
    const before = standIn.inbox.list().length;
    await expect(send(change)).rejects.toMatchObject({
      status: 400,
      code,
      moreInfo: `https://www.twilio.com/docs/errors/${code}`,
    });
    expect(standIn.inbox.list()).toHaveLength(before);
  });

  it.each([
    ['1,600 characters of four bytes', { body: '🔥'.repeat(1_600) }],
    ['a validity of 1 s', { validityPeriod: 1 }],
    ['a validity of 36,000 s', { validityPeriod: 36_000 }],
  ])('takes %s', async (_, change) => {
    await expect(send(change)).resolves.toMatchObject({ status: 'queued' });
  });

  it('refuses a wrong token', async () => {
    await expect(sdk('guess').messages.create(notice)).rejects.toMatchObject({ status: 401, code: 20003 });
  });
});

describe('requests by hand', () => {
  it.each([
    ['To', 21604, { From: notice.from, Body: 'x' }],
    ['From', 21603, { To: notice.to, Body: 'x' }],
    ['Body', 21602, { To: notice.to, From: notice.from }],
    ['everything', 21604, {}],
  ])('are told that %s is missing', async (_, code, form) => {
    const response = await post(form);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code, status: 400 });
  });

  it('without a name are refused before anything is looked at', async () => {
    const response = await fetch(messagesUrl(), { method: 'POST', body: 'x' });
    expect([response.status, await codeOf(response)]).toEqual([401, 20003]);
  });

  it.each([
    [
      'an unknown route',
      () => fetch(`${standIn.url}/2010-04-01/Accounts/${accountSid}/Calls.json`, { headers: { authorization: basic } }),
      404,
      20404,
    ],
    [
      'another account',
      () => fetch(messagesUrl().replace(accountSid, `AC${'f'.repeat(32)}`), { headers: { authorization: basic } }),
      404,
      20404,
    ],
    ['another method', () => fetch(messagesUrl(), { headers: { authorization: basic } }), 405, 20004],
    ['another content type', () => post({}, { 'content-type': 'application/json' }), 415, 20415],
    ['too much of a body', () => post({ Body: 'x'.repeat(100_000) }), 413, 20413],
  ])('with %s are refused', async (_, ask, status, code) => {
    const response = await ask();
    expect([response.status, await codeOf(response)]).toEqual([status, code]);
  });

  it('with a percent sign too many, or bytes that are not UTF-8, do no harm', async () => {
    const response = await fetch(messagesUrl(), {
      method: 'POST',
      body: Buffer.from('To=%zz&From=%ff&Body=\xff%', 'latin1'),
      headers: { authorization: basic, 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(await codeOf(response)).toBe(21211);
  });
});

describe('a script', () => {
  it.each([
    [429, 20429],
    [500, 20500],
    [503, 20503],
    [400, 21610],
  ])('answers %i with %i', async (status, code) => {
    standIn.behave((_, number) =>
      number === 1 ? { do: 'refuse', status, code, message: 'as asked' } : { do: 'accept' },
    );
    const before = standIn.inbox.list().length;
    await expect(send()).rejects.toMatchObject({ status, code, message: 'as asked' });
    await send({ body: 'second attempt' });
    expect(standIn.inbox.list().slice(before)).toMatchObject([{ text: 'second attempt' }]);
  });

  it.each([
    ['REQUEST', 0],
    ['REPLY', 1],
  ] as const)('closes the connection at the %s', async (at, kept) => {
    standIn.behave(() => ({ do: 'close', at }));
    const before = standIn.inbox.list().length;
    await expect(send()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(standIn.inbox.list()).toHaveLength(before + kept);
  });

  it('hangs until the sender gives up', async () => {
    standIn.behave(() => ({ do: 'hang', at: 'REQUEST' }));
    await expect(sdk(authToken, 100).messages.create(notice)).rejects.toMatchObject({ code: 'ECONNABORTED' });
  });

  it.each([
    ['REQUEST', 0],
    ['REPLY', 1],
  ] as const)('hangs at %s until it is released', async (at, kept) => {
    standIn.behave(({ notification }) => (notification === 'a' ? { do: 'hang', at } : { do: 'accept' }));
    const before = standIn.inbox.list().length;
    const form = { To: notice.to, From: notice.from, Body: 'x' };
    const hanging = post(form, { [NOTIFICATION_HEADER]: 'a' });
    await eventually('the message to hang', () => held.length > 0);
    expect(held).toEqual(['sms a']);
    expect((await post(form, { [NOTIFICATION_HEADER]: 'b' })).status).toBe(201);
    expect(standIn.inbox.list()).toHaveLength(before + 1 + kept);
    standIn.release();
    expect((await hanging).status).toBe(201);
    expect(standIn.inbox.list()).toHaveLength(before + 2);
    expect(held).toEqual([]);
  });

  it('tells no more of a message whose sender gave up', async () => {
    standIn.behave(() => ({ do: 'hang', at: 'REQUEST' }));
    const before = standIn.inbox.list().length;
    const giveUp = new AbortController();
    const headers = { authorization: basic, [NOTIFICATION_HEADER]: 'a' };
    const body = new URLSearchParams({ To: notice.to, From: notice.from, Body: 'x' });
    const hanging = fetch(messagesUrl(), { method: 'POST', body, headers, signal: giveUp.signal });
    await eventually('the message to hang', () => held.length > 0);
    giveUp.abort();
    await expect(hanging).rejects.toThrow();
    await eventually('the connection to be closed', () => held.length === 0);
    standIn.release();
    expect(standIn.inbox.list()).toHaveLength(before);
  });

  it('sees the message', async () => {
    standIn.behave(({ to }) => (to === notice.to ? { do: 'refuse', status: 503, code: 20503 } : { do: 'accept' }));
    await expect(send()).rejects.toMatchObject({ status: 503 });
    await expect(send({ to: '+15005550006' })).resolves.toMatchObject({ status: 'queued' });
  });
});

describe('its life', () => {
  it('says which port is taken', async () => {
    const { port } = new URL(standIn.url);
    const second = new TwilioStandIn({ ...options, port: Number(port) });
    await expect(second.start()).rejects.toMatchObject({ code: 'PORT_IN_USE', message: expect.stringContaining(port) });
  });

  it('stops at once although a request hangs', async () => {
    const own = new TwilioStandIn(options);
    await own.start();
    let hanging = false;
    own.behave(() => {
      hanging = true;
      return { do: 'hang', at: 'REQUEST' };
    });
    const asking = fetch(messagesUrl().replace(standIn.url, own.url), {
      method: 'POST',
      body: new URLSearchParams({ To: notice.to, From: notice.from, Body: 'x' }),
      headers: { authorization: basic },
    }).catch((error: Error) => error);
    await eventually('the request to hang', () => hanging);
    await within('the stop', Promise.all([own.stop(), own.stop()]), 1_000);
    expect(await asking).toBeInstanceOf(Error);
    expect(own.missing()).not.toEqual([]);
  });
});
