import type { Census } from '../../contracts/events.ts';
import type { Detectors } from './detectors.ts';
import type { ProvenTime } from './proven-time.ts';

/** How many registered detectors stand on each floor, behind each bridge, behind each gateway: kept, so that nobody has to count. */
export class CensusTaker {
  readonly #detectors: Detectors;
  readonly #time: ProvenTime;
  readonly #floors = new Map<number, number>();
  /** By the bridges' numbers. */
  readonly #bridges = new Map<number, number>();
  readonly #gateways = new Map<string, number>();
  #version = 0;

  constructor(detectors: Detectors, time: ProvenTime) {
    this.#detectors = detectors;
    this.#time = time;
  }

  /** Another number than before where something may have changed. */
  get version(): number {
    return this.#version;
  }

  /** Changes something about a detector that may be counted. */
  change(row: number, change: () => void): void {
    this.#count(row, -1);
    change();
    this.#count(row, 1);
  }

  counts(): Pick<Census, 'floors' | 'bridges' | 'gateways'> {
    const bridges = [...this.#bridges].map(
      ([number, count]) => [this.#time.numbered(number)?.name ?? '', count] as const,
    );
    return {
      floors: Object.fromEntries(this.#floors),
      bridges: Object.fromEntries(bridges),
      gateways: Object.fromEntries(this.#gateways),
    };
  }

  #count(row: number, by: 1 | -1): void {
    const detectors = this.#detectors;
    if (detectors.heartbeat(row) === 0) return;
    this.#version++;
    add(this.#floors, detectors.floor(row), by);
    const bridge = detectors.bridge(row);
    if (bridge !== 0) add(this.#bridges, bridge, by);
    const gateway = detectors.gateway(row);
    if (gateway !== undefined) add(this.#gateways, gateway, by);
  }
}

function add<T>(counts: Map<T, number>, of: T, by: 1 | -1): void {
  const count = (counts.get(of) ?? 0) + by;
  if (count === 0) counts.delete(of);
  else counts.set(of, count);
}
