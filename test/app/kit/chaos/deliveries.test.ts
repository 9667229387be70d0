import { describe, expect, test } from 'vitest';
import { told, virtualSite } from './site.ts';

describe('a mail server', () => {
  test('that refuses for now gets the mail again, and takes it once it is healed', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.mail.refuse({ code: 451 });
    await site.detector(1).trip();
    await site.clock.advance('3s');
    expect(site.inbox.emails()).toEqual([]);
    expect(fault.strikes).toBe(2);
    await fault.heal();
    await site.clock.advance('10s');
    expect(site.inbox.emails()).toHaveLength(1);
  });

  test('that refuses for good makes a dead letter with a lamp', async () => {
    const site = await virtualSite();
    await site.chaos.mail.refuse({ code: 550 });
    await site.detector(1).trip();
    await site.lamp('delivery/email').on({ within: '5s' });
    expect(site.deadLetters()).toHaveLength(1);
  });

  test('that refuses each mail once gets each twice', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.mail.refuse({ code: 421, only: [1] });
    await site.detector(1).trip();
    await site.detector(2).trip();
    await site.clock.advance('5s');
    expect(fault.strikes).toBe(2);
    expect(site.inbox.emails()).toHaveLength(2);
  });

  test('that refuses one person takes the mails of others', async () => {
    const site = await virtualSite({ emailTo: ['a@example.com', 'b@example.com'] });
    await site.chaos.mail.refuse({ code: 550, to: 'a@example.com' });
    await site.detector(1).trip();
    await site.clock.advance('5s');
    expect(site.inbox.emails().map(({ to }) => to)).toEqual([['b@example.com']]);
  });

  test('that hangs is given up after the timeout, in the site’s time', async () => {
    const site = await virtualSite({ sendTimeoutMs: 10_000 });
    const fault = await site.chaos.mail.hang({ only: [1] });
    await site.detector(1).trip();
    const began = site.clock.now();
    await site.clock.runUntil(() => told(site).some((event) => event.startsWith('notification.retried')));
    expect(site.clock.now() - began).toBe(10_000);
    await site.inbox.email({ about: site.floor(1) });
    expect(site.clock.now() - began).toBe(11_000);
    expect(fault.strikes).toBe(1);
  });

  test('that hangs and comes to itself takes the mail, once', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.mail.hang();
    await site.detector(1).trip();
    await site.clock.advance('5s');
    expect(site.inbox.emails()).toEqual([]);
    await fault.heal();
    expect(site.inbox.emails()).toHaveLength(1);
    await site.clock.advance('30s');
    expect(site.inbox.emails()).toHaveLength(1);
  });

  test('that hangs with many mails at a time is still at rest', async () => {
    const site = await virtualSite({ detectors: 12, floors: 12 });
    await site.chaos.mail.hang();
    for (let id = 1; id <= 12; id++) {
      await site.detector(id).trip();
      await site.detector(id).clear();
    }
    // Eight are sent at a time: the others follow when those have timed out.
    await site.clock.advance('15s');
    await site.chaos.heal();
    await site.clock.advance('10s');
    const ids = site.inbox.emails().map(({ id }) => id);
    expect(new Set(ids).size).toBe(12);
  });

  test('that takes the mail and does not say so gets it twice, under one id', async () => {
    const site = await virtualSite();
    await site.chaos.mail.cut({ kept: true, only: [1] });
    await site.detector(1).trip();
    await site.clock.advance('5s');
    const ids = site.inbox.emails().map(({ id }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
  });
});

describe('Twilio', () => {
  test('that is unavailable gets the message again, and takes it once it is healed', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.sms.refuse();
    await site.detector(1).trip();
    await site.clock.advance('3s');
    expect(site.inbox.smss()).toEqual([]);
    expect(fault.strikes).toBe(2);
    await fault.heal();
    await site.clock.advance('10s');
    expect(site.inbox.smss()).toHaveLength(1);
  });

  test('that refuses for good makes a dead letter with a lamp', async () => {
    const site = await virtualSite();
    await site.chaos.sms.refuse({ status: 400, code: 21_610 });
    await site.detector(1).trip();
    await site.lamp('delivery/sms').on({ within: '5s' });
  });

  test.each([false, true])('that hangs is given up after the timeout; kept: %s', async (kept) => {
    const site = await virtualSite();
    const fault = await site.chaos.sms.hang({ only: [1], kept });
    await site.detector(1).trip();
    await site.clock.advance('12s');
    expect(fault.strikes).toBe(1);
    expect(site.inbox.smss()).toHaveLength(kept ? 2 : 1);
  });

  test('that closes the connection gets the message again', async () => {
    const site = await virtualSite();
    await site.chaos.sms.cut({ only: [1] });
    await site.detector(1).trip();
    await site.clock.advance('5s');
    expect(site.inbox.smss()).toHaveLength(1);
  });
});
