import type { Clock } from '../contracts/clock.ts';
import type { CloudEvent } from '../contracts/cloud-events.ts';
import { type SmsNotice, smsRequested } from '../contracts/events.ts';
import { type Channel, SEND_TIMEOUT_MS, SENT, type SendOutcome } from './channel.ts';
import type { SmsAccount, SmsClient } from './sms-client.ts';
import { smsFailure } from './sms-failure.ts';

export interface SmsOptions extends SmsAccount {
  /** Judges how long a message is still of use. */
  readonly clock: Clock;
  /** After how long a send counts as hanging, in the site's time; default 10,000 ms. */
  readonly timeoutMs?: number;
  /** How long a request may take, in the machine's time; default `timeoutMs`. */
  readonly socketTimeoutMs?: number;
}

/** What Twilio takes as ValidityPeriod, in seconds. */
const VALIDITY = { least: 1, most: 36_000 } as const;

/** SMS by Twilio. Sent means that Twilio has queued it; whether a telephone has it, only a status callback would say. */
export function smsChannel(options: SmsOptions): Channel<SmsNotice> {
  const { accountSid, authToken, clock, timeoutMs = SEND_TIMEOUT_MS } = options;
  const { socketTimeoutMs = timeoutMs } = options;
  const secrets = [
    authToken,
    Buffer.from(`${accountSid}:${authToken}`).toString('base64'),
    encodeURIComponent(authToken),
  ];
  let client: Promise<SmsClient> | undefined;
  /** The SDK takes 0.2 s and 24 MB to load: not for a site that sends no SMS. */
  const connect = async () => (await import('./sms-client.ts')).smsClient(options, socketTimeoutMs);

  return {
    name: 'sms',
    definition: smsRequested,
    concurrency: 8,
    timeoutMs,
    perishable: true,
    recipient: (notice) => notice.to,
    lane: (notice) => `${notice.incident} ${notice.to}`,

    async send({ data: notice }: CloudEvent<SmsNotice>, signal: AbortSignal): Promise<SendOutcome> {
      try {
        client ??= connect();
        const { create } = await client;
        const { id, to, text: body } = notice;
        await create({ id, to, body, validityPeriod: validity(notice, clock.now()) }, signal);
        return SENT;
      } catch (error) {
        return smsFailure(error, { secrets, body: notice.text });
      }
    },

    async close() {
      const opened = await client;
      opened?.close();
    },
  };
}

/** Seconds until `expires`: a fire SMS that comes hours late is wrong. */
function validity(notice: SmsNotice, now: number): number {
  const seconds = Math.floor((Date.parse(notice.expires) - now) / 1_000);
  return Math.min(VALIDITY.most, Math.max(VALIDITY.least, seconds));
}
