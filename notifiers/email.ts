import { createTransport } from 'nodemailer';
import type { CloudEvent } from '../contracts/cloud-events.ts';
import { type EmailNotice, emailRequested } from '../contracts/events.ts';
import { type Channel, SEND_TIMEOUT_MS, SENT, type SendOutcome } from './channel.ts';
import { emailFailure, partialRefusal } from './email-failure.ts';

export interface EmailOptions {
  /** `smtp://user:password@host:25`, or `smtps:`. */
  readonly url: string;
  /** The domain of sender and Message-ID; default `smokewire.invalid`, which RFC 2606 promises nobody will ever own. */
  readonly domain?: string;
  /** Default `smokewire <smokewire@domain>`. */
  readonly from?: string;
  /** After how long a send counts as hanging, in the site's time; default 10,000 ms. */
  readonly timeoutMs?: number;
  /** How long a socket may be mute, in the machine's time; default `timeoutMs`. */
  readonly socketTimeoutMs?: number;
}

/** After the last reply, how long the server has to close its side before the socket is torn down, in milliseconds. */
const CLOSE_MS = 500;

/** How many mails are under way at a time, each on a connection of its own. */
const CONNECTIONS = 8;

/**
 * How long a connection is kept for the next mail, in milliseconds: long enough for a burst to pay few handshakes, too short
 * for a firewall to forget it, which would cost the next mail its timeout.
 */
const IDLE_MS = 5_000;

/** E-mail by SMTP (docs/decisions/0053). */
export function emailChannel(options: EmailOptions): Channel<EmailNotice> {
  const { url, domain = 'smokewire.invalid', from = `smokewire <smokewire@${domain}>` } = options;
  const timeoutMs = options.timeoutMs ?? SEND_TIMEOUT_MS;
  const socketTimeoutMs = options.socketTimeoutMs ?? timeoutMs;
  const secrets = secretsOf(url);
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: CONNECTIONS,
    idleTimeout: IDLE_MS,
    // A kept connection that turns out to be closed before a byte of the mail was sent: then once more, on a new one. All
    // other retries are ours.
    maxRequeues: 1,
    connectionTimeout: socketTimeoutMs,
    greetingTimeout: socketTimeoutMs,
    socketTimeout: socketTimeoutMs,
    dnsTimeout: socketTimeoutMs,
    socketCloseTimeout: CLOSE_MS,
    // A notice is text: whatever it looks like, it makes nothing be read from disk or fetched.
    disableFileAccess: true,
    disableUrlAccess: true,
  });

  return {
    name: 'email',
    definition: emailRequested,
    concurrency: CONNECTIONS,
    timeoutMs,
    perishable: true,
    recipient: (notice) => notice.to,
    lane: (notice) => `${notice.incident} ${notice.to}`,

    async send(event: CloudEvent<EmailNotice>, signal: AbortSignal): Promise<SendOutcome> {
      const notice = event.data;
      const confidential = { secrets, body: `${notice.title}\n${notice.text}` };
      try {
        const info = await transport.sendMail({
          from,
          to: notice.to,
          subject: notice.title,
          text: notice.text,
          date: new Date(event.time),
          // The same on each attempt, so that a repeated mail can be recognised (RFC 5322, 3.6.4) …
          messageId: `<${notice.id}@${domain}>`,
          // … and all mails of an incident stand together.
          references: `<${notice.incident}@${domain}>`,
          priority: notice.kind === 'fire' ? 'high' : 'normal',
          headers: {
            'Auto-Submitted': 'auto-generated', // RFC 3834: no out-of-office replies
            'X-Smokewire-Incident': notice.incident,
            'X-Smokewire-Subject': notice.subject,
          },
          signal,
        });
        if (info.rejected.length === 0) return SENT;
        return partialRefusal(info.rejected, info.rejectedErrors ?? [], confidential);
      } catch (error) {
        return emailFailure(error, confidential);
      }
    },

    async close() {
      transport.close();
    },
  };
}

/** The password in the URL, in each form in which SMTP or an error could show it. */
function secretsOf(url: string): string[] {
  const { username, password } = new URL(url);
  if (password === '') return [];
  const user = decodeURIComponent(username);
  const clear = decodeURIComponent(password);
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return [clear, password, base64(clear), base64(`\0${user}\0${clear}`)];
}
