import { rfc3339 } from '../../../contracts/clock.ts';
import type { Verdict } from '../../../contracts/events.ts';
import { idOf } from '../../../contracts/ids.ts';
import {
  begin,
  deadline,
  type Flapping,
  type FlappingStep,
  flappingSchema,
  step,
  wake,
} from '../../../processors/correlator/flapping.ts';

const T0 = Date.UTC(2026, 0, 1);

/**
 * A detector, its watchdogs, the step and people. A silence is told by itself where it may be, as the correlator does that waits for
 * no others. The state goes through its changelog each time.
 */
export class FlappingDetector {
  now = T0;
  /** All verdicts that watchdogs said. */
  readonly log: Verdict[] = [];
  /** `silent 3 opened`: a fault's cause, the count of the silence that it began with, and what people heard. */
  readonly told: string[] = [];
  readonly reasons: string[] = [];
  /** The incidents that are open for people. */
  readonly open: string[] = [];
  readonly #watchdogs: number;
  readonly #ever = new Map<string, string>();
  /** The silence that is not told by itself, since the detector flaps. */
  #kept: Verdict | undefined;
  /** Incidents that are over: one that is opened later is no news. */
  readonly #over = new Set<string>();
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
      this.#decide(verdict);
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

  #apply({ state, over, updated }: FlappingStep): void {
    this.#state = state && JSON.stringify(state);
    if (over) {
      this.#hear(over);
      if (this.#kept) this.#decide(this.#kept);
    }
    if (!updated) return;
    this.told.push(`${this.#ever.get(updated.incident)} updated`);
    this.reasons.push(updated.reason);
  }

  /** Whether a silence is told by itself, or as flapping. */
  #decide(verdict: Verdict): void {
    const { change, incident } = verdict;
    if (change === 'closed') {
      this.#hear(verdict);
      if (this.#kept?.incident === incident) this.#kept = undefined;
    }
    if (change !== 'opened' || incident === null || this.#ever.has(incident) || this.#over.has(incident)) return;
    const state = this.#restored();
    const begun = state && !state.flap ? begin(state) : undefined;
    if (begun) {
      this.#state = JSON.stringify(begun.state);
      this.#hear(begun.opened);
    }
    this.#kept = begun || state?.flap ? verdict : undefined;
    if (!this.#kept) this.#hear(verdict);
  }

  #hear(verdict: Verdict): void {
    const { incident, change, cause, episode, reason } = verdict;
    if (incident === null) return;
    if (change === 'closed') this.#over.add(incident);
    if (change === 'opened') {
      this.open.push(incident);
      this.#ever.set(incident, `${cause} ${episode}`);
    } else if (this.open.includes(incident)) this.open.splice(this.open.indexOf(incident), 1);
    else return;
    this.told.push(`${this.#ever.get(incident)} ${change}`);
    this.reasons.push(reason);
  }

  #restored(): Flapping | undefined {
    return this.#state === undefined ? undefined : flappingSchema.parse(JSON.parse(this.#state));
  }
}
