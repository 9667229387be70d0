import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SmtpBroker } from '../../brokers/smtp/index.ts';
import type { MailAnswer } from '../../brokers/smtp/script.ts';
import type { EmailNotice } from '../../contracts/events.ts';
import { emailChannel } from '../../notifiers/email.ts';
import { emailFailure } from '../../notifiers/email-failure.ts';
import { eventually, within } from '../support/eventually.ts';
import { recordingLogger } from '../support/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { connectionsOf, listening, serverOf } from './support/listening.ts';
import { ASKED, email } from './support/notices.ts';

const broker = new SmtpBroker({ clock: new ManualClock(ASKED), logger: recordingLogger() });
beforeAll(() => broker.start());
afterAll(() => broker.stop());
beforeEach(() => broker.behave());

const never = new AbortController().signal;
const event = (data: EmailNotice) => ({ id: data.id, type: 't', source: 's', time: ASKED, data });
const send = async (notice: EmailNotice, timeoutMs = 5_000) => {
  const channel = emailChannel({ url: broker.url, timeoutMs });
  return within('the end of a send', channel.send(event(notice), never)).finally(() => channel.close());
};

describe('a mail', () => {
  it('says what the notice says, and how urgent it is', async () => {
    const notice = email('fire', { kind: 'fire', title: 'Fire on floor 3 – Prüfung', text: 'Detector 8.\n.dot\n' });
    expect(await send(notice)).toEqual({ result: 'sent' });
    expect(broker.inbox.list().at(-1)).toMatchObject({
      id: `<${notice.id}@smokewire.invalid>`,
      from: 'smokewire@smokewire.invalid',
      to: ['safety@example.com'],
      subject: 'Fire on floor 3 – Prüfung',
      text: 'Detector 8.\n.dot\n',
      headers: {
        'auto-submitted': 'auto-generated',
        importance: 'High',
        references: `<${notice.incident}@smokewire.invalid>`,
        'x-smokewire-incident': notice.incident,
        'x-smokewire-subject': 'detector/8',
        date: 'Thu, 01 Jan 2026 00:00:00 +0000',
      },
    });
  });

  it('has the same Message-ID each time, so that a duplicate can be recognised', async () => {
    const before = broker.inbox.list().length;
    await send(email('twice'));
    await send(email('twice'));
    const ids = broker.inbox.list().slice(before);
    expect(ids.map((mail) => mail.id)).toEqual([ids[0]?.id, ids[0]?.id]);
  });

  it('cannot smuggle headers or recipients in', async () => {
    await send(email('sly', { title: 'title\r\nBcc: thief@example.com\r\n\r\nbody' }));
    const mail = broker.inbox.list().at(-1);
    expect(mail?.to).toEqual(['safety@example.com']);
    expect(mail?.headers).not.toHaveProperty('bcc');
  });
});

describe('what a mail server does, and whether it is worth another try', () => {
  const only = 'owner@example.com';
  const table: [string, MailAnswer, string][] = [
    ['refuses the sender for now', { do: 'refuse', at: 'MAIL', code: 451 }, 'EMAIL_DEFERRED'],
    ['refuses the sender', { do: 'refuse', at: 'MAIL', code: 550 }, 'EMAIL_REFUSED'],
    ['refuses every recipient for now', { do: 'refuse', at: 'RCPT', code: 450 }, 'EMAIL_DEFERRED'],
    ['refuses every recipient', { do: 'refuse', at: 'RCPT', code: 550 }, 'EMAIL_REFUSED'],
    ['refuses one of two for now', { do: 'refuse', at: 'RCPT', code: 452, only }, 'EMAIL_DEFERRED'],
    ['refuses one of two', { do: 'refuse', at: 'RCPT', code: 553, only }, 'EMAIL_REFUSED'],
    ['refuses the message for now', { do: 'refuse', at: 'DATA', code: 452 }, 'EMAIL_DEFERRED'],
    ['refuses the message', { do: 'refuse', at: 'DATA', code: 554 }, 'EMAIL_REFUSED'],
    ['closes at the sender', { do: 'close', at: 'MAIL' }, 'EMAIL_DEFERRED'],
    ['closes at the recipient', { do: 'close', at: 'RCPT' }, 'EMAIL_DEFERRED'],
    ['closes in the middle of the message', { do: 'close', at: 'DATA' }, 'EMAIL_DEFERRED'],
    ['closes instead of answering', { do: 'close', at: 'REPLY' }, 'EMAIL_DEFERRED'],
    ['hangs', { do: 'hang', at: 'DATA' }, 'SEND_TIMEOUT'],
  ];
  it.each(table)('%s', async (_, answer, code) => {
    broker.behave(() => answer);
    const outcome = await send(email('x', { to: `safety@example.com, ${only}` }), 300);
    expect(outcome).toMatchObject({ result: 'failed', code });
  });

  it('is not there', async () => {
    const gone = emailChannel({ url: 'smtp://127.0.0.1:1', timeoutMs: 2_000 });
    expect(await gone.send(event(email('x')), never)).toMatchObject({ result: 'failed', code: 'EMAIL_DEFERRED' });
  });

  it('quotes the server', async () => {
    broker.behave(() => ({ do: 'refuse', at: 'RCPT', code: 550, message: '5.1.1 nobody of that name' }));
    expect(await send(email('x'))).toMatchObject({ reason: expect.stringContaining('550 5.1.1 nobody of that name') });
  });

  it.each([
    [{ code: 'EENVELOPE' }, 'EMAIL_REFUSED'],
    [{ code: 'EENVELOPE', responseCode: 421 }, 'EMAIL_DEFERRED'],
    [{ code: 'EMESSAGE' }, 'EMAIL_REFUSED'],
    [{ code: 'EAUTH' }, 'EMAIL_REFUSED'],
    [{ code: 'EAUTH', responseCode: 454 }, 'EMAIL_DEFERRED'],
    [{ code: 'EAUTH', responseCode: 535 }, 'EMAIL_REFUSED'],
    [{ code: 'ETLS' }, 'EMAIL_DEFERRED'],
    [{ code: 'EDNS' }, 'EMAIL_DEFERRED'],
    [{ code: 'EPROTOCOL', responseCode: 554 }, 'EMAIL_REFUSED'],
    [{ code: 'ETIMEDOUT' }, 'SEND_TIMEOUT'],
    [undefined, 'EMAIL_DEFERRED'],
    ['text', 'EMAIL_DEFERRED'],
  ])('%j is %s', (thrown, code) => {
    const confidential = { secrets: [], body: '' };
    expect(emailFailure(thrown, confidential).code).toBe(code);
  });
});

describe('the connections', () => {
  /** Passes everything on to the mail server. */
  function proxy() {
    const server = serverOf((socket) => {
      const onward = connect(Number(new URL(broker.url).port), '127.0.0.1').on('error', () => {});
      socket.pipe(onward).pipe(socket);
    });
    return { server, open: connectionsOf(server) };
  }

  it('are shared by the mails of a burst, and closed in the end', async () => {
    const { server, open } = proxy();
    let opened = 0;
    server.on('connection', () => {
      opened += 1;
    });
    const channel = emailChannel({ url: `smtp://127.0.0.1:${await listening(server)}` });
    const mails = Array.from({ length: 40 }, (_, i) => channel.send(event(email(`burst ${i}`)), never));
    expect(await Promise.all(mails)).toEqual(mails.map(() => ({ result: 'sent' })));
    expect(opened).toBeLessThanOrEqual(8);
    await channel.close();
    await eventually('the end of the connections', () => open.size === 0);
    server.close();
  });

  it('are made anew where the server has closed them meanwhile', async () => {
    const { server, open } = proxy();
    const channel = emailChannel({ url: `smtp://127.0.0.1:${await listening(server)}` });
    expect(await channel.send(event(email('before')), never)).toEqual({ result: 'sent' });
    for (const socket of open) socket.destroy();
    expect(await channel.send(event(email('after')), never)).toEqual({ result: 'sent' });
    await channel.close();
    server.close();
  });
});

describe('an abort', () => {
  it('lets go of the connection', async () => {
    const server = serverOf((socket) => socket.write('220 waiting for ever\r\n'));
    const open = connectionsOf(server);
    const controller = new AbortController();
    const channel = emailChannel({ url: `smtp://127.0.0.1:${await listening(server)}` });
    const sending = channel.send(event(email('x')), controller.signal);
    await eventually('a connection', () => open.size > 0);
    controller.abort();
    await within('the end of the send', sending);
    await eventually('the end of the connection', () => open.size === 0);
    server.close();
  });
});

describe('what nobody may read', () => {
  /** A server that answers with everything it was told. */
  const gossip = serverOf((socket) => {
    let heard = '';
    socket.write('220 gossip\r\n');
    socket.on('data', (data) => {
      const line = data.toString();
      heard += line;
      if (line.startsWith('EHLO')) socket.write('250-gossip\r\n250 AUTH PLAIN\r\n');
      else if (line.startsWith('AUTH PLAIN')) {
        const [, , token = ''] = line.trim().split(' ');
        const told = Buffer.from(token, 'base64').toString().replaceAll('\0', ' ');
        socket.write(`535 I was told ${token}, that is ${told}\r\n`);
      } else socket.write(`554 I was told ${heard.replace(/\s+/g, ' ')}\r\n`);
    });
  });
  afterAll(() => void gossip.close());

  it('is not in the reason: neither password nor token', async () => {
    const channel = emailChannel({ url: `smtp://site:s3cr%2Ft-word@127.0.0.1:${await listening(gossip)}` });
    const outcome = await channel.send(event(email('x')), never);
    const text = JSON.stringify(outcome);
    expect(text).toContain('535 I was told');
    expect(text).not.toContain('s3cr');
    expect(text).not.toContain(Buffer.from('\0site\0s3cr/t-word').toString('base64'));
  });

  it('is not in the reason: the message', async () => {
    const words = (text: string) => ({ do: 'refuse', at: 'DATA', code: 554, message: `no: ${text}` }) as const;
    const notice = email('x', { text: 'The third floor is on fire.' });
    broker.behave(() => words(notice.text));
    expect(JSON.stringify(await send(notice))).not.toContain('third floor');
  });
});
