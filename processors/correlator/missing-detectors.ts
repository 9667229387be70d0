import type { Verdict } from '../../contracts/events.ts';
import { detectorOf, type Loss, type Missing } from './cases.ts';
import type { Disablements } from './disablement.ts';
import type { FlappingDetectors } from './flapping-detectors.ts';
import { holdMs, stormMs } from './holds.ts';
import type { Journal } from './journal.ts';
import { LostScopes } from './lost-scopes.ts';
import { ScopeTally } from './scope-tally.ts';
import { LEAST_LOST, type Population } from './scopes.ts';
import { type Moment, Waiting } from './waiting.ts';
import { SUCCEEDED_REASON } from './wording.ts';

/** So much is decided at a time: where a storm is told one by one, other work comes in between. */
const MOST_DECIDED = 500;

export interface MissingDetectorsOptions {
  readonly site: string;
  readonly canaryPeriodMs: number;
  readonly population: Population;
  readonly disablements: Disablements;
  readonly flapping: Pick<FlappingDetectors, 'claim' | 'excuse'>;
  readonly journal: Journal;
}

/**
 * Decides how people hear of detectors that are silent: one by one, or all of a scope as one fault. A silence is held for as long as
 * others of the same cause may take to be found out, then it is told as part of the largest scope of which nobody is heard.
 */
export class MissingDetectors {
  readonly #options: MissingDetectorsOptions;
  readonly #cases = new Map<string, Missing>();
  readonly #tally: ScopeTally;
  readonly #waiting: Waiting<Missing | Loss>;
  readonly #lost: LostScopes;
  readonly #suspects = new Set<Missing>();
  /** Those of whom nobody is told before their planned silence is over. */
  readonly #disabled = new Set<Missing>();
  /** What people were told by who was succeeded, of silences whose verdicts are still to be read here. */
  readonly #ahead = new Map<string, Pick<Missing, 'incident' | 'episode'>>();

  constructor(options: MissingDetectorsOptions) {
    this.#options = options;
    this.#tally = new ScopeTally(options.population);
    this.#waiting = new Waiting(options.canaryPeriodMs);
    this.#lost = new LostScopes({ ...options, tally: this.#tally, waiting: this.#waiting });
  }

  recall(item: Missing | Loss): void {
    if (item.is === 'missing') this.#cases.set(item.subject, item);
    else this.#lost.recall(item);
  }

  /** All is recalled. What a predecessor waited for is waited for once more, as the log goes on where that one stopped. */
  resume(now: number): void {
    for (const item of this.#cases.values()) {
      if (item.untold) this.#options.journal.changed(item);
      if (item.phase === 'suspect') this.#suspects.add(item);
      if (!isMissing(item)) continue;
      this.#tally.count(item, 1);
      if (item.phase === 'disabled') this.#disabled.add(item);
      else if (item.phase !== 'told') this.#unlessLost(item, { at: item.foundAt, now });
    }
    this.#lost.resume(now);
  }

  /** Whether anything waits for our clock, or to be told once more, after a restart. */
  get waits(): boolean {
    return this.#cases.size > 0 || this.#lost.size > 0;
  }

  verdict(verdict: Verdict, moment: Moment): void {
    const known = this.#cases.get(verdict.subject);
    const missing = known !== undefined && isMissing(known);
    switch (verdict.change) {
      case 'suspect':
        if (!missing) this.#suspect(this.#case(verdict));
        return;
      case 'trusted':
        if (known?.phase === 'suspect') this.#over(known);
        return;
      case 'opened':
        if (known && verdict.episode <= known.episode) return;
        // Its end was never told.
        if (known && missing) this.#heard(known, known.reason, moment);
        this.#fellSilent(this.#case(verdict), verdict, moment);
        this.#catchUp(verdict, moment.now);
        return;
      case 'closed':
        if (known && verdict.episode < known.episode) return;
        if (known && missing) this.#heard(known, verdict.reason, moment);
        this.#case(verdict).episode = verdict.episode;
    }
  }

  /**
   * A detector does not come and go any more: if it is silent, that is told as any other silence. A hold later, since its lamp must
   * not go off with the one fault after it went on with the other.
   */
  steady(subject: string, now: number): void {
    const item = this.#cases.get(subject);
    if (item?.phase === 'flapping') this.#unlessLost(item, { at: now, now });
  }

  /** Planned silences are over: who is still missing is told of, those of a lost scope together. */
  reconsider(now: number): void {
    const released = [...this.#disabled].filter((item) => !this.#isDisabled(item, now));
    for (const item of released) {
      this.#disabled.delete(item);
      this.#unlessLost(item, { at: now, now }, 0);
    }
  }

  /** Who was succeeded wrote this over what we know. */
  contradict(theirs: Missing | Loss, now: number): void {
    if (theirs.is === 'missing') this.#contradict(theirs, now);
    else this.#lost.contradict(theirs, now);
  }

  /** When `wake` has something to do. */
  deadline(): number | undefined {
    return this.#waiting.deadline();
  }

  /** Decides about some of what is due. */
  wake(now: number): void {
    for (let left = MOST_DECIDED; left > 0; left--) {
      const item = this.#waiting.take(now);
      if (!item) return;
      this.#decide(item, now);
    }
  }

  /** The log's time has come to `at`. */
  reach({ at, now }: Moment): void {
    for (let item = this.#waiting.takeInLog(at); item; item = this.#waiting.takeInLog(at)) this.#decide(item, now);
  }

  #contradict({ subject, phase, incident, episode, untold }: Missing, now: number): void {
    const ours = this.#cases.get(subject);
    if (!ours) return;
    this.#options.journal.changed(ours);
    // It is set right once people are told.
    if (phase !== 'told' || incident === null || untold) return;
    if (episode > ours.episode) this.#ahead.set(subject, { incident, episode });
    else this.#setRight(ours, incident, now);
  }

  /** A verdict is read that who was succeeded may have told before. */
  #catchUp({ subject, episode }: Verdict, now: number): void {
    const ahead = this.#ahead.get(subject);
    const ours = this.#cases.get(subject);
    if (!ahead || !ours || episode < ahead.episode) return;
    this.#ahead.delete(subject);
    if (ahead.incident !== null) this.#setRight(ours, ahead.incident, now);
  }

  /** People know of `incident`: that is taken over, or if something else is true by now, closed. */
  #setRight(ours: Missing, incident: string, now: number): void {
    const { journal } = this.#options;
    const isSame = incident === ours.incident;
    if (isSame && ours.phase === 'held') {
      // People know of it now.
      this.#unhold(ours);
      ours.phase = 'told';
      this.#tell(ours, 'opened', ours.reason, now);
    } else if (!isSame || ours.phase !== 'told') {
      journal.tell(ours, { ...aboutDetector(ours), incident, change: 'closed', reason: SUCCEEDED_REASON }, now);
    }
  }

  #case(verdict: Verdict): Missing {
    const { subject } = verdict;
    let known = this.#cases.get(subject);
    if (!known) {
      known = { is: 'missing', subject, phase: 'over', ...wordsOf(verdict), foundAt: 0 };
      this.#cases.set(subject, known);
    }
    this.#options.journal.changed(known);
    return known;
  }

  #suspect(item: Missing): void {
    item.phase = 'suspect';
    this.#suspects.add(item);
  }

  #over(item: Missing): void {
    item.phase = 'over';
    this.#suspects.delete(item);
    this.#options.journal.changed(item);
  }

  #fellSilent(item: Missing, verdict: Verdict, moment: Moment): void {
    const wasFeared = this.#suspects.delete(item);
    Object.assign(item, wordsOf(verdict), { foundAt: moment.at });
    this.#tally.count(item, 1);
    const others = this.#suspects.size + this.#tally.held().size;
    this.#unlessLost(item, moment);
    if (item.phase !== 'held') return;
    this.#waiting.oneMore(this.#tally.held().size, moment, stormMs(item));
    // A Last Will of one alone is no storm. Who was not feared before was found out by who comes late, maybe with many others.
    if (wasFeared && verdict.cause === 'lost-connection' && others < LEAST_LOST - 1) this.#release(item, moment.now);
  }

  /** It signals again, or is no longer registered. */
  #heard(item: Missing, reason: string, moment: Moment): void {
    const { phase } = item;
    this.#tally.count(item, -1);
    if (phase === 'held') this.#unhold(item);
    this.#disabled.delete(item);
    if (phase === 'told') this.#tell(item, 'closed', reason, moment.now);
    this.#over(item);
    if (phase === 'joined') this.#lost.leave(item, moment);
  }

  /** It is held, unless a scope is lost that it belongs to. */
  #unlessLost(item: Missing, moment: Moment, ms?: number): void {
    const loss = this.#lost.of(item);
    if (loss) this.#lost.join(item, loss);
    else this.#hold(item, moment, ms);
  }

  /** It is held for `ms`, or as long as others may take to be found out. A successor would hold it as well. */
  #hold(item: Missing, moment: Moment, ms = holdMs(item, this.#options.canaryPeriodMs)): void {
    if (item.phase !== 'held') this.#options.journal.changedLater(item);
    item.phase = 'held';
    this.#tally.hold(item);
    this.#waiting.set(item, ms, moment);
  }

  #unhold(item: Missing): void {
    this.#tally.unhold(item);
    this.#waiting.delete(item);
  }

  #decide(item: Missing | Loss, now: number): void {
    if (item.is === 'missing') {
      this.#release(item, now);
      return;
    }
    // They have waited for long enough: each is decided about at once, or with others of a smaller scope.
    for (const one of this.#lost.settle(item, now)) this.#hold(one, { at: now, now }, 0);
  }

  /** It was held for long enough. */
  #release(item: Missing, now: number): void {
    const disabled = this.#isDisabled(item, now);
    const scope = disabled ? undefined : this.#tally.lostScopeOf(item);
    if (scope !== undefined) {
      const others = [...this.#tally.held(scope)].filter((other) => other !== item);
      for (const member of [item, ...others]) this.#unhold(member);
      this.#lost.open(scope, [item, ...others], now);
      return;
    }
    this.#unhold(item);
    if (disabled) {
      item.phase = 'disabled';
      this.#disabled.add(item);
      this.#options.journal.changed(item);
    } else if (this.#options.flapping.claim(item.subject, now)) {
      item.phase = 'flapping';
      this.#options.journal.changed(item);
    } else {
      item.phase = 'told';
      this.#tell(item, 'opened', item.reason, now);
    }
  }

  #isDisabled({ subject, floor }: Missing, now: number): boolean {
    return this.#options.disablements.until(subject, floor, now) !== undefined;
  }

  #tell(item: Missing, change: 'opened' | 'closed', reason: string, now: number): void {
    const { incident } = item;
    if (incident !== null) this.#options.journal.tell(item, { ...aboutDetector(item), incident, change, reason }, now);
  }
}

function aboutDetector(item: Missing) {
  const { subject, floor, cause } = item;
  return { subject, floor, cause, detectors: [detectorOf(item)] };
}

/** What a verdict says of a detector. Nobody expects anything of one that is not announced. */
function wordsOf({ episode, incident, cause, floor, bridge, gateway, heartbeatMs, windowMs, reason }: Verdict) {
  const times = { heartbeatMs: heartbeatMs ?? 0, windowMs: windowMs ?? 0 };
  return { episode, incident, cause, floor, bridge, gateway, ...times, reason };
}

function isMissing({ phase }: Missing): boolean {
  return phase !== 'suspect' && phase !== 'over';
}
