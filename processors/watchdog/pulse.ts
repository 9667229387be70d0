import { type Clock, rfc3339, sleep, type Timer } from '../../contracts/clock.ts';
import { eventRecord } from '../../contracts/cloud-events.ts';
import { idOf } from '../../contracts/ids.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { Metrics } from '../../contracts/metrics.ts';
import { type Pulse, watchdogPulsed } from '../../contracts/pulses.ts';
import type { Service } from '../../contracts/service.ts';
import { type Transit, unwatched } from '../../contracts/transit.ts';
import type { RecordSink } from '../../transport/kafka/types.ts';
import type { JudgedPartitions } from './judged-partitions.ts';
import { failUrlOf, ping } from './ping.ts';
import { GAP_PERIODS } from './proven-time.ts';

/** How often it beats, in canary periods; a ping may take half of that. */
const BEAT_PERIODS = 10;
/** How long a stop waits for Kafka to take the word that this watchdog is none any more, in ms. */
const GOODBYE_MS = 500;

export interface WatchdogPulseOptions {
  /** The watchdog's consumer group, and which of its members this is. */
  readonly group: string;
  readonly instance: string;
  readonly judged: JudgedPartitions;
  readonly canaryPeriodMs: number;
  /** Takes the pulse for Kafka. */
  readonly sink: RecordSink;
  /** Who listens outside: a secret, since whoever knows it can say that all is well. */
  readonly url?: string | undefined;
  /** The site's time. */
  readonly clock: Clock;
  /** How long a ping may take is a matter of sockets. */
  readonly wireClock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly transit?: Transit;
}

/**
 * The watchdog's own dead man's switch: it says that it lives only while canaries are judged, in Kafka and to whoever listens
 * outside of the site. Those miss it when the watchdog, its machine or the whole pipeline is gone, and are told when it knows so.
 */
export class WatchdogPulse implements Service {
  readonly name = 'watchdog pulse';
  readonly #options: WatchdogPulseOptions;
  #stop = new AbortController();
  #timer: Timer | undefined;
  #pinging: Promise<void> | undefined;
  /** Whether Kafka has still to take the pulse before, and whether there is one to take back. */
  #writing = false;
  #pulsed = false;
  /** Whether the last ping arrived. */
  #heard = true;

  constructor(options: WatchdogPulseOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    if (this.#timer) return;
    this.#stop = new AbortController();
    const { clock, canaryPeriodMs } = this.#options;
    this.#timer = clock.every('watchdog pulse', BEAT_PERIODS * canaryPeriodMs, () => this.#beat());
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#stop.abort();
    await this.#pinging;
    if (!this.#pulsed) return;
    this.#pulsed = false;
    const { clock, wireClock, sink } = this.#options;
    const key = watchdogPulsed.key(this.#pulse(clock.now()));
    const goodbye: OutRecord = { topic: watchdogPulsed.topic, key, value: null, timestamp: clock.now() };
    const done = new AbortController();
    const written = sink.send([goodbye]).catch(() => undefined);
    await Promise.race([written, sleep(wireClock, 'pulse goodbye', GOODBYE_MS, done.signal)]);
    done.abort();
  }

  missing(): readonly string[] {
    return [];
  }

  #beat(): void {
    const { judged, canaryPeriodMs, clock, url } = this.#options;
    const state = judged.state(clock.now(), GAP_PERIODS * canaryPeriodMs);
    if (state === 'unknown') return;
    if (state === 'well') this.#write();
    if (url === undefined || this.#pinging) return;
    this.#pinging = this.#ping(state === 'well' ? url : failUrlOf(url), state).finally(() => {
      this.#pinging = undefined;
    });
  }

  /** Kafka takes a pulse later, or the next one: nobody waits for it. */
  #write(): void {
    if (this.#writing) return;
    this.#writing = true;
    this.#pulsed = true;
    const { clock, sink } = this.#options;
    const now = clock.now();
    const data = this.#pulse(now);
    const id = idOf('pulse', data.group, data.instance, data.at);
    sink
      .send([eventRecord(watchdogPulsed, { id, source: 'watchdog', time: now, data })])
      .catch(() => undefined)
      .finally(() => {
        this.#writing = false;
      });
  }

  async #ping(url: string, state: 'well' | 'silent'): Promise<void> {
    const { canaryPeriodMs, wireClock, logger, metrics, transit = unwatched } = this.#options;
    const signal = this.#stop.signal;
    const over = transit.begin('http', 'the pulse of the watchdog');
    const timeoutMs = (BEAT_PERIODS * canaryPeriodMs) / 2;
    const result = await ping(url, { timeoutMs, wireClock, signal });
    over();
    if (signal.aborted) return;
    metrics.pulsePings.inc({ says: state, outcome: result.arrived ? 'sent' : 'failed' });
    if (!result.arrived && this.#heard) {
      logger.warn({ says: state, reason: result.reason }, 'nobody outside hears the pulse of the watchdog; trying on');
    }
    if (result.arrived && !this.#heard)
      logger.info({ says: state }, 'the pulse of the watchdog is heard outside again');
    this.#heard = result.arrived;
  }

  #pulse(now: number): Pulse {
    const { group, instance } = this.#options;
    return { group, instance, at: rfc3339(now) };
  }
}
