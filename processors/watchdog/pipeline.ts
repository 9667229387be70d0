import { idOf } from '../../contracts/ids.ts';
import { GAP_PERIODS } from './proven-time.ts';
import { isOld, type Told } from './told.ts';

/**
 * Periods that a watchdog which has just begun waits for the first canary: the rest of the site may be starting too. With
 * the default period a fault is still told within 100 s (EN 54-2 8.2).
 */
export const START_PERIODS = 30;

/** How often a canary that is late is looked after, in periods. */
const LOOK_PERIODS = 0.5;

const OPENED = ['opened'] as const;
const CLOSED = ['closed'] as const;

/** The pipeline's fault as the tasks of one process share it: however many partitions are silent, it is one incident. */
export class PipelineMonitor {
  /** The incident that each silent partition is part of. */
  readonly #silent = new Map<number, string>();
  /** The open incidents that people were told of. */
  readonly #told = new Set<string>();

  /** A partition falls silent: it joins the incident that is open, or `fresh`. */
  silent(partition: number, fresh: string): string {
    const [open = fresh] = this.#silent.values();
    this.#silent.set(partition, open);
    return open;
  }

  /** People are to be told of an incident; answers whether that is news. */
  tell(incident: string): boolean {
    const fresh = !this.#told.has(incident);
    this.#told.add(incident);
    return fresh;
  }

  /** A partition sings. */
  sings(partition: number): void {
    this.#silent.delete(partition);
  }

  /** Whether no partition is silent any more of those that were part of it. */
  isOver(incident: string): boolean {
    return ![...this.#silent.values()].includes(incident);
  }

  /** People are to be told that it is over; answers whether that is news. */
  close(incident: string): boolean {
    return this.#told.delete(incident);
  }

  /** What a predecessor noted about a partition. */
  recall(partition: number, { state, incident, untold }: Told): void {
    this.#silent.delete(partition);
    if (incident === null) return;
    if (state === 'silent') this.#silent.set(partition, incident);
    if (!untold) this.#told.add(incident);
  }

  /** The partition went to another process. */
  forget(partition: number): void {
    const incident = this.#silent.get(partition);
    this.#silent.delete(partition);
    if (incident !== undefined && this.isOver(incident)) this.#told.delete(incident);
  }
}

export interface PipelineWatchOptions {
  readonly site: string;
  /** The watchdog's consumer group: redundant ones count their own silences. */
  readonly group: string;
  readonly partition: number;
  readonly canaryPeriodMs: number;
  readonly monitor: PipelineMonitor;
}

/** What there is to tell about the pipeline: the partition's new state, and what people have to hear of the incident with it. */
export interface PipelineNews {
  readonly told: Told;
  readonly incident: string | null;
  readonly changes: readonly ('opened' | 'closed')[];
  /** What has to stand in Kafka before people hear of it, or a successor would not know what to close. */
  readonly note?: Told | undefined;
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
  /** Where the last canary stands; undefined before the first. */
  #sangAt: number | undefined;
  /** When we last looked after the canary because it is late, and since when we did so in time. */
  #lookedAt: number | undefined;
  #awakeSince = 0;

  constructor(options: PipelineWatchOptions) {
    this.#options = options;
    this.#gapMs = GAP_PERIODS * options.canaryPeriodMs;
    options.monitor.forget(options.partition);
  }

  get told(): Told | undefined {
    return this.#told;
  }

  /** The topic was made anew: what was told includes nothing of it. */
  beginAnew(): void {
    if (this.#told) this.#told = { ...this.#told, offset: -1 };
  }

  recall(told: Told): void {
    this.#told = told;
    this.#options.monitor.recall(this.#options.partition, told);
  }

  /**
   * A canary record arrived: at `now` by our clock, stamped `at`, standing at `offset`. Its partition bears the incident's id
   * until that is over for all, so that whoever is left knows what to close.
   */
  sang(now: number, at: number, offset: number): PipelineNews | undefined {
    const before = this.#told;
    const wasSilent = before?.state === 'silent';
    // Read once more after a restart: the silence that was told came later.
    if (wasSilent && isOld(before, offset)) return undefined;
    this.#since = now;
    this.#sangAt = offset;
    this.#lookedAt = undefined;
    const { monitor, partition } = this.#options;
    monitor.sings(partition);
    const incident = before?.incident ?? null;
    const over = incident === null || monitor.isOver(incident);
    if (before && !wasSilent && (incident === null || !over)) return undefined;
    const fresh = wasSilent && incident !== null && monitor.tell(incident);
    const closed = over && incident !== null && monitor.close(incident);
    // Another partition that has just told of it waits for its note: who closes it must not be heard first.
    const opened = fresh || (closed && before?.untold === true);
    this.#told = { state: 'ok', since: at, incident: over ? null : incident, episode: before?.episode ?? 0, offset };
    const changes = [...(opened ? OPENED : []), ...(closed ? CLOSED : [])];
    return { told: this.#told, incident, changes, note: opened ? before : undefined };
  }

  /** When `overdue` has to be asked, ms since the epoch: at once for the first time, to learn what time it is. */
  deadline(): number | undefined {
    if (this.#since === undefined) return 0;
    if (this.#told?.state === 'silent') return undefined;
    const { canaryPeriodMs } = this.#options;
    if (this.#lookedAt !== undefined) return this.#lookedAt + LOOK_PERIODS * canaryPeriodMs;
    return this.#brokenAt(this.#since) - canaryPeriodMs;
  }

  /** Whether the partition has been silent for too long; `offset` is the last record read. That is noted first, and told by `noted`. */
  overdue(now: number, offset: number): PipelineNews | undefined {
    if (this.#since === undefined) {
      this.#since = now;
      return this.#told?.untold ? this.#tell(this.#told) : undefined;
    }
    const deadline = this.deadline();
    if (deadline === undefined || now < deadline) return undefined;
    const { site, group, canaryPeriodMs, partition, monitor } = this.#options;
    // We may have been asleep ourselves, with canaries waiting unread: only looks in time, for a period, count.
    const inTime = this.#lookedAt !== undefined && now - this.#lookedAt <= 2 * LOOK_PERIODS * canaryPeriodMs;
    if (!inTime) this.#awakeSince = now;
    this.#lookedAt = now;
    if (now < this.#brokenAt(this.#since) || now - this.#awakeSince < canaryPeriodMs) return undefined;
    const episode = (this.#told?.episode ?? 0) + 1;
    // The count alone comes again where our note is lost, and the others' notes bear the id that was made of it.
    const after = this.#sangAt ?? offset;
    const incident = monitor.silent(partition, idOf('incident', 'pipeline', site, group, partition, episode, after));
    this.#told = { state: 'silent', since: now, incident, episode, untold: true, offset };
    return { told: this.#told, incident, changes: [] };
  }

  /** A note of ours stands in Kafka: if the silence goes on, people are told of it. */
  noted({ episode, untold }: Told): PipelineNews | undefined {
    const told = this.#told;
    return untold && told?.untold && told.episode === episode ? this.#tell(told) : undefined;
  }

  #brokenAt(since: number): number {
    return since + (this.#sangAt !== undefined ? this.#gapMs : START_PERIODS * this.#options.canaryPeriodMs);
  }

  #tell({ untold: _, ...told }: Told): PipelineNews {
    this.#told = told;
    const fresh = told.incident !== null && this.#options.monitor.tell(told.incident);
    return { told, incident: told.incident, changes: fresh ? OPENED : [] };
  }
}
