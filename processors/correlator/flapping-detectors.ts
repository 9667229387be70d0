import type { Verdict } from '../../contracts/events.ts';
import { flappingKey } from './cases.ts';
import { Deadlines } from './deadlines.ts';
import { deadline, type Flapping, type FlappingStep, step, wake } from './flapping.ts';
import type { Journal } from './journal.ts';
import type { Moment } from './missing-detectors.ts';

/** So many are looked at in one wake: who fell silent in a storm is forgotten in portions. */
const MOST_AT_ONCE = 1_000;

export interface FlappingDetectorsOptions {
  readonly journal: Journal;
  /** Takes what is to be told as if the watchdog had said so. */
  readonly pass: (verdict: Verdict, moment: Moment) => void;
  /** Takes how a fault that was told goes on. */
  readonly update: (fault: NonNullable<FlappingStep['updated']>, now: number) => void;
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

  verdict(verdict: Verdict, moment: Moment): void {
    const key = flappingKey(verdict.subject);
    this.#take(key, step(this.#known.get(key), verdict, moment.now), moment);
  }

  wake(now: number): void {
    for (let left = MOST_AT_ONCE; left > 0; left--) {
      const key = this.#due.take(now);
      if (key === undefined) return;
      const state = this.#known.get(key);
      if (state) this.#take(key, wake(state, now), { at: now, now });
    }
  }

  /** What is told is noted before what is known: a crash in between repeats the step, and the other way round it would lose it. */
  #take(key: string, { state, verdicts, updated }: FlappingStep, moment: Moment): void {
    const { journal, pass, update } = this.#options;
    for (const verdict of verdicts) pass(verdict, moment);
    if (updated) update(updated, moment.now);
    const before = this.#known.get(key);
    if (state && state !== before) {
      this.#known.set(key, state);
      this.#due.set(key, deadline(state, this.#awakeSince));
      journal.changed(state);
    } else if (!state && before) {
      this.#known.delete(key);
      this.#due.delete(key);
      journal.gone(key);
    }
  }
}
