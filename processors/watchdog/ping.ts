import { request as inTheClear } from 'node:http';
import { request as overTls } from 'node:https';
import { type Clock, sleep } from '../../contracts/clock.ts';

/** What became of a ping: why it did not arrive, in words that do not show its URL, which is a secret. */
export type PingResult = { readonly arrived: true } | { readonly arrived: false; readonly reason: string };

export interface PingOptions {
  /** How long the other side may take, in ms of `wireClock`. */
  readonly timeoutMs: number;
  readonly wireClock: Clock;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

/** Where it is told that something is wrong: `URL/fail`, as Healthchecks and those like it have it. */
export function failUrlOf(url: string): string {
  const fail = new URL(url);
  fail.pathname = `${fail.pathname.replace(/\/+$/, '')}/fail`;
  return fail.href;
}

/** POSTs to a URL, and wants no more than to be heard. Never rejects. */
export async function ping(url: string, { timeoutMs, wireClock, signal }: PingOptions): Promise<PingResult> {
  const over = new AbortController();
  const end = () => over.abort();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const answered = new AbortController();
  void sleep(wireClock, 'pulse ping', timeoutMs, answered.signal).then(end);
  try {
    const status = await post(url, over.signal);
    return status >= 200 && status < 300 ? { arrived: true } : { arrived: false, reason: `HTTP ${status}` };
  } catch (error) {
    if (signal.aborted) return { arrived: false, reason: 'stopped' };
    return { arrived: false, reason: over.signal.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error) };
  } finally {
    answered.abort();
    signal.removeEventListener('abort', end);
  }
}

/**
 * The answer's status. On a connection of its own, which ends with it: at one ping in ten seconds a kept one would be closed by the
 * other side as often as not.
 */
function post(url: string, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? overTls : inTheClear;
    const sent = request(
      url,
      { method: 'POST', agent: false, headers: { 'content-length': 0 }, signal },
      (response) => {
        resolve(response.statusCode ?? 0);
        sent.destroy();
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

/** The system's code, as ECONNREFUSED: messages may name more. */
function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'it could not be sent';
}
