import type { Clock } from '../../contracts/clock.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { Metrics } from '../../contracts/metrics.ts';
import type { Channel, Notice, SendFailure, SendOutcome } from '../channel.ts';
import type { Stage } from './stage.ts';

export interface SendStageOptions {
  /** The site's time: after how much of it a send counts as hanging. */
  readonly clock: Clock;
  /** Measures how long sends take. */
  readonly wireClock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Sends, and waits no longer than the channel's timeout. */
export function send<N extends Notice>(channel: Channel<N>, options: SendStageOptions): Stage<N> {
  const { clock, wireClock, metrics, logger } = options;
  const { name, timeoutMs } = channel;

  return async ({ event }, stopping) => {
    const controller = new AbortController();
    const stop = () => controller.abort();
    stopping.addEventListener('abort', stop, { once: true });
    let timedOut = false;
    const timer =
      timeoutMs === undefined
        ? undefined
        : clock.after(`send timeout/${name}`, timeoutMs, () => {
            timedOut = true;
            controller.abort();
          });
    const startedAt = wireClock.now();
    try {
      // A channel that does not heed its signal must not hold the slot either.
      const outcome = await Promise.race([
        channel.send(event, controller.signal).catch((error: unknown) => defect(error, logger)),
        aborted(controller.signal),
      ]);
      // What a channel answers to the abort is about the abort.
      if (stopping.aborted && outcome?.result !== 'sent') return { outcome: 'stopped' };
      if (outcome?.result === 'sent') return { outcome: 'sent' };
      if (timedOut || !outcome) {
        return { outcome: 'failed', code: 'SEND_TIMEOUT', reason: `no end within ${timeoutMs} ms` };
      }
      return { outcome: 'failed', code: outcome.code, reason: outcome.reason };
    } finally {
      timer?.cancel();
      stopping.removeEventListener('abort', stop);
      metrics.sendSeconds.observe({ channel: name }, (wireClock.now() - startedAt) / 1_000);
    }
  };
}

function aborted(signal: AbortSignal): Promise<SendOutcome | undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** Nobody knows what stands in the message of an error that nobody expected: its class has to do. */
function defect(error: unknown, logger: Logger): SendFailure {
  const kind = error instanceof Error ? error.name : typeof error;
  logger.error({ kind }, 'a channel threw where it should have answered');
  return { result: 'failed', code: 'INTERNAL', reason: `the channel threw ${kind}` };
}
