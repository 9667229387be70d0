import { rfc3339 } from '../../../contracts/clock.ts';
import type { Verdict } from '../../../contracts/events.ts';
import { idOf } from '../../../contracts/ids.ts';
import {
  deadline,
  type Flapping,
  type FlappingStep,
  flappingSchema,
  step,
  wake,
} from '../../../processors/correlator/flapping.ts';

const T0 = Date.UTC(2026, 0, 1);

/**
 * A detector, its watchdogs, the step and people: what is said of the detector goes through the step, and what comes out of
 * that is told as the correlator would, who forgets what is no news. The state goes through its changelog each time.
 */
export class FlappingDetector {
  now = T0;
  /** All verdicts that watchdogs said, and all that came out. */
  readonly log: Verdict[] = [];
  readonly passed: Verdict[] = [];
  /** `silent 3 opened`: a fault's cause, the count of the silence that it began with, and what people heard. */
  readonly told: string[] = [];
  readonly reasons: string[] = [];
  /** The incidents that are open for people. */
  readonly open: string[] = [];
  readonly #watchdogs: number;
  readonly #ever = new Map<string, string>();
  #state: string | undefined;
  #awakeSince = T0;
  #episode = 0;
  #isSilent = false;

  constructor({ watchdogs = 1 } = {}) {
    this.#watchdogs = watchdogs;
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  get timers(): number {
    return this.#state === undefined ? 0 : 1;
  }

  silent(): void {
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#episode++;
    this.#say('opened');
  }

  heard(): void {
    if (!this.#isSilent) return;
    this.#isSilent = false;
    this.#say('closed');
  }

  suspect(): void {
    this.take(this.#verdict('suspect', 'a'));
  }

  /** The last verdict comes once more. */
  repeat(): void {
    const last = this.log.at(-1);
    if (last) this.take(last);
  }

  /** The correlator listens for so long. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (let due = this.#due(); due !== undefined && due <= end; due = this.#due()) {
      this.now = due;
      const state = this.#restored();
      if (state) this.#apply(wake(state, this.now));
    }
    this.now = end;
  }

  /** It does not, and is started anew after so long. */
  sleep(ms: number): void {
    this.now += ms;
    this.#awakeSince = this.now;
  }

  /** Reads verdicts, now. */
  take(...verdicts: readonly Verdict[]): void {
    for (const verdict of verdicts) {
      this.log.push(verdict);
      this.#apply(step(this.#restored(), verdict, this.now));
    }
  }

  #say(change: 'opened' | 'closed'): void {
    for (let i = 0; i < this.#watchdogs; i++) this.take(this.#verdict(change, `watchdog-${i}`));
  }

  #verdict(change: Verdict['change'], group: string): Verdict {
    return {
      site: 'hq',
      group,
      subject: 'detector/7',
      incident: change === 'suspect' ? null : idOf('incident', 'silence', 'hq', 7, this.#episode),
      episode: this.#episode,
      change,
      cause: 'silent',
      floor: 3,
      bridge: 'b',
      gateway: null,
      heartbeatMs: 1_000,
      windowMs: 4_000,
      at: rfc3339(this.now),
      reason: `silence ${this.#episode}`,
    };
  }

  #due(): number | undefined {
    const state = this.#restored();
    return state && deadline(state, this.#awakeSince);
  }

  #apply({ state, verdicts, updated }: FlappingStep): void {
    this.#state = state && JSON.stringify(state);
    for (const verdict of verdicts) this.#hear(verdict);
    if (!updated) return;
    this.told.push(`${this.#ever.get(updated.incident)} updated`);
    this.reasons.push(updated.reason);
  }

  #hear(verdict: Verdict): void {
    this.passed.push(verdict);
    const { incident, change, cause, episode, reason } = verdict;
    if (incident === null) return;
    if (change === 'opened' && !this.#ever.has(incident)) {
      this.open.push(incident);
      this.#ever.set(incident, `${cause} ${episode}`);
    } else if (change === 'closed' && this.open.includes(incident)) this.open.splice(this.open.indexOf(incident), 1);
    else return;
    this.told.push(`${this.#ever.get(incident)} ${change}`);
    this.reasons.push(reason);
  }

  #restored(): Flapping | undefined {
    return this.#state === undefined ? undefined : flappingSchema.parse(JSON.parse(this.#state));
  }
}
