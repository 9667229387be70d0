import { idOf } from '../../contracts/ids.ts';
import { GAP_PERIODS } from './proven-time.ts';
import { isOld, type Told } from './told.ts';

/**
 * Periods that a watchdog which has just begun waits for the first canary: the rest of the site may be starting too. With
 * the default period a fault is still told within 100 s (EN 54-2 8.2).
 */
export const START_PERIODS = 30;

/** The pipeline's fault as the tasks of one process share it: however many partitions are silent, it is one incident. */
export class PipelineMonitor {
  /** The incident that each silent partition is part of. */
  readonly #silent = new Map<number, string>();

  /** A partition falls silent: it joins the incident that is open, or opens `fresh`. */
  silent(partition: number, fresh: string): { readonly incident: string; readonly opened: boolean } {
    const [open] = this.#silent.values();
    this.#silent.set(partition, open ?? fresh);
    return { incident: open ?? fresh, opened: open === undefined };
  }

  /** A partition sings again; answers whether its incident ends with that. */
  sings(partition: number): boolean {
    const incident = this.#silent.get(partition);
    this.#silent.delete(partition);
    return incident !== undefined && ![...this.#silent.values()].includes(incident);
  }

  /** What a predecessor told about a partition; null where it sang. */
  recall(partition: number, incident: string | null): void {
    if (incident === null) this.#silent.delete(partition);
    else this.#silent.set(partition, incident);
  }

  /** The partition went to another process. */
  forget(partition: number): void {
    this.#silent.delete(partition);
  }
}

export interface PipelineWatchOptions {
  readonly site: string;
  readonly partition: number;
  /** The partition's canary. */
  readonly canary: number;
  readonly canaryPeriodMs: number;
  readonly monitor: PipelineMonitor;
}

/** What there is to tell about the pipeline: the partition's new state, and whether the incident opened or closed with it. */
export interface PipelineNews {
  readonly told: Told;
  readonly incident: string | null;
  readonly change: 'opened' | 'closed' | undefined;
}

/**
 * Listens for the canary of one partition by the wall clock: the one judgement that needs it, because a log that stands still
 * cannot say so. It speaks of the path, never of a detector.
 */
export class PipelineWatch {
  readonly #options: PipelineWatchOptions;
  readonly #gapMs: number;
  #told: Told | undefined;
  /** From when the silence is counted: the last canary's arrival; undefined until the clock is known. */
  #since: number | undefined;
  #heard = false;
  #excused = false;

  constructor(options: PipelineWatchOptions) {
    this.#options = options;
    this.#gapMs = GAP_PERIODS * options.canaryPeriodMs;
    options.monitor.forget(options.partition);
  }

  get told(): Told | undefined {
    return this.#told;
  }

  recall(told: Told): void {
    this.#told = told;
    this.#options.monitor.recall(this.#options.partition, told.incident);
  }

  /** A canary record arrived: at `now` by our clock, stamped `at`, standing at `offset`. */
  sang(now: number, at: number, offset: number): PipelineNews | undefined {
    const before = this.#told;
    // Read once more after a restart: the silence that was told came later.
    if (before?.state === 'silent' && isOld(before, { offset, at })) return undefined;
    this.#since = now;
    this.#heard = true;
    this.#excused = false;
    if (before?.state === 'ok') return undefined;
    const ended = this.#options.monitor.sings(this.#options.partition);
    this.#told = { state: 'ok', since: at, incident: null, episode: before?.episode ?? 0, offset };
    return { told: this.#told, incident: before?.incident ?? null, change: ended ? 'closed' : undefined };
  }

  /** When `overdue` has to be asked, ms since the epoch: at once for the first time, to learn what time it is. */
  deadline(): number | undefined {
    if (this.#since === undefined) return 0;
    if (this.#told?.state === 'silent') return undefined;
    return this.#since + (this.#heard ? this.#gapMs : START_PERIODS * this.#options.canaryPeriodMs);
  }

  /** Whether the partition has been silent for too long; `offset` is the last record read. */
  overdue(now: number, offset: number): PipelineNews | undefined {
    const deadline = this.deadline();
    if (this.#since === undefined) this.#since = now;
    if (!deadline || now < deadline) return undefined;
    if (now - deadline > this.#options.canaryPeriodMs && !this.#excused) {
      // We were asleep ourselves: canaries may be waiting unread.
      this.#excused = true;
      this.#heard = true;
      this.#since = now;
      return undefined;
    }
    const { site, canary, partition, monitor } = this.#options;
    const episode = (this.#told?.episode ?? 0) + 1;
    const { incident, opened } = monitor.silent(partition, idOf('incident', 'pipeline', site, canary, episode));
    this.#told = { state: 'silent', since: now, incident, episode, offset };
    return { told: this.#told, incident, change: opened ? 'opened' : undefined };
  }
}
