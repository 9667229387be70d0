import type { ReceivedSms } from '../../contracts/http.ts';
import { type Refusal, type RefusalCode, refusal } from './errors.ts';

/** A message as it was asked for. */
export type MessageRequest = Pick<ReceivedSms, 'to' | 'from' | 'text' | 'validityPeriod'>;

/** Numbers that Twilio keeps for tests, by the error that they bring (https://www.twilio.com/docs/iam/test-credentials). */
const TEST_RECIPIENTS: ReadonlyMap<string, RefusalCode> = new Map([
  ['+15005550001', 21211],
  ['+15005550002', 21612],
  ['+15005550003', 21408],
  ['+15005550004', 21610],
  ['+15005550009', 21614],
]);
const TEST_SENDERS: ReadonlyMap<string, RefusalCode> = new Map([
  ['+15005550001', 21212],
  ['+15005550007', 21606],
  ['+15005550008', 21611],
]);
/** The test number that may send. */
export const TEST_SENDER = '+15005550006';

const E164 = /^\+[1-9]\d{1,14}$/;
const MAX_BODY = 1_600;
const MAX_VALIDITY_SECONDS = 36_000;

/** The message that the form asks for, or why not: first what is missing, then what is malformed, then what is refused. */
export function readMessage(form: URLSearchParams): MessageRequest | Refusal {
  const to = form.get('To') ?? '';
  const from = form.get('From') ?? '';
  const text = form.get('Body') ?? '';
  const validity = form.get('ValidityPeriod');
  const validityPeriod = validity === null ? null : Number(validity);

  if (to === '') return refusal(21604);
  if (from === '') return refusal(21603);
  if (text === '') return refusal(21602);
  if (!E164.test(to)) return refusal(21211);
  if (!E164.test(from)) return refusal(21212);
  if ([...text].length > MAX_BODY) return refusal(21617);
  if (validityPeriod !== null && !isValidity(validityPeriod)) return refusal(21624);
  const refused = TEST_RECIPIENTS.get(to) ?? TEST_SENDERS.get(from) ?? (from === TEST_SENDER ? undefined : 21606);
  return refused === undefined ? { to, from, text, validityPeriod } : refusal(refused);
}

/** The Messages resource as the API shows it right after it took a message. */
export function messageResource(accountSid: string, sms: ReceivedSms): object {
  const uri = `/2010-04-01/Accounts/${accountSid}/Messages/${sms.id}`;
  const date = new Date(sms.receivedAt).toUTCString().replace('GMT', '+0000'); // RFC 2822
  return {
    account_sid: accountSid,
    api_version: '2010-04-01',
    body: sms.text,
    date_created: date,
    date_sent: null,
    date_updated: date,
    direction: 'outbound-api',
    error_code: null,
    error_message: null,
    from: sms.from,
    messaging_service_sid: null,
    num_media: '0',
    num_segments: String(segments(sms.text)),
    price: null,
    price_unit: 'USD',
    sid: sms.id,
    status: 'queued',
    subresource_uris: { media: `${uri}/Media.json` },
    to: sms.to,
    uri: `${uri}.json`,
  };
}

function isValidity(seconds: number): boolean {
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_VALIDITY_SECONDS;
}

/** Plain text in GSM 03.38 has 160 characters an SMS, 153 where it is split; anything else 70 and 67 (UCS-2). */
function segments(text: string): number {
  const plain = /^[\n\r -_a-z]*$/.test(text);
  const [one, each] = plain ? [160, 153] : [70, 67];
  return text.length <= one ? 1 : Math.ceil(text.length / each);
}
