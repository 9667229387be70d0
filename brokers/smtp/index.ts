import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import { type Clock, rfc3339 } from '../../contracts/clock.ts';
import { messageOf } from '../../contracts/errors.ts';
import type { ReceivedEmail } from '../../contracts/http.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { Service } from '../../contracts/service.ts';
import { type Ended, type Transit, unwatched } from '../../contracts/transit.ts';
import { urlHost } from '../../contracts/url-host.ts';
import { Inbox } from '../inbox.ts';
import { Lifecycle } from '../lifecycle.ts';
import { Connections, closeServer, listen } from '../listen.ts';
import { PromptSmtpServer } from './prompt-server.ts';
import { parseMail } from './received.ts';
import { carryOut, type MailAnswer, type MailScript, reply, type Ways } from './script.ts';

export interface SmtpBrokerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0, any free one. */
  readonly port?: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How many mails the inbox keeps; default 10,000. */
  readonly limit?: number;
  /** Is told which mail the server lets hang, by what stands before the @ of its Message-ID, where it has been read. */
  readonly transit?: Transit;
}

/** A dialogue in which the server owes an answer. */
interface Hanging {
  readonly held: Ended;
  readonly goOn: () => void;
}

/** The largest mail that is taken, in bytes; ours have at most 10,000 characters of text. */
const MAX_MAIL_BYTES = 256 * 1024;
const MAX_RECIPIENTS = 100;
const MAX_CLIENTS = 500;
const ACCEPT: MailAnswer = { do: 'accept' };

interface Running {
  readonly smtp: PromptSmtpServer;
  readonly connections: Connections;
  readonly port: number;
}

/** The embedded mail server: takes mail for anybody from anybody, without TLS or passwords, and keeps it in its inbox. */
export class SmtpBroker implements Service {
  readonly name = 'smtp-broker';
  /** A mail is in it before its sender gets the 250. */
  readonly inbox: Inbox<ReceivedEmail>;
  readonly #options: SmtpBrokerOptions;
  readonly #life = new Lifecycle<Running>();
  readonly #parsing = new Set<Promise<void>>();
  readonly #answers = new WeakMap<SMTPServerSession, MailAnswer>();
  readonly #hanging = new Map<SMTPServerSession, Hanging>();
  #script: MailScript | undefined;
  #attempts = 0;
  #received = 0;

  constructor(options: SmtpBrokerOptions) {
    this.#options = options;
    this.inbox = new Inbox(options.limit);
  }

  /** `smtp://127.0.0.1:2525`; the port is the real one while it runs. */
  get url(): string {
    const { host = '127.0.0.1', port = 0 } = this.#options;
    return `smtp://${urlHost(host)}:${this.#life.running?.port ?? port}`;
  }

  missing(): readonly string[] {
    return this.#life.running === undefined ? ['the mail server does not listen'] : [];
  }

  /** From now on does with each mail what `script` says; without one, accepts them all again. */
  behave(script?: MailScript): void {
    this.#script = script;
    this.#attempts = 0;
  }

  /** Goes on with every mail that hangs. */
  release(): void {
    for (const session of [...this.#hanging.keys()]) this.#unhang(session)?.goOn();
  }

  /** @throws SmokewireError PORT_IN_USE, START_FAILED */
  start(): Promise<void> {
    return this.#life.start(() => this.#open());
  }

  /** Cuts every connection; a mail whose 250 was not sent yet may or may not be in the inbox. */
  stop(): Promise<void> {
    return this.#life.stop(async ({ smtp, connections }) => {
      await closeServer(smtp.server, connections);
      await Promise.allSettled(this.#parsing);
    });
  }

  async #open(): Promise<Running> {
    const { host = '127.0.0.1', port = 0, logger } = this.#options;
    const connections = new Connections();
    const answerFor = (session: SMTPServerSession) => this.#answers.get(session) ?? ACCEPT;
    const smtp = new PromptSmtpServer({
      name: 'smokewire',
      noDelay: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      logger: false,
      size: MAX_MAIL_BYTES,
      maxClients: MAX_CLIENTS,
      maxRecipients: MAX_RECIPIENTS,
      onMailFrom: ({ address }, session, done) => {
        this.#attempts += 1;
        this.#answers.set(session, this.#script?.({ number: this.#attempts, from: address }) ?? ACCEPT);
        carryOut(answerFor(session), 'MAIL', this.#ways(session, done));
      },
      onRcptTo: ({ address }, session, done) => {
        carryOut(answerFor(session), 'RCPT', this.#ways(session, done), address);
      },
      onData: (stream, session, done) => {
        const receive = () => {
          const work = this.#receive(stream, session, done)
            .catch((error: unknown) => done(error instanceof Error ? error : new Error(messageOf(error))))
            .finally(() => this.#parsing.delete(work));
          this.#parsing.add(work);
        };
        const { cut, ...ways } = this.#ways(session, (error) => (error ? done(error) : receive()));
        carryOut(answerFor(session), 'DATA', { ...ways, cut: () => stream.once('data', cut) });
      },
      onClose: (session) => void this.#unhang(session),
    });
    smtp.on('error', (error) => logger.debug({ error: messageOf(error) }, 'a connection to the mail server failed'));
    connections.watch(smtp.server);
    const taken = await listen(smtp.server, { host, port, what: 'the mail server', flag: '--smtp-port' }, logger);
    return { smtp, connections, port: taken };
  }

  /** Rejects where the connection ends first, or the message is none. */
  async #receive(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    done: (error?: Error) => void,
  ): Promise<void> {
    const mail = await this.#read(stream, session);
    let answer = this.#answers.get(session) ?? ACCEPT;
    while (answer.do === 'judge') answer = answer.by(mail);
    const judged = answer;
    const keep = (error?: Error) => {
      if (error) return done(error);
      this.inbox.add(mail);
      carryOut(judged, 'REPLY', this.#ways(session, done, mail));
    };
    carryOut(judged, 'END', this.#ways(session, keep, mail));
  }

  async #read(stream: SMTPServerDataStream, { envelope }: SMTPServerSession): Promise<ReceivedEmail> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) {
      // What is too large is read to its end, for the refusal to be heard, but not kept.
      if (!stream.sizeExceeded && Buffer.isBuffer(chunk)) chunks.push(chunk);
    }
    if (stream.sizeExceeded) throw reply(552, 'the message is too large');
    const now = this.#options.clock.now();
    this.#received += 1;
    return await parseMail(Buffer.concat(chunks), {
      from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
      to: envelope.rcptTo.map((recipient) => recipient.address),
      receivedAt: rfc3339(now),
      fallbackId: `<${now}.${this.#received}@smokewire>`,
    }).catch((error: unknown) => {
      this.#options.logger.warn({ error: messageOf(error) }, 'refused a mail that cannot be parsed');
      throw reply(554, 'the message cannot be parsed');
    });
  }

  #ways(session: SMTPServerSession, go: (error?: Error) => void, mail?: ReceivedEmail): Ways {
    return {
      go,
      cut: () => this.#life.running?.connections.from(session.remotePort)?.destroy(),
      hang: () => this.#hang(session, go, mail),
    };
  }

  #hang(session: SMTPServerSession, goOn: () => void, mail: ReceivedEmail | undefined): void {
    const { transit = unwatched } = this.#options;
    const held = mail === undefined ? () => {} : transit.hold('email', /^<?([^@>]*)/.exec(mail.id)?.[1] ?? '');
    this.#hanging.set(session, { held, goOn });
  }

  #unhang(session: SMTPServerSession): Hanging | undefined {
    const hanging = this.#hanging.get(session);
    this.#hanging.delete(session);
    hanging?.held();
    return hanging;
  }
}
