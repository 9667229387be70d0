import { describe, expect, test } from 'vitest';
import type { Allowed, Site } from '../../../app/index.ts';
import { startSite } from '../../../app/kit/vitest.ts';
import { normalised } from './normalised.ts';

/** A site a second after its start, of which the assertions are to fail, and not the end of the test. */
async function virtual(...allow: readonly Allowed[]): Promise<Site> {
  const site = await startSite({ clock: 'virtual', allow: [{ notification: {} }, ...allow] });
  await site.clock.advance('1s');
  return site;
}

/** The message with which an assertion fails. */
async function failure(assertion: Promise<void>): Promise<string> {
  const message = await assertion.then(
    () => undefined,
    (error: Error) => error.message,
  );
  expect(message).toBeTypeOf('string');
  return normalised(message ?? '');
}

describe('toHaveNotified', () => {
  test('holds once people are told over each channel, within a time of the site', async () => {
    const site = await virtual();
    const began = site.clock.now();
    await site.detector(8).silence();
    await expect(site).toHaveNotified({ about: site.detector(8), within: '10s' });
    expect(site.clock.now() - began).toBeLessThanOrEqual(10_000);
    await expect(site).toHaveNotified({
      about: 'detector/8',
      channel: ['email', 'sms'],
      kind: 'fault',
      matching: /silent/gi,
    });
    await expect(site).toHaveNotified({ about: 'detector/8', channel: 'email', to: 'safety@example.com', times: 1 });
  });

  test('fails when nobody is told, with the story so far', async () => {
    const site = await virtual();
    await site.detector(8).silence();
    const message = await failure(
      expect(site).toHaveNotified({ about: site.detector(8), channel: 'email', within: '3s' }),
    );
    expect(message).toMatchInlineSnapshot(`
      "waited 3000 ms in vain for e-mail about detector/8
      the story of detector/8, at 00:00:04.000:
        00:00:01.000 signals detector 8 signals 0
      where it stopped:
        nothing was heard of detector/8 since 00:00:01.000, which is not too long yet: its window is 4000 ms, and it is 00:00:04.000
      nothing was sent"
    `);
  });

  test('fails when a channel stays away, and says why: the mail server refuses', async () => {
    const refused = { deadLetter: { topic: 'emails.dead', code: 'EMAIL_REFUSED' } };
    const site = await virtual(refused, { log: /gave up/ });
    site.parts.embedded.smtp?.behave(() => ({ do: 'refuse', at: 'RCPT', code: 550 }));
    await site.detector(8).silence();
    const message = await failure(expect(site).toHaveNotified({ about: site.detector(8), within: '10s' }));
    expect(message).toMatchInlineSnapshot(`
      "waited 10000 ms in vain for e-mail, SMS, lamp about detector/8
      the story of detector/8, at 00:00:11.000:
        00:00:01.000 signals detector 8 signals 0
        00:00:06.000 detector-states detector 8 is silent
        00:00:06.000 verdicts the watchdog: opened: Detector 8 on floor 4 has been silent for 5 s of the 4 s that it may be, with a heartbeat of 1 s.…
        00:00:09.000 notifications fault opened, detector/8: Detector 8 on floor 4 has been silent for 5 s of the 4 s that it may be, with a heartbeat of …
        00:00:09.000 emails to safety@example.com: Fault: detector 8 is silent, floor 4 (hq)
        00:00:09.000 sms to +15005550006: Fault: detector 8 is silent, floor 4 (hq). Detector 8 on floor 4 has been silent for 5 s of the 4 s th…
        00:00:09.000 panel lamp delivery/email is to be on
        00:00:09.000 panel lamp detector/8 is to be on
        00:00:09.000 deliveries SMS to +15005550006: sent, attempt 1
        00:00:09.000 deliveries e-mail to safety@example.com: dead, attempt 1: EMAIL_REFUSED: RCPT TO 550: Can't send mail - all recipients were reject…
        00:00:09.000 deliveries lamp to delivery/email: sent, attempt 1
        00:00:09.000 deliveries lamp to detector/8: sent, attempt 1
        00:00:09.000 lamps lamp delivery/email is on
        00:00:09.000 lamps lamp detector/8 is on
        00:00:09.000 emails.dead dead letter: EMAIL_REFUSED: RCPT TO 550: Can't send mail - all recipients were rejected: 550 refused by the script
      where it stopped:
        e-mail to safety@example.com was not sent and is given up after 1 attempts: EMAIL_REFUSED: RCPT TO 550: Can't send mail - all recipients were rejected: 550 refused by the script
      sent of it:
        00:00:09.000 lamp detector/8 on: Detector 8 on floor 4 has been silent for 5 s of the 4 s that it may be, with a heartbeat of 1 s. I… (panel)
        00:00:09.000 SMS to +15005550006 about detector/8: Fault: detector 8 is silent, floor 4 (hq). Detector 8 on floor 4 has been silent for 5 s of the 4 s… (sms)
      sent instead:
        00:00:09.000 lamp delivery/email on: email about detector/8, incident <id>, was not delivered: EMAIL_REF… (panel)"
    `);
  });

  test('fails while a notification waits for a further attempt, and says until when', async () => {
    const site = await virtual();
    site.parts.embedded.twilio?.behave(() => ({ do: 'refuse', status: 503, code: 20503 }));
    await site.detector(7).trip();
    const message = await failure(expect(site).toHaveNotified({ about: site.floor(3), channel: 'sms', within: '3s' }));
    expect(message).toMatchInlineSnapshot(`
      "waited 3000 ms in vain for SMS about floor/3
      the story of floor/3, at 00:00:04.000:
        00:00:01.000 alarms alarm on floor 3 by detector 7
        00:00:01.000 valve-commands valve 3: open, by incident/<id>
        00:00:01.000 notifications fire opened, floor/3: Detector 7 on floor 3 signals fire. The valve of floor 3 is opened.
        00:00:01.000 emails to safety@example.com: FIRE: floor 3 (hq)
        00:00:01.000 sms to +15005550006: FIRE: floor 3 (hq). Detector 7 on floor 3 signals fire. The valve of floor 3 is opened.
        00:00:01.000 sms.retry-1 to +15005550006, not before 00:00:02.000, after 1 attempts: FIRE: floor 3 (hq). Detector 7 on floor 3 signals fire. The…
        00:00:01.000 panel lamp floor/3 is to be on
        00:00:01.000 deliveries SMS to +15005550006: retried, attempt 1: SMS_DEFERRED: HTTP 503, Twilio 20503: refused by the script
        00:00:01.000 deliveries e-mail to safety@example.com: sent, attempt 1
        00:00:01.000 deliveries lamp to floor/3: sent, attempt 1
        00:00:01.000 lamps lamp floor/3 is on
        00:00:02.000 valve-states valve 3 is open
        00:00:02.000 sms.retry-2 to +15005550006, not before 00:00:07.000, after 2 attempts: FIRE: floor 3 (hq). Detector 7 on floor 3 signals fire. The…
        00:00:02.000 deliveries SMS to +15005550006: retried, attempt 2: SMS_DEFERRED: HTTP 503, Twilio 20503: refused by the script
      where it stopped:
        SMS to +15005550006 was not sent yet: still in retry until 00:00:07.000 (sms.retry-2): SMS_DEFERRED: HTTP 503, Twilio 20503: refused by the script
      sent instead:
        00:00:01.000 e-mail to safety@example.com about floor/3: FIRE: floor 3 (hq) (emails)
        00:00:01.000 lamp floor/3 on: Detector 7 on floor 3 signals fire. The valve of floor 3 is opened. (panel)"
    `);
  });

  test('fails when there are more than asked for', async () => {
    const site = await virtual();
    for (const act of ['silence', 'revive', 'silence'] as const) {
      await site.detector(8)[act]();
      await site.clock.advance('10s');
    }
    const message = await failure(expect(site).toHaveNotified({ channel: 'email', matching: /silent/, times: 1 }));
    expect(message).toMatchInlineSnapshot(`
      "more than e-mail matching /silent/, 1 over each channel:
        00:00:09.000 e-mail to safety@example.com about detector/8: Fault: detector 8 is silent, floor 4 (hq) (emails)
        00:00:29.000 e-mail to safety@example.com about detector/8: Fault: detector 8 is silent, floor 4 (hq) (emails)"
    `);
  });

  test('.not holds where nobody was told, after the time that is given', async () => {
    const site = await virtual();
    const began = site.clock.now();
    await expect(site).not.toHaveNotified();
    await expect(site).not.toHaveNotified({ about: site.detector(8), within: '1m' });
    expect(site.clock.now() - began).toBe(60_000);
  });

  test('.not fails where somebody was told by then, and says of what', async () => {
    const site = await virtual();
    await site.detector(8).silence();
    await expect(site).not.toHaveNotified({ within: '2s' });
    const message = await failure(
      expect(site).not.toHaveNotified({ about: site.detector(8), channel: 'sms', within: '10s' }),
    );
    expect(message).toMatchInlineSnapshot(`
      "there was to be no SMS about detector/8, and there is:
        00:00:09.000 SMS to +15005550006 about detector/8: Fault: detector 8 is silent, floor 4 (hq). Detector 8 on floor 4 has been silent for 5 s of the 4 s… (sms)
      the story of detector/8, at 00:00:13.000:
        00:00:01.000 signals detector 8 signals 0
        00:00:06.000 detector-states detector 8 is silent
        00:00:06.000 verdicts the watchdog: opened: Detector 8 on floor 4 has been silent for 5 s of the 4 s that it may be, with a heartbeat of 1 s.…
        00:00:09.000 notifications fault opened, detector/8: Detector 8 on floor 4 has been silent for 5 s of the 4 s that it may be, with a heartbeat of …
        00:00:09.000 emails to safety@example.com: Fault: detector 8 is silent, floor 4 (hq)
        00:00:09.000 sms to +15005550006: Fault: detector 8 is silent, floor 4 (hq). Detector 8 on floor 4 has been silent for 5 s of the 4 s th…
        00:00:09.000 panel lamp detector/8 is to be on
        00:00:09.000 deliveries SMS to +15005550006: sent, attempt 1
        00:00:09.000 deliveries e-mail to safety@example.com: sent, attempt 1
        00:00:09.000 deliveries lamp to detector/8: sent, attempt 1
        00:00:09.000 lamps lamp detector/8 is on
      nothing of it is open: what was asked for was done"
    `);
  });
});

describe('toHaveOpened', () => {
  test('holds once the valve is open', async () => {
    const site = await virtual();
    await site.detector(7).trip();
    await expect(site.valve(3)).toHaveOpened({ within: '1s' });
    await expect(site.valve(2)).not.toHaveOpened();
  });

  test('fails where it is not, and says what it was told', async () => {
    const site = await virtual();
    site.valve(3).stick();
    await site.detector(7).trip();
    const message = await failure(expect(site.valve(3)).toHaveOpened({ within: '1s' }));
    expect(message).toMatchInlineSnapshot(`
      "waited 1000 ms in vain for valve 3 to be open
      the story of floor/3, at 00:00:02.000:
        00:00:01.000 alarms alarm on floor 3 by detector 7
        00:00:01.000 valve-commands valve 3: open, by incident/<id>
        00:00:01.000 notifications fire opened, floor/3: Detector 7 on floor 3 signals fire. The valve of floor 3 is opened.
        00:00:01.000 emails to safety@example.com: FIRE: floor 3 (hq)
        00:00:01.000 sms to +15005550006: FIRE: floor 3 (hq). Detector 7 on floor 3 signals fire. The valve of floor 3 is opened.
        00:00:01.000 panel lamp floor/3 is to be on
        00:00:01.000 deliveries SMS to +15005550006: sent, attempt 1
        00:00:01.000 deliveries e-mail to safety@example.com: sent, attempt 1
        00:00:01.000 deliveries lamp to floor/3: sent, attempt 1
        00:00:01.000 lamps lamp floor/3 is on
      where it stopped:
        valve 3 has not answered valve-commands: the bridge has passed it on, which is good until 00:00:11.000"
    `);
  });

  test('.not fails where it opens meanwhile, though it is closed again at the end', async () => {
    const site = await virtual();
    await site.valve(3).open();
    const closing = site.clock.runUntil(() => site.valve(3).position === 'open').then(() => site.valve(3).close());
    const message = await failure(expect(site.valve(3)).not.toHaveOpened({ within: '5s' }));
    await closing;
    expect(message).toMatchInlineSnapshot(`
      "valve 3 was open at 00:00:02.000
      the story of floor/3, at 00:00:07.000:
        00:00:01.000 operator-commands valve 3 is to be open, says operator/panel
        00:00:01.000 valve-commands valve 3: open, by operator/panel
        00:00:02.000 operator-commands valve 3 is to be closed, says operator/panel
        00:00:02.000 valve-commands valve 3: closed, by operator/panel
        00:00:02.000 valve-states valve 3 is open
        00:00:03.000 valve-states valve 3 is closed
      nothing of it is open: what was asked for was done"
    `);
  });
});

describe('toBeSilent', () => {
  test('holds once the watchdog says so', async () => {
    const site = await virtual();
    await site.detector(8).silence();
    await expect(site.detector(8)).not.toBeSilent({ within: '2s' });
    await expect(site.detector(8)).toBeSilent({ within: '10s' });
  });

  test('fails while it is heard', async () => {
    const site = await virtual();
    const message = await failure(expect(site.detector(8)).toBeSilent({ within: '3s' }));
    expect(message).toMatchInlineSnapshot(`
      "waited 3000 ms in vain for detector 8 to be silent
      the story of detector/8, at 00:00:04.000:
        00:00:04.000 signals detector 8 signals 0, 4 times
      nothing of it is open: what was asked for was done"
    `);
  });

  test('fails while the watchdog holds its verdict since the pipeline is silent', async () => {
    const site = await virtual();
    await site.clock.advance('5s');
    await site.parts.canary.stop();
    await site.detector(8).silence();
    const message = await failure(expect(site.detector(8)).toBeSilent({ within: '30s' }));
    expect(message).toContain('and the watchdog holds its verdict: the pipeline is silent since 00:00:0');
  });

  test('.not fails where it becomes silent meanwhile', async () => {
    const site = await virtual();
    await site.detector(8).silence();
    const message = await failure(expect(site.detector(8)).not.toBeSilent({ within: '10s' }));
    expect(message).toMatchInlineSnapshot(`
      "detector 8 was silent at 00:00:06.000
      the story of detector/8, at 00:00:11.000:
        00:00:01.000 signals detector 8 signals 0
        00:00:06.000 detector-states detector 8 is silent
        00:00:06.000 verdicts the watchdog: opened: Detector 8 on floor 4 has been silent for 5 s of the 4 s that it may be, with a heartbeat of 1 s.…
        00:00:09.000 notifications fault opened, detector/8: Detector 8 on floor 4 has been silent for 5 s of the 4 s that it may be, with a heartbeat of …
        00:00:09.000 emails to safety@example.com: Fault: detector 8 is silent, floor 4 (hq)
        00:00:09.000 sms to +15005550006: Fault: detector 8 is silent, floor 4 (hq). Detector 8 on floor 4 has been silent for 5 s of the 4 s th…
        00:00:09.000 panel lamp detector/8 is to be on
        00:00:09.000 deliveries SMS to +15005550006: sent, attempt 1
        00:00:09.000 deliveries e-mail to safety@example.com: sent, attempt 1
        00:00:09.000 deliveries lamp to detector/8: sent, attempt 1
        00:00:09.000 lamps lamp detector/8 is on
      nothing of it is open: what was asked for was done"
    `);
  });
});

describe('toHaveStayedQuiet', () => {
  test('holds while nothing happens that nobody expected', async () => {
    const site = await startSite({
      clock: 'virtual',
      allow: [{ notification: { about: 'floor/3', channel: 'lamp' } }],
    });
    await expect(site).toHaveStayedQuiet({ within: '1m' });
    await site.detector(7).trip();
    await site.inbox.email({ about: site.floor(3) });
    await site.inbox.sms({ about: site.floor(3) });
    await expect(site).toHaveStayedQuiet();
  });

  test('fails where something does, and names it', async () => {
    const site = await virtual();
    const strict = await startSite({ clock: 'virtual', strict: false });
    await strict.detector(7).trip();
    await strict.inbox.lamp({ about: strict.floor(3) });
    expect(await failure(expect(strict).toHaveStayedQuiet())).toMatchInlineSnapshot(`
      "2 things happened that nobody expected:
      ask for it, or allow it: startSite({ allow: [{ notification: { about: 'detector/8' } }] })"
    `);
    await expect(strict).not.toHaveStayedQuiet();
    expect(await failure(expect(site).not.toHaveStayedQuiet())).toMatchInlineSnapshot(
      `"nothing happened that nobody expected, and something was to"`,
    );
  });
});

test('a matcher is for what it says, and says so', async () => {
  const site = await virtual();
  // @ts-expect-error a detector is not told
  await expect(expect(site.detector(8)).toHaveNotified()).rejects.toMatchObject({ code: 'USAGE_INVALID' });
  // @ts-expect-error a site does not open
  await expect(expect(site).toHaveOpened()).rejects.toMatchObject({ code: 'USAGE_INVALID' });
  // @ts-expect-error a valve is not silent
  await expect(expect(site.valve(3)).toBeSilent()).rejects.toMatchObject({ code: 'USAGE_INVALID' });
});
