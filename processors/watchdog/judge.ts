import type { Signal } from '../../contracts/signals.ts';
import { type Announcement, Announcements } from './announcements.ts';
import { Calendar } from './calendar.ts';
import { CensusTaker } from './census.ts';
import { Detectors, FLAG, MOST_SIGNALS, NO_ROW } from './detectors.ts';
import { Evidence } from './evidence.ts';
import { News } from './news.ts';
import { ProvenTime } from './proven-time.ts';
import { isOld, type Told } from './told.ts';
import { ToldRows } from './told-rows.ts';
import { type Known, type Reporting, stateOf, Watched } from './watched.ts';
import { Wills } from './wills.ts';

/** How long a detector may be silent: `misses` heartbeats and `graceMs`. */
export interface WindowOptions {
  readonly misses: number;
  readonly graceMs: number;
  /** What the canary keeps; three periods without it are a gap. */
  readonly canaryPeriodMs: number;
}

/** Who signals so many times as often as it should, and so often at least between two looks, is babbling. */
const BABBLE = 20;
const LEAST_BABBLE = 50;

/** Looks are half a window apart or more, less what was silent before: those that are nearer by this part of a window are one. */
const LEAST_BETWEEN_LOOKS = 0.25;

/** 2^32 divided by the golden ratio: its multiples spread any run of numbers evenly (Knuth, TAOCP 6.4). */
const GOLDEN = 0x9e37_79b1;

/** So many bits of a row's number are the same for all that are planned alike. */
const NEIGHBOURS = 10;

/**
 * Knows of every detector of one partition when it was last heard, and judges at canary records, and at them alone, who has
 * been silent for longer than its window. It tells nobody: it answers what is true of a detector, and what was said.
 */
export class Judge {
  readonly time: ProvenTime;
  readonly census: CensusTaker;
  readonly #options: WindowOptions;
  readonly #known: Known;
  readonly #detectors = new Detectors();
  readonly #told: ToldRows;
  readonly #wills = new Wills();
  readonly #evidence = new Evidence(this.#detectors);
  readonly #calendar: Calendar;
  /** Not judged before the log reaches them: their windows begin there. */
  readonly #announcements = new Announcements(this.#detectors);
  readonly #news = new News();
  /** Of whom something is to be told that waits for the next canary record, since they babble. */
  readonly #babblers = new Set<number>();
  #longestWindowMs = 0;

  /** `site` is part of what makes an incident's id. */
  constructor(options: WindowOptions & { readonly site?: string }) {
    this.#options = options;
    this.time = new ProvenTime(options.canaryPeriodMs);
    this.#calendar = new Calendar(options.canaryPeriodMs, this.#detectors);
    this.#told = new ToldRows(this.#detectors, options.site ?? '');
    this.census = new CensusTaker(this.#detectors, this.time);
    this.#known = {
      detectors: this.#detectors,
      told: this.#told,
      wills: this.#wills,
      evidence: this.#evidence,
      time: this.time,
    };
  }

  *all(): Iterable<Watched> {
    for (let row = 0; row < this.#detectors.size; row++) yield new Watched(this.#known, row);
  }

  toldOf(id: number): Told | undefined {
    const row = this.#detectors.find(id);
    return row === NO_ROW ? undefined : this.#told.of(row);
  }

  /** When it was heard last, as far as the log is read and tells. */
  lastAt(id: number): number | undefined {
    const row = this.#detectors.find(id);
    return row === NO_ROW ? undefined : new Watched(this.#known, row).lastAt;
  }

  /** How far back, in the partition's proven time, a signal may still count. */
  get spanMs(): number {
    return this.#longestWindowMs + this.time.slackMs;
  }

  /**
   * How long a detector may be silent. A stall of the path that the canary cannot see costs up to a period of proven time, and
   * a heartbeat on either side: no window is shorter than that.
   */
  windowMs({ heartbeatMs }: Reporting): number {
    const { misses, graceMs, canaryPeriodMs } = this.#options;
    return Math.max(misses * heartbeatMs + graceMs, 2 * heartbeatMs + canaryPeriodMs);
  }

  /**
   * After how much silence a Last Will is believed. A detector that connected anew, and whose old connection's will comes late, has
   * signalled by then, even if the path stalls for a while that the canary cannot see.
   */
  confirmationMs({ heartbeatMs }: Reporting): number {
    const { graceMs, canaryPeriodMs } = this.#options;
    return heartbeatMs + Math.max(graceMs, canaryPeriodMs);
  }

  /** Takes over what a predecessor told. */
  recall(id: number, floor: number, told: Told): void {
    const row = this.#of(id, floor);
    const { state, judged } = told;
    const detectors = this.#detectors;
    detectors.setJudged(row, judged?.heartbeatMs ?? 0, judged?.from ?? 0);
    if (state === 'ok' || state === 'alarm' || state === 'suspect') detectors.mark(row, FLAG.heard, true);
    detectors.mark(row, FLAG.overdue, state === 'silent');
    if (state === 'alarm') detectors.mark(row, FLAG.fire, true);
    this.#evidence.recall(row, told.oddities, told.offset);
    const watched = new Watched(this.#known, row);
    watched.told = told;
  }

  /** What is told of it by now, since another watchdog told of it as well: something else may be true. */
  correct(id: number, told: Told): void {
    const row = this.#detectors.find(id);
    if (row === NO_ROW) return;
    this.#told.set(row, told);
    this.#news.add(row);
  }

  /** All tables are read: who was judged by this very heartbeat need not wait for an announcement that only repeats it. */
  restored(): void {
    this.#announcements.resume((row) => this.#isJudged(row));
  }

  /** An announcement. The same one again is no news; another heartbeat begins a window of its own. */
  register(id: number, floor: number, reporting: Reporting, { at, bridge }: Announcement): void {
    const detectors = this.#detectors;
    const { heartbeatMs, gateway } = reporting;
    const row = this.#of(id, floor);
    this.#news.add(row);
    const announcer = bridge === '' ? 0 : this.time.bridge(bridge).number;
    this.#evidence.announced(announcer, at);
    const isSame = detectors.heartbeat(row) === heartbeatMs;
    if (isSame && detectors.floor(row) === floor && detectors.gateway(row) === gateway) return;
    this.census.change(row, () => {
      detectors.setFloor(row, floor);
      detectors.setGateway(row, gateway);
      if (isSame) return;
      detectors.setHeartbeat(row, heartbeatMs);
      this.#announcements.add(row, at, announcer);
    });
    this.#longestWindowMs = Math.max(this.#longestWindowMs, this.windowMs(reporting));
  }

  /** Taken out of the registry: as if it had never been heard of, save for what was told. */
  unregister(id: number): void {
    const row = this.#detectors.find(id);
    if (row === NO_ROW) return;
    this.#forget(row);
    this.#news.add(row);
  }

  /** A birth message, or a Last Will. */
  presence(id: number, floor: number, will: Announcement | undefined): Watched {
    const row = this.#of(id, floor);
    if (will && !this.#wasHeardSince(row, will)) this.#wills.add(row, will);
    else this.#wills.delete(row);
    return new Watched(this.#known, row);
  }

  /** Signals of these come next: less time is lost if that is known of many at once. */
  expect(detectors: ArrayLike<number>): void {
    this.#detectors.expect(detectors);
  }

  /** A detector's signal, at `offset`. Answers with the detector where something else may be true of it than was told. */
  signal(signal: Signal, offset: number): Watched | undefined {
    const { detector, floor, value, bridge, receivedAt } = signal;
    const detectors = this.#detectors;
    const row = this.#of(detector, floor);
    // Its silence was told later than this signal came; only a later one ends it.
    if (this.#told.state(row) === 'silent' && isOld(this.#told.of(row), offset)) return undefined;
    const through = this.time.bridge(bridge);
    if (detectors.heartbeat(row) > 0) this.#evidence.signal(row, signal, through, offset);
    else detectors.setFloor(row, floor);
    // What comes after its announcement begins its window, too.
    const begins = this.#announcements.heard(row, through.number, receivedAt);
    this.#setBridge(row, through.number);
    detectors.hear(row, value === 1, receivedAt, this.time.stamp(through, receivedAt));
    this.#wills.heard(row, bridge, receivedAt);
    if (begins) this.#begin(row, offset);
    if (begins || !this.#calendar.has(row)) this.#plan(row);
    if (!this.#told.differs(row, stateOf(this.#known, row))) return undefined;
    if (value === 1 || !this.#evidence.isBabbling(row)) return new Watched(this.#known, row);
    this.#babblers.add(row);
    return undefined;
  }

  /** A canary record: proven time runs on, and more may be true than was told. */
  canary(offset: number, bridge: string, at: number): void {
    this.time.canary(bridge, at);
    const through = this.time.bridge(bridge);
    const begin = (row: number, announcer: number) => this.#reach(row, announcer, offset);
    this.#announcements.reached(offset, through.number, at, begin);
    // Who was announced just before its bridge was gone would be waited for in vain.
    for (const [gone, least] of this.time.gone()) this.#announcements.reached(offset, gone.number, least, begin);
    this.#wills.reached(bridge, at, this.time.read(through), (row) => this.#reachWill(row, through.number));
    this.#calendar.until(this.time.now, (row) => this.#look(row, offset));
    for (const row of this.#babblers) this.#news.add(row);
    this.#babblers.clear();
  }

  /** How long nothing has come from it, in proven time. */
  silenceOf({ row }: Watched): number {
    return this.#silence(row);
  }

  /** All that a predecessor knew is read: something else than was told may be true of everybody. */
  sweep(): void {
    this.#news.sweep(this.#detectors.size);
  }

  /** The next one of whom something else may be true than was told. */
  takeNews(): Watched | undefined {
    const row = this.#news.take();
    if (row === undefined) return undefined;
    if (this.#detectors.is(row, FLAG.overdue) && this.#detectors.heartbeat(row) === 0) this.#forget(row);
    return new Watched(this.#known, row);
  }

  /** Whom it is too early to tell of. */
  putBack({ row }: Watched): void {
    this.#news.add(row);
  }

  /** `signals` was made anew: what was told includes nothing of it. */
  beginAnew(): void {
    this.#told.beginAnew();
    this.#evidence.beginAnew();
  }

  #look(row: number, offset: number): void {
    const heartbeatMs = this.#detectors.heartbeat(row);
    if (heartbeatMs === 0 || this.#detectors.is(row, FLAG.overdue) || this.#announcements.has(row)) return;
    if (this.#isOdd(row, heartbeatMs, offset)) this.#news.add(row);
    const remainingMs = this.#remainingMs(row, heartbeatMs);
    if (remainingMs < 0) {
      this.#detectors.mark(row, FLAG.overdue, true);
      this.#news.add(row);
    } else {
      this.#planIn(row, remainingMs);
    }
  }

  /** Whether something else is wrong with it than before, beside its silence. */
  #isOdd(row: number, heartbeatMs: number, offset: number): boolean {
    const windowMs = this.windowMs({ heartbeatMs });
    const { now, periodMs } = this.time;
    if (this.#evidence.wasLookedAt(row, now - windowMs * LEAST_BETWEEN_LOOKS)) return false;
    const signals = this.#detectors.takeSignals(row);
    if (signals < LEAST_BABBLE && !this.#evidence.suspects(row)) return false;
    // No two looks are further apart than a window and the days that it begins and ends in.
    const mostMs = windowMs + 2 * periodMs;
    const limit = Math.max(LEAST_BABBLE, (BABBLE * mostMs) / heartbeatMs);
    const isProven = this.time.silence(this.#bridge(row), 0) > mostMs;
    return this.#evidence.look(row, { now, offset, signals, limit: Math.min(limit, MOST_SIGNALS), isProven });
  }

  /** The log reached its announcement. Until it is heard, it is judged by the bridge through which it was announced. */
  #reach(row: number, announcer: number, offset: number): void {
    const detectors = this.#detectors;
    if (detectors.bridge(row) === 0) this.#setBridge(row, announcer);
    this.#begin(row, offset);
    if (detectors.judgedFrom(row) === offset) {
      detectors.setStamp(row, Math.max(detectors.stamp(row), this.time.read(this.#bridge(row))));
    }
    this.#plan(row);
    this.#news.add(row);
  }

  /** The log reached its will, which is refuted if it was last heard through another bridge. */
  #reachWill(row: number, through: number): void {
    const heardThrough = this.#detectors.bridge(row);
    if (heardThrough === 0 || heardThrough === through) {
      this.#plan(row);
    } else {
      this.#wills.delete(row);
      this.#news.add(row);
    }
  }

  /** From `offset` on it is judged by its heartbeat, if it was not before. */
  #begin(row: number, offset: number): void {
    if (this.#isJudged(row)) return;
    this.#told.judge(row, { heartbeatMs: this.#detectors.heartbeat(row), from: offset });
  }

  #isJudged(row: number): boolean {
    return this.#detectors.judgedHeartbeat(row) === this.#detectors.heartbeat(row);
  }

  #plan(row: number): void {
    const heartbeatMs = this.#detectors.heartbeat(row);
    if (heartbeatMs === 0 || this.#detectors.is(row, FLAG.overdue) || this.#announcements.has(row)) return;
    this.#planIn(row, this.#remainingMs(row, heartbeatMs));
  }

  /**
   * Some are looked at too early, by up to half of what remains: or all who were heard in the same second, and after an outage
   * that is everybody, would be looked at in the same one ever after. Neighbours stay together, since looking at them in a row is quick.
   */
  #planIn(row: number, remainingMs: number): void {
    const early = Math.imul((row >>> NEIGHBOURS) + this.time.now, GOLDEN) >>> 0;
    this.#calendar.plan(row, this.time.earliest(this.#bridge(row), remainingMs * (1 - early / 2 ** 33)));
  }

  #silence(row: number): number {
    return this.time.silence(this.#bridge(row), this.#detectors.stamp(row));
  }

  #bridge(row: number) {
    return this.time.numbered(this.#detectors.bridge(row));
  }

  /** How much silence is left before it is silent for good. Fire outranks the broken line: its Last Will counts for nothing. */
  #remainingMs(row: number, heartbeatMs: number): number {
    const reporting = { heartbeatMs };
    const ofWindow = this.windowMs(reporting) - this.#silence(row);
    const will = this.#wills.get(row);
    if (will?.stamp === undefined || this.#detectors.is(row, FLAG.fire)) return ofWindow;
    const sinceWill = this.time.silence(this.time.bridge(will.bridge), will.stamp);
    return Math.min(ofWindow, this.confirmationMs(reporting) - sinceWill);
  }

  #forget(row: number): void {
    const detectors = this.#detectors;
    this.#announcements.delete(row);
    this.#evidence.forget(row);
    this.census.change(row, () => {
      detectors.setHeartbeat(row, 0);
      if (!detectors.is(row, FLAG.timed)) detectors.setBridge(row, 0);
    });
    this.#told.judge(row, undefined);
    detectors.mark(row, FLAG.heard, false);
    detectors.mark(row, FLAG.overdue, false);
  }

  /** Whether a signal that was read before the will, which stands in another topic, came later than it. */
  #wasHeardSince(row: number, { at, bridge }: Announcement): boolean {
    const watched = new Watched(this.#known, row);
    return watched.bridgeName === bridge && watched.lastAt !== undefined && watched.lastAt > at;
  }

  #setBridge(row: number, number: number): void {
    if (this.#detectors.bridge(row) === number) return;
    this.census.change(row, () => this.#detectors.setBridge(row, number));
  }

  #of(id: number, floor: number): number {
    const known = this.#detectors.find(id);
    if (known !== NO_ROW) return known;
    const row = this.#detectors.add(id);
    this.#detectors.setFloor(row, floor);
    return row;
  }
}
