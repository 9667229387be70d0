import { type Clock, sleep, type Timer } from '../contracts/clock.ts';
import { SmokewireError } from '../contracts/errors.ts';
import type { FleetControl } from '../contracts/fleet-control.ts';
import type { DetectorAction } from '../contracts/http.ts';
import type { Logger } from '../contracts/logger.ts';
import type { Metrics } from '../contracts/metrics.ts';
import type { Random } from '../contracts/random.ts';
import type { Service } from '../contracts/service.ts';
import { type Transit, unwatched } from '../contracts/transit.ts';
import { addressLabel, brokerAddress } from '../transport/mqtt/address.ts';
import { Carousel } from './carousel.ts';
import { ConnectGate } from './connect-gate.ts';
import { checkDescriptors, descriptorLimit } from './descriptors.ts';
import { Detector, type DetectorHost, type SimulatedState } from './detector.ts';
import { type DetectorIdentity, detectorIdentities, type FleetPlan } from './detector-identity.ts';
import { DeviceFaults } from './device-faults.ts';
import { sourceAddresses } from './source-addresses.ts';

export interface FleetOptions extends FleetPlan {
  readonly site: string;
  /** The root of the MQTT topics. */
  readonly root: string;
  readonly mqttUrl: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Whether the broker takes its file descriptors from this process too; default false. */
  readonly brokerInProcess?: boolean;
  /** The keepalive that is agreed with the broker, in seconds; default 60. */
  readonly keepaliveS?: number;
  /** The site's time: heartbeats follow it. */
  readonly clock: Clock;
  /** The machine's time: connections follow it. */
  readonly wireClock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Is told what is on its way between the detectors and the broker. */
  readonly transit?: Transit;
  /** Called during the start with each detector that is connected. */
  readonly onProgress?: (connected: number, detectors: number) => void;
}

/** A detector as it is simulated, which only its maker knows: the site learns of it by its signals alone. */
export interface DetectorSnapshot extends Omit<DetectorIdentity, 'phaseMs'> {
  readonly state: SimulatedState;
  readonly tripped: boolean;
}

/** How long trip, clear and revive wait for the broker, and a stop for its goodbyes. */
const ACTION_DEADLINE_MS = 10_000;
const GOODBYE_MS = 1_000;

/** The simulated detectors of a site, each with a connection, a birth message and a Last Will of its own. */
export class Fleet implements Service, FleetControl {
  readonly name = 'detectors';
  /** What is wrong with devices on purpose; a stop ends it. */
  readonly faults: DeviceFaults;
  readonly #options: FleetOptions;
  readonly #detectors: readonly Detector[];
  readonly #gate: ConnectGate;
  readonly #carousel: Carousel;
  readonly #label: string;
  /** Those whose connection is not as it should be. */
  readonly #unsettled = new Set<Detector>();
  #seconds: Timer | undefined;
  #starting: { readonly resolve: () => void; readonly reject: (error: SmokewireError) => void } | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: FleetOptions) {
    this.#options = options;
    const { wireClock, clock, logger, random, mqttUrl, credentials, root, site, transit = unwatched } = options;
    this.faults = new DeviceFaults({ site, root, mqttUrl, clock, logger, transit });
    const address = brokerAddress({ url: mqttUrl, ...credentials });
    this.#label = addressLabel(address);
    this.#gate = new ConnectGate({ wireClock, random: random.fork('connects'), logger });
    const host: DetectorHost = {
      address,
      root,
      site,
      keepaliveS: options.keepaliveS ?? 60,
      deadlineMs: ACTION_DEADLINE_MS,
      wireClock,
      gate: this.#gate,
      transit,
      localAddress: sourceAddresses(address.host, options.detectors),
      changed: (detector) => this.#changed(detector),
    };
    const identities = detectorIdentities(options, random.fork('phases'));
    this.#detectors = identities.map((identity) => new Detector(identity, host));
    this.#carousel = new Carousel(
      clock,
      this.#detectors.filter((detector) => detector.mode === 'active'),
      { oneByOne: options.together ?? false },
    );
  }

  /**
   * Resolves when every detector is connected and the broker has acknowledged its birth. As soon as one got through, the
   * others are tried until `stop`.
   * @throws SmokewireError START_FAILED (too few file descriptors), MQTT_UNREACHABLE (none of the first could connect), STOPPED
   */
  start(): Promise<void> {
    this.#started ??= this.#stopped ? Promise.reject(stopped()) : this.#open();
    return this.#started;
  }

  /** Every detector says `offline` and DISCONNECT. What was waited for is rejected as STOPPED. */
  stop(): Promise<void> {
    this.#stopped ??= this.#close();
    return this.#stopped;
  }

  missing(): readonly string[] {
    if (this.#seconds === undefined) return ['the detectors are not started'];
    if (this.#unsettled.size === 0) return [];
    const why = this.#gate.trouble && `: ${this.#gate.trouble}`;
    return [`${this.#unsettled.size} of ${this.#detectors.length} detectors are not connected to ${this.#label}${why}`];
  }

  has(id: number): boolean {
    return this.#detectors[id - 1] !== undefined;
  }

  act(id: number, action: DetectorAction): Promise<void> {
    return this[action](id);
  }

  /** See `Detector` for what each action does, and when it is done. @throws SmokewireError DETECTOR_UNKNOWN and those there */
  async trip(id: number): Promise<void> {
    await this.#detector(id).trip();
  }

  async clear(id: number): Promise<void> {
    await this.#detector(id).clear();
  }

  async kill(id: number): Promise<void> {
    await this.#detector(id).kill();
  }

  async silence(id: number): Promise<void> {
    await this.#detector(id).silence();
  }

  async revive(id: number): Promise<void> {
    await this.#detector(id).revive();
  }

  /** A detector itself, to do to it what no detector does to itself. @throws SmokewireError DETECTOR_UNKNOWN */
  device(id: number): Detector {
    return this.#detector(id);
  }

  /** @throws SmokewireError DETECTOR_UNKNOWN */
  snapshot(id: number): DetectorSnapshot {
    return snapshotOf(this.#detector(id));
  }

  list(): DetectorSnapshot[] {
    return this.#detectors.map(snapshotOf);
  }

  async #open(): Promise<void> {
    const { detectors, brokerInProcess, wireClock } = this.#options;
    checkDescriptors(detectors, brokerInProcess ? 2 : 1, await descriptorLimit());
    if (this.#stopped) throw stopped();
    this.#seconds = wireClock.every('fleet seconds', 1_000, () => this.#second());
    this.#carousel.start();
    if (detectors === 0) return;
    await new Promise<void>((resolve, reject) => {
      this.#starting = { resolve, reject };
      for (const detector of this.#detectors) this.#unsettled.add(detector);
      for (const detector of this.#detectors) detector.seek();
    }).catch(async (error: unknown) => {
      await this.stop();
      throw error;
    });
  }

  async #close(): Promise<void> {
    this.#carousel.stop();
    await this.faults.stop();
    this.#seconds?.cancel();
    this.#seconds = undefined;
    this.#gate.stop();
    this.#starting?.reject(stopped());
    this.#starting = undefined;
    const gone = new AbortController();
    const goodbyes = Promise.all(this.#detectors.map((detector) => detector.stop())).then(() => gone.abort());
    await sleep(this.#options.wireClock, 'fleet goodbye', GOODBYE_MS, gone.signal);
    await Promise.all(this.#detectors.map((detector) => detector.drop()));
    await goodbyes;
  }

  #changed(detector: Detector): void {
    if (detector.settled) this.#unsettled.delete(detector);
    else this.#unsettled.add(detector);
    if (this.#starting === undefined) return;
    const waiting = this.#unsettled.size;
    const total = this.#detectors.length;
    if (waiting === total && this.#gate.trouble && !this.#gate.busy) {
      const problem = `the MQTT broker at ${this.#label} takes no detector: ${this.#gate.trouble}`;
      this.#starting.reject(new SmokewireError('MQTT_UNREACHABLE', problem));
      this.#starting = undefined;
      return;
    }
    if (detector.settled) this.#options.onProgress?.(total - waiting, total);
    if (waiting === 0) {
      this.#starting?.resolve();
      this.#starting = undefined;
    }
  }

  #second(): void {
    for (const detector of this.#detectors) detector.second();
    const counts: Record<SimulatedState | 'tripped', number> = {
      connected: 0,
      connecting: 0,
      killed: 0,
      silenced: 0,
      tripped: 0,
    };
    for (const detector of this.#detectors) {
      counts[detector.state] += 1;
      if (detector.tripped) counts.tripped += 1;
    }
    for (const [state, count] of Object.entries(counts)) this.#options.metrics.fleet.set({ state }, count);
  }

  #detector(id: number): Detector {
    const detector = this.#detectors[id - 1];
    if (detector) return detector;
    throw new SmokewireError(
      'DETECTOR_UNKNOWN',
      `there is no simulated detector ${id}: their ids are 1 to ${this.#detectors.length}`,
    );
  }
}

function snapshotOf({ id, floor, mode, heartbeatMs, state, tripped }: Detector): DetectorSnapshot {
  return { id, floor, mode, heartbeatMs, state, tripped };
}

function stopped(): SmokewireError {
  return new SmokewireError('STOPPED', 'the detectors were stopped');
}
