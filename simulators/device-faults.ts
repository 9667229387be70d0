import { type Clock, rfc3339, type Timer } from '../contracts/clock.ts';
import { messageOf, SmokewireError } from '../contracts/errors.ts';
import type { Logger } from '../contracts/logger.ts';
import type { SignalValue } from '../contracts/mqtt-payloads.ts';
import { detectorTopic } from '../contracts/mqtt-topics.ts';
import type { Transit } from '../contracts/transit.ts';
import { MqttClient } from '../transport/mqtt/client.ts';
import type { Detector } from './detector.ts';

/** A fault of a device; healing it twice does nothing. */
export interface DeviceFault {
  heal(): Promise<void>;
}

export interface DeviceFaultsOptions {
  readonly site: string;
  /** The root of the MQTT topics. */
  readonly root: string;
  readonly mqttUrl: string;
  /** The site's time: faults follow it. */
  readonly clock: Clock;
  readonly logger: Logger;
  readonly transit: Transit;
}

/** Signals that fall due within so many milliseconds leave together. */
const BURST_MS = 20;

/** What goes wrong with detectors in the field, on purpose. Durations are milliseconds of the site's time. */
export class DeviceFaults {
  readonly #options: DeviceFaultsOptions;
  /** What ends each fault that is in force, without mending the device. */
  readonly #ends = new Set<() => void | Promise<void>>();
  #stopped = false;

  constructor(options: DeviceFaultsOptions) {
    this.#options = options;
  }

  /**
   * Its heartbeat slows down: each interval is `perBeatMs` longer than the one before.
   * @throws SmokewireError USAGE_INVALID for a passive detector, which has no heartbeat
   */
  drift(detector: Detector, { perBeatMs }: { readonly perBeatMs: number }): DeviceFault {
    if (detector.mode === 'passive') {
      throw new SmokewireError(
        'USAGE_INVALID',
        `detector ${detector.id} is passive: it has no heartbeat that could drift`,
      );
    }
    let intervalMs = detector.heartbeatMs;
    let timer: Timer;
    const arm = () => {
      intervalMs += perBeatMs;
      timer = this.#options.clock.after(`drifting heartbeat of detector ${detector.id}`, intervalMs, () => {
        detector.speak();
        arm();
      });
    };
    detector.defects.ownPace = true;
    arm();
    return this.#fault(() => {
      timer.cancel();
      detector.defects.ownPace = false;
    });
  }

  /** It signals 1 from its next turn on, and cannot be cleared. Healed, it signals how it stands. */
  stick(detector: Detector): DeviceFault {
    return this.#fault(() => {}, detector.stick());
  }

  /**
   * Its connection breaks `everyMs`, first at once, without a goodbye, and comes back after `downMs`: so also where the detector
   * is killed by others meanwhile.
   */
  flap(detector: Detector, { everyMs, downMs }: { readonly everyMs: number; readonly downMs: number }): DeviceFault {
    const { clock } = this.#options;
    let rising: Timer | undefined;
    const up = () => {
      rising = undefined;
      return detector.revive().catch((error: unknown) => this.#failed(detector, error));
    };
    const down = () => {
      rising?.cancel();
      void detector.kill();
      rising = clock.after(`connection of detector ${detector.id} returns`, downMs, () => void up());
    };
    const timer = clock.every(`connection of detector ${detector.id} breaks`, everyMs, down);
    down();
    return this.#fault(
      () => {
        timer.cancel();
        rising?.cancel();
      },
      async () => {
        if (rising) await up();
      },
    );
  }

  /** It signals in the long form, with a number and with the time of a clock that is `aheadMs` ahead; behind where negative. */
  skew(detector: Detector, { aheadMs }: { readonly aheadMs: number }): DeviceFault {
    let seq = 0;
    detector.defects.words = (signal) => {
      const at = rfc3339(this.#options.clock.now() + aheadMs);
      return JSON.stringify({ signal, seq: seq++, at });
    };
    return this.#fault(() => {
      delete detector.defects.words;
    });
  }

  /** Beside its heartbeats it signals `perSecond` times a second. */
  babble(detector: Detector, { perSecond }: { readonly perSecond: number }): DeviceFault {
    const burst = Math.max(1, Math.round((perSecond * BURST_MS) / 1_000));
    const name = `babble of detector ${detector.id}`;
    const timer = this.#options.clock.every(name, (burst * 1_000) / perSecond, () => {
      for (let i = 0; i < burst; i++) detector.speak();
    });
    return this.#fault(() => timer.cancel());
  }

  /** Another device that was given the same id, on another floor, signals `signal` every `everyMs`, first at once. */
  async impersonate(
    detector: Detector,
    { floor, signal, everyMs }: { readonly floor: number; readonly signal: SignalValue; readonly everyMs: number },
  ): Promise<DeviceFault> {
    const { root, site, mqttUrl, clock, logger, transit } = this.#options;
    const clientId = `smokewire-${site}-detector-${detector.id}-on-floor-${floor}`;
    const client = new MqttClient({ url: mqttUrl, clientId, logger, transit });
    const topic = detectorTopic(root, site, floor, detector.id, 'signal');
    const speak = () => {
      if (!client.connected) return;
      client
        .publish(topic, String(signal), { qos: 1, retain: false })
        .catch((error: unknown) => this.#failed(detector, error));
    };
    let timer: Timer | undefined;
    const fault = this.#fault(async () => {
      timer?.cancel();
      await client.stop();
    });
    try {
      await client.start();
    } catch (error) {
      await fault.heal();
      throw error;
    }
    timer = clock.every(`double of detector ${detector.id}`, everyMs, speak);
    speak();
    return fault;
  }

  /** Ends all faults, and mends nothing: the devices are switched off. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#ends].map((end) => end()));
    this.#ends.clear();
  }

  /** @throws SmokewireError STOPPED */
  #fault(end: () => void | Promise<void>, mend: () => void | Promise<void> = () => {}): DeviceFault {
    if (this.#stopped) {
      void end();
      throw new SmokewireError('STOPPED', 'the detectors were stopped');
    }
    this.#ends.add(end);
    return {
      heal: async () => {
        if (!this.#ends.delete(end)) return;
        await end();
        await mend();
      },
    };
  }

  #failed(detector: Detector, error: unknown): void {
    this.#options.logger.debug({ detector: detector.id, error: messageOf(error) }, 'a faulty detector was not heard');
  }
}
