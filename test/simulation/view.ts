import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import { partitionOf } from '../../transport/kafka/partition.ts';
import type { Heard } from './bridge.ts';
import type { Span } from './chance.ts';
import type { History } from './simulation.ts';

/** A record of `signals`, and where it stands. */
export interface Standing {
  readonly partition: number;
  readonly offset: number;
  readonly heard: Heard;
}

/**
 * What there was to know of a detector, in order: its signals, and the canaries that prove time for it. Where partitions are added,
 * that is in one partition until a bridge learns of them, and in another from then on; a position counts records of both.
 */
export class View {
  readonly records: readonly Standing[];
  readonly #history: History;
  readonly #isMoved: boolean;
  /** By partition: where its first record stands whose bridge knows of partitions that were added. */
  readonly #outgrown: ReadonlyMap<number, number>;

  constructor(history: History, id: number) {
    const { heard, story } = history;
    const home = (among: number) => partitionOf(String(id), among);
    const counts = story.growth ? [PARTITIONS, story.growth.to] : [PARTITIONS];
    const homes = [...new Set(counts.map(home))];
    const records = homes.flatMap((partition) =>
      (heard[partition] ?? []).flatMap((one, offset): Standing[] =>
        home(one.partitions) === partition ? [{ partition, offset, heard: one }] : [],
      ),
    );
    this.#history = history;
    this.#isMoved = homes.length > 1;
    this.#outgrown = new Map(
      homes.flatMap((partition): [number, number][] => {
        const first = (heard[partition] ?? []).findIndex((one) => one.partitions > PARTITIONS);
        return first < 0 ? [] : [[partition, first]];
      }),
    );
    this.records = this.#isMoved ? records.sort((a, b) => a.heard.appendedAt - b.heard.appendedAt) : records;
  }

  /** Undefined where the record says nothing of the detector. */
  positionOf(partition: number, offset: number | undefined): number | undefined {
    const position = this.records.findIndex((one) => one.partition === partition && one.offset === offset);
    return position < 0 ? undefined : position;
  }

  /** The last record that some watchdog had stepped through by `at`; -1 for none. */
  steppedBy(at: number): number {
    const { steppedAt } = this.#history.world;
    return this.records.findLastIndex(({ partition, offset }) => {
      const when = steppedAt[partition]?.[offset];
      return when !== undefined && when <= at;
    });
  }

  /**
   * Whether somebody had to judge by a canary: one whose bridge does not know of partitions that were added proves nothing to those
   * who do, nor to those who have heard of them.
   */
  isProof({ partition, offset, heard: { partitions } }: Standing): boolean {
    const { story, world } = this.#history;
    if (!story.growth || partitions > PARTITIONS) return true;
    const end = Math.min(world.regrouped[0]?.committed[partition] ?? 0, this.#outgrown.get(partition) ?? offset + 1);
    return offset < end;
  }

  /** Whether a signal came too late to a partition that its detector had left: it counts for what was made of it only. */
  isLost(signal: Standing): boolean {
    if (!this.#isMoved || signal.heard.partitions > PARTITIONS || this.isProof(signal)) return false;
    const { partition, offset } = signal;
    return !this.#history.world.said.some(({ cause }) => cause.partition === partition && cause.offset === offset);
  }
}

/** When a detector was watched, in spans of one watchdog each: in one partition until partitions were added, then in another. */
export function tenuresOf({ story, watched, world }: History, id: number): Span[] {
  const regroupedAt = world.regrouped[0]?.at ?? Number.POSITIVE_INFINITY;
  const before = watched[partitionOf(String(id), PARTITIONS)] ?? [];
  if (!story.growth) return before;
  const after = watched[partitionOf(String(id), story.growth.to)] ?? [];
  return [
    ...before.filter(({ from }) => from < regroupedAt).map(({ from, to }) => ({ from, to: Math.min(to, regroupedAt) })),
    ...after.filter(({ from }) => from >= regroupedAt),
  ];
}
