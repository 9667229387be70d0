import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Clock, rfc3339 } from '../../contracts/clock.ts';
import { messageOf } from '../../contracts/errors.ts';
import type { ReceivedSms } from '../../contracts/http.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { Service } from '../../contracts/service.ts';
import { NOTIFICATION_HEADER } from '../../contracts/sms-header.ts';
import { type Ended, type Transit, unwatched } from '../../contracts/transit.ts';
import { urlHost } from '../../contracts/url-host.ts';
import { Inbox } from '../inbox.ts';
import { Lifecycle } from '../lifecycle.ts';
import { Connections, closeServer, listen } from '../listen.ts';
import { sameSecret } from '../secret.ts';
import { errorBody, type Refusal, refusal } from './errors.ts';
import { type MessageRequest, messageResource, readMessage } from './message.ts';
import type { SmsAnswer, SmsScript } from './script.ts';

export interface TwilioStandInOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0, any free one. */
  readonly port?: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `AC` and 32 hexadecimal digits. */
  readonly accountSid: string;
  readonly authToken: string;
  /** How many messages the inbox keeps; default 10,000. */
  readonly limit?: number;
  /** Is told which message it lets hang, where the request names its notification. */
  readonly transit?: Transit;
}

/** Enough for 1,600 characters, each of four bytes, percent-encoded, and the other fields. */
const MAX_REQUEST_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;

interface Running {
  readonly server: Server;
  readonly connections: Connections;
  readonly port: number;
}

/**
 * A stand-in for Twilio's Messages resource, `POST /2010-04-01/Accounts/{sid}/Messages.json`: checks what Twilio checks,
 * answers what Twilio answers, sends nothing, and keeps an inbox.
 */
export class TwilioStandIn implements Service {
  readonly name = 'twilio-stand-in';
  /** A message is in it before its sender gets the 201. */
  readonly inbox: Inbox<ReceivedSms>;
  readonly #options: TwilioStandInOptions;
  readonly #life = new Lifecycle<Running>();
  readonly #hanging = new Set<() => void>();
  #script: SmsScript | undefined;
  #asked = 0;
  #accepted = 0;

  constructor(options: TwilioStandInOptions) {
    this.#options = options;
    this.inbox = new Inbox(options.limit);
  }

  /** `http://127.0.0.1:4010`; the port is the real one while it runs. */
  get url(): string {
    const { host = '127.0.0.1', port = 0 } = this.#options;
    return `http://${urlHost(host)}:${this.#life.running?.port ?? port}`;
  }

  missing(): readonly string[] {
    return this.#life.running === undefined ? ['the SMS stand-in does not listen'] : [];
  }

  /** From now on does with each message what `script` says; without one, accepts them all again. */
  behave(script?: SmsScript): void {
    this.#script = script;
    this.#asked = 0;
  }

  /** Goes on with every message that hangs. */
  release(): void {
    for (const goOn of [...this.#hanging]) goOn();
  }

  /** @throws SmokewireError PORT_IN_USE, START_FAILED */
  start(): Promise<void> {
    return this.#life.start(() => this.#open());
  }

  stop(): Promise<void> {
    return this.#life.stop(({ server, connections }) => closeServer(server, connections));
  }

  async #open(): Promise<Running> {
    const { host = '127.0.0.1', port = 0, logger } = this.#options;
    const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        logger.debug({ error: messageOf(error) }, 'a request to the SMS stand-in broke off');
        response.destroy();
      });
    });
    const connections = new Connections();
    connections.watch(server);
    const taken = await listen(server, { host, port, what: 'the SMS stand-in' }, logger);
    return { server, connections, port: taken };
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, MAX_REQUEST_BYTES);
    const message = body === undefined ? refusal(20413) : this.#check(request, body);
    if ('status' in message) return answer(response, message.status, errorBody(message));

    this.#asked += 1;
    const header = request.headers[NOTIFICATION_HEADER];
    const notification = typeof header === 'string' ? header : undefined;
    const verdict: SmsAnswer = this.#script?.({ ...message, notification }, this.#asked) ?? { do: 'accept' };
    if (verdict.do === 'refuse') {
      const { status, code, message: words = 'refused by the script' } = verdict;
      return answer(response, status, errorBody({ status, code, message: words }));
    }
    if (verdict.do === 'close') {
      if (verdict.at === 'REPLY') this.#keep(message);
      response.destroy();
      return;
    }
    const isHung = (at: 'REQUEST' | 'REPLY') => verdict.do === 'hang' && verdict.at === at;
    if (isHung('REQUEST') && !(await this.#hang(response, notification))) return;
    const sms = this.#keep(message);
    if (isHung('REPLY') && !(await this.#hang(response, notification))) return;
    answer(response, 201, messageResource(this.#options.accountSid, sms));
  }

  /** Resolves once the message is released; with false where its sender gave up before. */
  #hang(response: ServerResponse, notification: string | undefined): Promise<boolean> {
    const { transit = unwatched } = this.#options;
    const held: Ended = notification === undefined ? () => {} : transit.hold('sms', notification);
    return new Promise((resolve) => {
      const goOn = () => {
        this.#hanging.delete(goOn);
        held();
        resolve(!response.destroyed);
      };
      this.#hanging.add(goOn);
      response.once('close', goOn);
    });
  }

  #check(request: IncomingMessage, body: string): MessageRequest | Refusal {
    const { accountSid, authToken } = this.#options;
    const [path] = (request.url ?? '').split('?');
    const account = /^\/2010-04-01\/Accounts\/(AC[0-9a-fA-F]{32})\/Messages\.json$/.exec(path ?? '')?.[1];
    if (account === undefined) return refusal(20404);
    const basic = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
    if (!sameSecret(request.headers.authorization ?? '', basic)) return refusal(20003);
    if (account !== accountSid) return refusal(20404);
    if (request.method !== 'POST') return refusal(20004);
    const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
    return form ? readMessage(new URLSearchParams(body)) : refusal(20415);
  }

  #keep(message: MessageRequest): ReceivedSms {
    const receivedAt = rfc3339(this.#options.clock.now());
    this.#accepted += 1;
    const sid = createHash('sha256').update(`${this.#options.authToken} ${receivedAt} ${this.#accepted}`).digest('hex');
    const sms = { id: `SM${sid.slice(0, 32)}`, ...message, receivedAt };
    this.inbox.add(sms);
    return sms;
  }
}

/** The body as text; undefined where it is larger than `limit` bytes: then it is read on, for the answer to be heard, not kept. */
async function readBody(request: IncomingMessage, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
  }
  return size <= limit ? Buffer.concat(chunks).toString('utf8') : undefined;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
