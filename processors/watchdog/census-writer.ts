import { eventRecord } from '../../contracts/cloud-events.ts';
import { type Census, censusTaken } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';
import type { CensusTaker } from './census.ts';

/** Writes down how many detectors a partition has, where that changed: the correlator has to know when all of a floor are silent. */
export class CensusWriter {
  readonly #partition: number;
  readonly #target: number;
  #version: number | undefined;
  #written = '';

  /** @param target the partition of `census` in which the site's stand */
  constructor(partition: number, target: number) {
    this.#partition = partition;
    this.#target = target;
  }

  /** What there is to write. */
  take(census: CensusTaker, now: number): OutRecord[] {
    if (census.version === this.#version) return [];
    this.#version = census.version;
    const data: Census = { partition: this.#partition, ...census.counts() };
    const counts = JSON.stringify(data);
    if (counts === this.#written) return [];
    this.#written = counts;
    const id = idOf('census', this.#partition, now);
    return [{ ...eventRecord(censusTaken, { id, source: 'watchdog', time: now, data }), partition: this.#target }];
  }
}
