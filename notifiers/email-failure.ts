import { z } from 'zod';
import type { SendFailure } from './channel.ts';
import { type Confidential, quote } from './quote.ts';

/** What nodemailer says of a failure; each of it may be missing. */
const mailErrorSchema = z.object({
  /** nodemailer's own code, or Node's. */
  code: z.string().optional().catch(undefined),
  /** The three digits of the server's reply (RFC 5321, 4.2.1). */
  responseCode: z.number().optional().catch(undefined),
  /** The stage of the dialogue: CONN, MAIL FROM, RCPT TO, DATA. */
  command: z.string().optional().catch(undefined),
  message: z.string().catch('no words'),
});
type MailError = z.infer<typeof mailErrorSchema>;

/** A message or address that the client itself finds impossible; the same again would be no better. */
const IMPOSSIBLE: readonly (string | undefined)[] = ['EENVELOPE', 'EMESSAGE', 'EAUTH', 'ENOAUTH', 'EREQUIRETLS'];

/**
 * What a rejected send means. The server's reply decides where there is one: 4yz is transient, 5yz permanent (RFC 5321,
 * 4.2.1). Without one the connection failed, which is worth another try, or the client refused to begin, which is not.
 */
export function emailFailure(thrown: unknown, confidential: Confidential): SendFailure {
  const error = parse(thrown);
  const stage = [error.command ?? 'CONN', ...[error.responseCode ?? []].flat()].join(' ');
  const reason = `${stage}: ${quote(error.message, confidential)}`;
  if (error.responseCode !== undefined) return { result: 'failed', code: codeOfReply(error.responseCode), reason };
  if (error.code === 'ETIMEDOUT') return { result: 'failed', code: 'SEND_TIMEOUT', reason };
  const code = IMPOSSIBLE.includes(error.code) ? 'EMAIL_REFUSED' : 'EMAIL_DEFERRED';
  return { result: 'failed', code, reason };
}

/**
 * What it means that the server took the mail for some recipients only: told in part is not told. Worth another try where
 * any of the refusals is transient; who has the mail already sees the same Message-ID again.
 */
export function partialRefusal(
  rejected: readonly string[],
  errors: readonly unknown[],
  confidential: Confidential,
): SendFailure {
  const parsed = errors.map(parse);
  const transient = parsed.some((error) => error.responseCode !== undefined && error.responseCode < 500);
  const words = parsed.map((error) => error.message).join('; ');
  return {
    result: 'failed',
    code: transient ? 'EMAIL_DEFERRED' : 'EMAIL_REFUSED',
    reason: `RCPT TO, refused for ${rejected.join(', ')}: ${quote(words, confidential)}`,
  };
}

function codeOfReply(responseCode: number): 'EMAIL_DEFERRED' | 'EMAIL_REFUSED' {
  return responseCode >= 500 ? 'EMAIL_REFUSED' : 'EMAIL_DEFERRED';
}

function parse(thrown: unknown): MailError {
  return mailErrorSchema.catch({ message: 'no words' }).parse(thrown);
}
