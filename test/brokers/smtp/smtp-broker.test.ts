import { connect, type Socket } from 'node:net';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SmtpBroker } from '../../../brokers/smtp/index.ts';
import { receivedEmailSchema } from '../../../contracts/http.ts';
import { eventually, within } from '../../support/eventually.ts';
import { watchedHolds } from '../../support/holds.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const clock = new ManualClock(Date.UTC(2026, 1, 3, 4, 5, 6, 789));
const { held, transit } = watchedHolds();
const broker = new SmtpBroker({ clock, logger: recordingLogger(), transit });

beforeAll(() => broker.start());
afterAll(() => broker.stop());
beforeEach(async () => {
  broker.behave();
  broker.release();
  await eventually('the end of what hung', () => held.length === 0);
});

const notice: SendMailOptions = {
  from: 'Smokewire <site@example.com>',
  to: ['safety@example.com', 'owner@example.com'],
  subject: 'detector 8 on floor 3 is silent – Prüfung',
  text: 'No signal since 04:05.\n.a line with a dot\n',
  messageId: '<notification-1@smokewire>',
  headers: { 'X-Smokewire-Incident': 'incident-1' },
};

/** Hands a mail over on a connection of its own, as nodemailer does without a pool. */
const send = (mail: SendMailOptions = notice) => createTransport(`${broker.url}?socketTimeout=2000`).sendMail(mail);
const lastMail = () => broker.inbox.list().at(-1);

describe('the inbox', () => {
  it('shows a mail as it was sent, before the sender is answered', async () => {
    await send();
    const mail = receivedEmailSchema.parse(lastMail());
    expect(mail).toMatchObject({
      id: '<notification-1@smokewire>',
      from: 'site@example.com',
      to: ['safety@example.com', 'owner@example.com'],
      subject: 'detector 8 on floor 3 is silent – Prüfung',
      text: 'No signal since 04:05.\n.a line with a dot\n',
      receivedAt: '2026-02-03T04:05:06.789Z',
    });
    expect(mail.headers).toMatchObject({ 'x-smokewire-incident': 'incident-1', from: 'Smokewire <site@example.com>' });
  });

  it('tells its listeners, until they have enough', async () => {
    const heard: string[] = [];
    const stopListening = broker.inbox.onReceived((mail) => heard.push(mail.subject));
    await send({ ...notice, subject: 'first' });
    stopListening();
    await send({ ...notice, subject: 'second' });
    expect(heard).toEqual(['first']);
  });

  it('takes a mail without any header, and gives it an id', async () => {
    const smtp = await Dialogue.open();
    await smtp.say('HELO test', 250);
    await smtp.say('MAIL FROM:<a@example.com>', 250);
    await smtp.say('RCPT TO:<b@example.com>', 250);
    await smtp.say('DATA', 354);
    await smtp.say('\r\nnothing but text\r\n.', 250);
    expect(lastMail()).toMatchObject({ subject: '', text: 'nothing but text\n', to: ['b@example.com'] });
    expect(lastMail()?.id).toMatch(/^<.+@smokewire>$/);
  });

  it('takes headers with the names of an object’s own for what they are', async () => {
    const smtp = await Dialogue.open();
    await smtp.say('HELO test', 250);
    await smtp.say('MAIL FROM:<a@example.com>', 250);
    await smtp.say('RCPT TO:<b@example.com>', 250);
    await smtp.say('DATA', 354);
    await smtp.say('__proto__: polluted\r\nReceived: one\r\nReceived: two\r\n  folded\r\n\r\nx\r\n.', 250);
    const headers = lastMail()?.headers ?? {};
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
    expect(headers['received']).toBe('one, two folded');
  });
});

describe('what is refused', () => {
  it('is a mail that is too large, and the next one on the connection is taken', async () => {
    const smtp = await Dialogue.open();
    await smtp.say('HELO test', 250);
    for (const [text, code] of [
      ['x'.repeat(300 * 1024), 552],
      ['after the large one', 250],
    ] as const) {
      await smtp.say('MAIL FROM:<a@example.com>', 250);
      await smtp.say('RCPT TO:<b@example.com>', 250);
      await smtp.say('DATA', 354);
      await smtp.say(`Subject: s\r\n\r\n${text}\r\n.`, code);
    }
    expect(lastMail()?.text).toBe('after the large one\n');
  });

  it.each(['AUTH PLAIN AGEAYg==', 'STARTTLS'])('is %s, which is not offered either', async (command) => {
    const smtp = await Dialogue.open();
    expect(await smtp.say('EHLO test', 250)).not.toMatch(/AUTH|STARTTLS/);
    await smtp.say(command, 500);
  });

  it('is garbage, without harm to anybody else', async () => {
    const socket = connect(Number(new URL(broker.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(Buffer.alloc(200_000, 0xff));
    await within('the garbage to be cut off', new Promise((resolve) => socket.once('close', resolve).resume()));
    await send({ ...notice, subject: 'after garbage' });
    expect(lastMail()?.subject).toBe('after garbage');
  });
});

describe('a script', () => {
  it.each(['MAIL', 'RCPT', 'DATA'] as const)('refuses at %s with the code it names', async (at) => {
    const before = broker.inbox.list().length;
    broker.behave(({ number }) =>
      number === 1 ? { do: 'refuse', at, code: 451, message: 'later' } : { do: 'accept' },
    );
    await expect(send()).rejects.toMatchObject({
      responseCode: 451,
      command: at === 'MAIL' ? 'MAIL FROM' : at === 'RCPT' ? 'RCPT TO' : 'DATA',
    });
    await send({ ...notice, subject: 'second attempt' });
    expect(broker.inbox.list().slice(before)).toMatchObject([{ subject: 'second attempt' }]);
  });

  it('refuses one recipient of several', async () => {
    broker.behave(() => ({ do: 'refuse', at: 'RCPT', code: 550, only: 'owner@example.com' }));
    const info = await send();
    expect(info.rejected).toEqual(['owner@example.com']);
    expect(lastMail()?.to).toEqual(['safety@example.com']);
  });

  it.each(['MAIL', 'RCPT', 'DATA'] as const)('closes the connection at %s, and the mail is nowhere', async (at) => {
    const before = broker.inbox.list().length;
    broker.behave(() => ({ do: 'close', at }));
    await expect(send()).rejects.toMatchObject({ code: expect.stringMatching(/ECONNECTION|ESOCKET/) });
    broker.behave();
    await send({ ...notice, subject: 'sentinel' });
    expect(broker.inbox.list().slice(before)).toMatchObject([{ subject: 'sentinel' }]);
  });

  it('keeps a mail and closes before the reply, so that the sender cannot know', async () => {
    broker.behave(({ number }) => (number === 1 ? { do: 'close', at: 'REPLY' } : { do: 'accept' }));
    const before = broker.inbox.list().length;
    await expect(send()).rejects.toThrow();
    await send();
    expect(
      broker.inbox
        .list()
        .slice(before)
        .map((mail) => mail.id),
    ).toEqual([notice.messageId, notice.messageId]);
  });

  it.each(['MAIL', 'RCPT', 'DATA', 'REPLY'] as const)('hangs at %s until the sender gives up', async (at) => {
    broker.behave(() => ({ do: 'hang', at }));
    await expect(createTransport(`${broker.url}?socketTimeout=200`).sendMail(notice)).rejects.toMatchObject({
      code: 'ETIMEDOUT',
    });
  });

  it.each(['MAIL', 'RCPT', 'DATA', 'END', 'REPLY'] as const)('hangs at %s until it is released', async (at) => {
    broker.behave(() => ({ do: 'hang', at }));
    const before = broker.inbox.list().length;
    const sending = send();
    // From the end of the message on it is known which mail it is.
    const isRead = at === 'END' || at === 'REPLY';
    if (isRead) await eventually('the mail to hang', () => held.length > 0);
    expect(held).toEqual(isRead ? ['email notification-1'] : []);
    if (isRead) expect(broker.inbox.list()).toHaveLength(before + (at === 'REPLY' ? 1 : 0));
    await eventually('the mail to go on', async () => {
      broker.release();
      return await Promise.race([sending.then(() => true), new Promise((resolve) => setImmediate(resolve, false))]);
    });
    expect(broker.inbox.list()).toHaveLength(before + 1);
    expect(held).toEqual([]);
  });

  it('tells no more of a mail whose sender gave up', async () => {
    broker.behave(() => ({ do: 'hang', at: 'END' }));
    const smtp = await Dialogue.open();
    await smtp.say('HELO test', 250);
    await smtp.say('MAIL FROM:<a@example.com>', 250);
    await smtp.say('RCPT TO:<b@example.com>', 250);
    await smtp.say('DATA', 354);
    smtp.write('Message-ID: <a-mail@smokewire>\r\n\r\ntext\r\n.');
    await eventually('the mail to hang', () => held.includes('email a-mail'));
    smtp.close();
    await eventually('the connection to be closed', () => held.length === 0);
    const before = broker.inbox.list().length;
    broker.release();
    expect(broker.inbox.list()).toHaveLength(before);
  });

  it('judges a mail that it has read', async () => {
    broker.behave(() => ({
      do: 'judge',
      by: ({ to }) => (to.includes('safety@example.com') ? { do: 'refuse', at: 'END', code: 451 } : { do: 'accept' }),
    }));
    await expect(send()).rejects.toMatchObject({ responseCode: 451 });
    await send({ ...notice, to: 'owner@example.com' });
    expect(lastMail()?.to).toEqual(['owner@example.com']);
  });

  it('sees who sends', async () => {
    const seen: string[] = [];
    broker.behave(({ number, from }) => {
      seen.push(`${number} ${from}`);
      return { do: 'accept' };
    });
    await send();
    await send({ ...notice, from: 'other@example.com' });
    expect(seen).toEqual(['1 site@example.com', '2 other@example.com']);
  });
});

describe('its life', () => {
  const fresh = (port = 0) => new SmtpBroker({ clock, logger: recordingLogger(), port });

  it('says which port is taken and what to do', async () => {
    const second = fresh(Number(new URL(broker.url).port));
    await expect(second.start()).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringMatching(new RegExp(`${new URL(broker.url).port}.*--smtp-port`)),
    });
    await second.stop();
  });

  it('stops at once although a mail hangs, and starts again', async () => {
    const own = fresh();
    expect(own.missing()).not.toEqual([]);
    await own.start();
    expect(own.missing()).toEqual([]);
    let hanging = false;
    own.behave(() => {
      hanging = true;
      return { do: 'hang', at: 'MAIL' };
    });
    const sending = createTransport(own.url)
      .sendMail(notice)
      .catch((error: Error) => error);
    await eventually('the mail to hang', () => hanging);
    await within('the stop', Promise.all([own.stop(), own.stop()]), 1_000);
    expect(await sending).toBeInstanceOf(Error);
    own.behave();
    await own.start();
    await createTransport(own.url).sendMail(notice);
    expect(own.inbox.list()).toHaveLength(1);
    await own.stop();
  });

  it('stops during its start', async () => {
    const own = fresh();
    const starting = own.start();
    await own.stop();
    await starting;
    expect(own.missing()).not.toEqual([]);
  });
});

/** SMTP by hand. */
class Dialogue {
  readonly #socket: Socket;
  #heard = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.#heard += text;
    });
  }

  static async open(): Promise<Dialogue> {
    const dialogue = new Dialogue(connect(Number(new URL(broker.url).port), '127.0.0.1'));
    await dialogue.#reply(220);
    return dialogue;
  }

  /** Sends a line and resolves with the reply, which has to have this code. */
  async say(line: string, code: number): Promise<string> {
    this.write(line);
    return await this.#reply(code);
  }

  write(line: string): void {
    this.#heard = '';
    this.#socket.write(`${line}\r\n`);
  }

  close(): void {
    this.#socket.end();
  }

  async #reply(code: number): Promise<string> {
    const text = await eventually(
      `a reply, ${code} if all is well`,
      () => /^\d{3} .*\r\n$/m.test(this.#heard) && this.#heard,
    );
    expect(text).toMatch(new RegExp(`^${code} `, 'm'));
    return text;
  }
}
