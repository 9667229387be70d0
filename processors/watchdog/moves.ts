import { parseEvent } from '../../contracts/cloud-events.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import { detectorStateChanged } from '../../contracts/events.ts';
import {
  headerOf,
  type InRecord,
  isLeftOver,
  movedCopy,
  movedRecord,
  type OutRecord,
} from '../../contracts/kafka-records.ts';
import { partitionOf } from '../../transport/kafka/partition.ts';
import { type Emission, NOTHING } from '../../transport/kafka/types.ts';

/**
 * What of a record of the watchdog's tables stands in another partition once its detector has moved there; undefined for a
 * word on the pipeline, which is its partition's own. Offsets mean nothing in another partition: there nothing of the log is
 * included yet in what was told, and the detector has its whole window again.
 */
export function rekeyed(record: InRecord): OutRecord | undefined {
  const { topic, key, value, timestamp } = record;
  if (!isOfDetector(key)) return undefined;
  const names = Object.keys(record.headers);
  const headers = Object.fromEntries(names.map((name) => [name, headerOf(record, name) ?? '']));
  const isTold = topic === detectorStateChanged.topic && value !== null;
  return { topic, key, value: isTold ? rebased(record) : value, headers, timestamp };
}

/**
 * Records of the tables that their producers put where their detectors were before partitions were added: each is passed on to
 * where its detector is now.
 */
export class Strays {
  readonly #partition: number;
  readonly #partitions: number;
  readonly #records = new Map<string, InRecord>();

  constructor({ partition, partitions }: { readonly partition: number; readonly partitions: number }) {
    this.#partition = partition;
    this.#partitions = partitions;
  }

  /** Keeps a record that is a matter of another partition; answers whether it is. */
  take(record: InRecord, isOld: boolean): boolean {
    const { topic, key, value, timestamp } = record;
    if (!isOfDetector(key) || partitionOf(key, this.#partitions) === this.#partition) return false;
    const name = `${topic}/${key}`;
    if (isLeftOver(record)) {
      // Somebody passed it on, we perhaps. What was written meanwhile is newer, and is still to be.
      if ((this.#records.get(name)?.timestamp ?? timestamp) <= timestamp) this.#records.delete(name);
    } else if (value === null && isOld) this.#records.delete(name);
    else this.#records.set(name, record);
    return true;
  }

  /** What was kept is passed on, once it is sure among how many partitions. */
  passOn(): Emission {
    if (this.#records.size === 0) return NOTHING;
    const records = [...this.#records.values()];
    this.#records.clear();
    const outputs = records.flatMap((record) => {
      const copy = rekeyed(record);
      const target = partitionOf(record.key ?? '', this.#partitions);
      return copy ? [movedCopy(copy, target, this.#partitions)] : [];
    });
    const left = records.filter(({ value }) => value !== null);
    return { outputs, changelog: left.map((record) => movedRecord(record, this.#partitions)) };
  }
}

/** Canaries are below zero, and what is told of the pipeline bears the name of a group. */
function isOfDetector(key: string | null): key is string {
  return key !== null && /^\d+$/.test(key);
}

function rebased(record: InRecord): OutRecord['value'] {
  try {
    const { judged: _, ...told } = parseEvent(record, [detectorStateChanged]).data;
    return JSON.stringify({ ...told, offset: -1 });
  } catch (error) {
    if (!(error instanceof SmokewireError)) throw error;
    // Whoever has it from then on says what is wrong with it.
    return record.value;
  }
}
