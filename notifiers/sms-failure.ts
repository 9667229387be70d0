import { z } from 'zod';
import type { SendFailure } from './channel.ts';
import { type Confidential, quote } from './quote.ts';

/** What the SDK throws: with `status` it is Twilio's answer, without it the request never got one. */
const smsErrorSchema = z.object({
  status: z.number().optional().catch(undefined),
  /** Twilio's number for the error, or Node's word for it. */
  code: z.union([z.number(), z.string()]).optional().catch(undefined),
  message: z.string().catch('no words'),
});

/** Answers below 500 that say "later": request timeout, too many requests (Twilio 20429). */
const LATER: readonly number[] = [408, 429];

/**
 * What a rejected request means. Any other 4xx is for good: 21211 is no number, 21610 an unsubscribed one, 21614 no mobile.
 * The error itself goes no further: it carries the request, and that carries credentials and message.
 */
export function smsFailure(thrown: unknown, confidential: Confidential): SendFailure {
  const { status, code, message } = smsErrorSchema.catch({ message: 'no words' }).parse(thrown);
  const words = quote(message, confidential);
  if (status === undefined) {
    const timedOut = code === 'ECONNABORTED' || code === 'ETIMEDOUT';
    return { result: 'failed', code: timedOut ? 'SEND_TIMEOUT' : 'SMS_DEFERRED', reason: `no answer: ${words}` };
  }
  const retryable = status >= 500 || LATER.includes(status);
  const reason = `HTTP ${status}${code === undefined ? '' : `, Twilio ${code}`}: ${words}`;
  return { result: 'failed', code: retryable ? 'SMS_DEFERRED' : 'SMS_REFUSED', reason };
}
