import type { Verdict } from '../../contracts/events.ts';
import { flappingKey } from './cases.ts';
import { Deadlines } from './deadlines.ts';
import { begin, deadline, excuse, type Flapping, type FlappingStep, step, wake } from './flapping.ts';
import type { Journal } from './journal.ts';

/** So many are looked at in one wake: who fell silent in a storm is forgotten in portions. */
const MOST_AT_ONCE = 1_000;

export interface FlappingDetectorsOptions {
  readonly journal: Journal;
  /** Takes what is to be told as if the watchdog had said so. */
  readonly pass: (verdict: Verdict, now: number) => void;
  /** Takes how a fault that was told goes on. */
  readonly update: (fault: NonNullable<FlappingStep['updated']>, now: number) => void;
  /** The detector is steady: if it is silent, that is told as any other silence. */
  readonly steady: (subject: string, now: number) => void;
}

/** What is known of the detectors that fell silent lately, to make one fault of who comes and goes. */
export class FlappingDetectors {
  readonly #options: FlappingDetectorsOptions;
  /** By the key of their state. */
  readonly #known = new Map<string, Flapping>();
  readonly #due = new Deadlines<string>();
  /** Since when somebody listens, ms since the epoch: silence of the log before that proves nothing. */
  #awakeSince = 0;

  constructor(options: FlappingDetectorsOptions) {
    this.#options = options;
  }

  recall(state: Flapping): void {
    this.#known.set(flappingKey(state.subject), state);
  }

  /** A predecessor knew nothing any more under this key. */
  forget(key: string): void {
    this.#known.delete(key);
  }

  /** Who was succeeded wrote something under this key. */
  contradict(key: string): void {
    const { journal } = this.#options;
    const ours = this.#known.get(key);
    if (ours) journal.changed(ours);
    else journal.gone(key);
  }

  resume(now: number): void {
    this.#awakeSince = now;
    for (const [key, state] of this.#known) this.#due.set(key, deadline(state, now));
  }

  get waits(): boolean {
    return this.#known.size > 0;
  }

  deadline(): number | undefined {
    return this.#due.next();
  }

  verdict(verdict: Verdict, now: number): void {
    const { subject } = verdict;
    this.#take(subject, step(this.#known.get(flappingKey(subject)), verdict, now), now);
  }

  wake(now: number): void {
    for (let left = MOST_AT_ONCE; left > 0; left--) {
      const key = this.#due.take(now);
      if (key === undefined) return;
      const state = this.#known.get(key);
      if (state) this.#take(state.subject, wake(state, now), now);
    }
  }

  /**
   * A detector's silence would be told by itself now. Answers whether it is told as flapping instead, or was before. What is told is
   * noted before what is known: a crash in between repeats this, and the other way round would lose it.
   */
  claim(subject: string, now: number): boolean {
    const key = flappingKey(subject);
    const state = this.#known.get(key);
    const begun = state && !state.flap ? begin(state) : undefined;
    if (begun) {
      this.#options.pass(begun.opened, now);
      this.#keep(key, begun.state);
    }
    return begun !== undefined || state?.flap !== undefined;
  }

  /** A detector's silence is part of a whole scope's: that one comes and goes, if anything does. */
  excuse(subject: string, episode: number): void {
    const key = flappingKey(subject);
    const state = this.#known.get(key);
    if (!state?.silences.some((one) => one.episode === episode)) return;
    const excused = excuse(state, episode);
    this.#known.set(key, excused);
    // Whoever joins it to the scope once more excuses it once more.
    this.#options.journal.changedLater(excused);
  }

  #take(subject: string, { state, over, updated }: FlappingStep, now: number): void {
    const { journal, pass, update, steady } = this.#options;
    const key = flappingKey(subject);
    const before = this.#known.get(key);
    if (state && state !== before) this.#keep(key, state);
    else if (!state && before) {
      this.#known.delete(key);
      this.#due.delete(key);
      journal.gone(key);
    }
    if (over) {
      pass(over, now);
      steady(subject, now);
    }
    if (updated) update(updated, now);
  }

  #keep(key: string, state: Flapping): void {
    this.#known.set(key, state);
    this.#due.set(key, deadline(state, this.#awakeSince));
    this.#options.journal.changed(state);
  }
}
