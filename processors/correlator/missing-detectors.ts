import type { Verdict } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import type { Loss, Missing } from './cases.ts';
import { Deadlines } from './deadlines.ts';
import type { Disablements } from './disablement.ts';
import type { FlappingDetectors } from './flapping-detectors.ts';
import type { Journal } from './journal.ts';
import { LEAST_LOST, type Population, type Scope, SITE_SCOPE, scopesOf } from './scopes.ts';
import { brokenUpReason, lossReason, returnReason, SUCCEEDED_REASON } from './wording.ts';

/** EN 54-2 8.2 allows 100 s from a fault to its indication, window, hold and way; in ms. A storm is not waited for longer than that. */
const INDICATED_WITHIN_MS = 95_000;
const LONGEST_STORM_MS = 30_000;
/** Longer than this nobody waits for the last ones of a scope to return, in ms. */
const LONGEST_SETTLING_MS = 120_000;

/**
 * By how much the clocks of two watchdogs may differ, in ms. The log's time alone releases nothing before; read live, our own clock
 * is sooner.
 */
const CLOCK_SLACK_MS = 5_000;

/** With so many held a storm is coming in: watchdogs tell of many detectors in portions, and nobody is told before the last one. */
const STORM = 100;

/** So many detectors are named in one fault; the others are counted. */
const MOST_NAMED = 50;

/** When something is learned: when its record was written, by its writer's clock, and our clock. Milliseconds since the epoch. */
export interface Moment {
  readonly at: number;
  readonly now: number;
}

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
  readonly #losses = new Map<Scope, Loss>();
  /** How many are silent in each scope, told or not; who is not told of yet; whom the scope's fault stands for. */
  readonly #missing = new Map<Scope, number>();
  readonly #held = new Map<Scope, Set<Missing>>();
  readonly #joined = new Map<Scope, Set<Missing>>();
  readonly #suspects = new Set<Missing>();
  /** Those of whom nobody is told before their planned silence is over. */
  readonly #disabled = new Set<Missing>();
  /** What is decided when, by our clock, and by the log's time where that is read late. */
  readonly #due = new Deadlines<Missing | Loss>();
  readonly #dueInLog = new Deadlines<Missing | Loss>();
  /** Since when a storm has been coming in, and until when nothing is decided because of it. */
  #stormSince: Moment | undefined;
  #quiet: Moment = { at: 0, now: 0 };

  constructor(options: MissingDetectorsOptions) {
    this.#options = options;
  }

  recall(item: Missing | Loss): void {
    if (item.is === 'missing') this.#cases.set(item.subject, item);
    else this.#losses.set(item.scope, item);
  }

  /** All is recalled. What a predecessor waited for is waited for once more, as the log goes on where that one stopped. */
  resume(now: number): void {
    for (const item of this.#cases.values()) {
      if (item.untold) this.#options.journal.changed(item);
      if (item.phase === 'suspect') this.#suspects.add(item);
      if (!isMissing(item)) continue;
      this.#count(item, 1);
      if (item.phase === 'told') continue;
      if (item.phase === 'disabled') {
        this.#disabled.add(item);
        continue;
      }
      this.#unlessLost(item, { at: item.foundAt, now });
    }
    for (const loss of this.#losses.values()) {
      if (loss.untold) this.#options.journal.changed(loss);
      if (!loss.open) continue;
      if (this.#isEmpty(loss)) this.#close(loss, returnReason(loss), now);
      else if (loss.returnedAt !== undefined)
        this.#await(loss, settlingMs(loss, this.#options), { at: loss.returnedAt, now });
    }
  }

  /** Whether anything waits for our clock, or to be told once more, after a restart. */
  get waits(): boolean {
    return this.#cases.size > 0 || this.#losses.size > 0;
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
      this.#unlessLost(item, { at: item.foundAt, now });
    }
    for (const item of released) if (item.phase === 'held') this.#release(item, now);
  }

  /** It is held, unless a scope is lost that it belongs to. */
  #unlessLost(item: Missing, moment: Moment): void {
    const loss = this.#lossOf(item);
    if (loss) this.#join(item, loss);
    else this.#hold(item, moment);
  }

  /** Who was succeeded wrote this over what we know. */
  contradict(theirs: Missing | Loss, now: number): void {
    if (theirs.is === 'missing') this.#contradictOne(theirs, now);
    else this.#contradictLoss(theirs, now);
  }

  /** When `wake` has something to do. */
  deadline(): number | undefined {
    const next = this.#due.next();
    return next === undefined ? undefined : Math.max(next, this.#quiet.now);
  }

  wake(now: number): void {
    if (now < this.#quiet.now) return;
    for (let item = this.#due.take(now); item; item = this.#due.take(now)) this.#decide(item, now);
  }

  /** The log's time has come to `at`. */
  reach({ at, now }: Moment): void {
    if (at < this.#quiet.at) return;
    for (let item = this.#dueInLog.take(at); item; item = this.#dueInLog.take(at)) this.#decide(item, now);
  }

  #contradictOne({ subject, phase, incident, untold }: Missing, now: number): void {
    const { journal } = this.#options;
    const ours = this.#cases.get(subject);
    if (!ours) return;
    journal.changed(ours);
    // It is set right once people are told.
    if (phase !== 'told' || incident === null || untold) return;
    const isSame = incident === ours.incident;
    if (isSame && ours.phase === 'held') {
      // People know of it now.
      this.#unhold(ours);
      ours.phase = 'told';
      this.#tell(ours, 'opened', ours.reason, now);
    } else if (!isSame || ours.phase !== 'told') {
      const about = { subject, floor: ours.floor, cause: ours.cause, detectors: [detectorOf(ours)] };
      journal.tell(ours, { ...about, incident, change: 'closed', reason: SUCCEEDED_REASON }, now);
    }
  }

  #contradictLoss({ untold, ...theirs }: Loss, now: number): void {
    const { journal } = this.#options;
    const known = this.#losses.get(theirs.scope);
    const ours = known ?? { ...theirs, open: false };
    this.#losses.set(theirs.scope, ours);
    journal.changed(ours);
    if (!theirs.open || untold || (ours.open && ours.incident === theirs.incident)) return;
    const { scope: subject, incident, behind } = theirs;
    const about = { subject, floor: floorOf(subject), detectors: [...theirs.detectors], behind };
    journal.tell(ours, { ...about, incident, change: 'closed', reason: SUCCEEDED_REASON }, now);
    if (!ours.open) ours.episode = Math.max(ours.episode, theirs.episode);
  }

  #case(verdict: Verdict): Missing {
    const { subject, episode, incident, cause, floor, bridge, gateway, reason } = verdict;
    let known = this.#cases.get(subject);
    if (!known) {
      const { heartbeatMs, windowMs } = timesOf(verdict);
      known = {
        is: 'missing',
        subject,
        phase: 'over',
        episode,
        incident,
        cause,
        floor,
        bridge,
        gateway,
        heartbeatMs,
        windowMs,
        foundAt: 0,
        reason,
      };
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
    this.#suspects.delete(item);
    const { episode, incident, cause, floor, bridge, gateway, reason } = verdict;
    const about = { episode, incident, cause, floor, bridge, gateway, reason, ...timesOf(verdict) };
    Object.assign(item, about, { foundAt: moment.at });
    this.#count(item, 1);
    const loss = this.#lossOf(item);
    if (loss) {
      this.#join(item, loss);
      return;
    }
    const others = this.#suspects.size + (this.#held.get(SITE_SCOPE)?.size ?? 0);
    this.#hold(item, moment);
    this.#watchStorm(moment);
    // A Last Will of one alone is no storm.
    if (cause === 'lost-connection' && others < LEAST_LOST - 1) this.#release(item, moment.now);
  }

  /** It signals again, or is no longer registered. */
  #heard(item: Missing, reason: string, moment: Moment): void {
    this.#count(item, -1);
    if (item.phase === 'held') this.#unhold(item);
    this.#disabled.delete(item);
    if (item.phase === 'told') this.#tell(item, 'closed', reason, moment.now);
    const loss = item.phase === 'joined' && item.scope !== undefined ? this.#losses.get(item.scope) : undefined;
    this.#over(item);
    item.scope = undefined;
    if (!loss) return;
    this.#joined.get(loss.scope)?.delete(item);
    if (this.#isEmpty(loss)) {
      this.#close(loss, returnReason(loss), moment.now);
      return;
    }
    loss.returnedAt = moment.at;
    this.#options.journal.changed(loss);
    this.#await(loss, settlingMs(loss, this.#options), moment);
  }

  #hold(item: Missing, moment: Moment): void {
    item.phase = 'held';
    for (const scope of scopesOf(item)) setAt(this.#held, scope).add(item);
    this.#await(item, holdMs(item, this.#options), moment);
    this.#options.journal.changed(item);
  }

  #watchStorm({ at, now }: Moment): void {
    if ((this.#held.get(SITE_SCOPE)?.size ?? 0) < STORM) {
      this.#stormSince = undefined;
      return;
    }
    this.#stormSince ??= { at, now };
    const portionMs = this.#options.canaryPeriodMs / 2;
    this.#quiet = {
      at: Math.min(at + portionMs, this.#stormSince.at + LONGEST_STORM_MS),
      now: Math.min(now + portionMs, this.#stormSince.now + LONGEST_STORM_MS),
    };
  }

  #unhold(item: Missing): void {
    for (const scope of scopesOf(item)) this.#held.get(scope)?.delete(item);
    this.#forget(item);
  }

  #await(item: Missing | Loss, ms: number, { at, now }: Moment): void {
    this.#due.set(item, now + ms);
    this.#dueInLog.set(item, at + ms + CLOCK_SLACK_MS);
  }

  #forget(item: Missing | Loss): void {
    this.#due.delete(item);
    this.#dueInLog.delete(item);
  }

  #decide(item: Missing | Loss, now: number): void {
    this.#forget(item);
    if (item.is === 'missing') this.#release(item, now);
    else this.#settle(item, now);
  }

  /** It was held for long enough. */
  #release(item: Missing, now: number): void {
    if (this.#isDisabled(item, now)) {
      this.#unhold(item);
      item.phase = 'disabled';
      this.#disabled.add(item);
      this.#options.journal.changed(item);
      return;
    }
    const scope = this.#lostScopeOf(item);
    if (scope !== undefined) this.#open(scope, now);
    else if (this.#options.flapping.claim(item.subject, now)) {
      this.#unhold(item);
      item.phase = 'flapping';
      this.#options.journal.changed(item);
    } else {
      this.#unhold(item);
      item.phase = 'told';
      this.#tell(item, 'opened', item.reason, now);
    }
  }

  #isDisabled({ subject, floor }: Missing, now: number): boolean {
    return this.#options.disablements.until(subject, floor, now) !== undefined;
  }

  /** The largest of its scopes of which nobody is heard, if others of it are not told either. */
  #lostScopeOf(item: Missing): Scope | undefined {
    const { population } = this.#options;
    let largest: Scope | undefined;
    for (const scope of scopesOf(item)) {
      if (!this.#isLost(scope) || (this.#held.get(scope)?.size ?? 0) < 2) continue;
      if (largest === undefined || population.of(scope) > population.of(largest)) largest = scope;
    }
    return largest;
  }

  #isLost(scope: Scope): boolean {
    const registered = this.#options.population.of(scope);
    return registered >= LEAST_LOST && (this.#missing.get(scope) ?? 0) >= registered;
  }

  /** A scope is lost: one fault for all of it of whom nobody was told. */
  #open(scope: Scope, now: number): void {
    const { site, population } = this.#options;
    const members = [...(this.#held.get(scope) ?? [])];
    const [first] = members;
    if (!first) return;
    const episode = (this.#losses.get(scope)?.episode ?? 0) + 1;
    const loss: Loss = {
      is: 'loss',
      scope,
      open: true,
      episode,
      incident: idOf('incident', 'lost', site, scope, episode),
      behind: 0,
      detectors: [],
      heartbeatMs: 0,
    };
    this.#losses.set(scope, loss);
    for (const member of members) {
      this.#unhold(member);
      this.#join(member, loss);
    }
    this.#tell(loss, 'opened', lossReason(loss, population.of(scope), first), now);
  }

  #join(item: Missing, loss: Loss): void {
    item.phase = 'joined';
    item.scope = loss.scope;
    this.#options.flapping.excuse(item.subject, item.episode);
    const members = setAt(this.#joined, loss.scope).add(item);
    loss.behind = Math.max(loss.behind, members.size);
    loss.heartbeatMs = Math.max(loss.heartbeatMs, item.heartbeatMs);
    const id = detectorOf(item);
    if (loss.detectors.length < MOST_NAMED && !loss.detectors.includes(id)) loss.detectors.push(id);
    this.#options.journal.changed(item);
    this.#options.journal.changed(loss);
  }

  /** Some of a lost scope are heard again, and for a while nobody more: what is left is told anew, as small as it is now. */
  #settle(loss: Loss, now: number): void {
    loss.returnedAt = undefined;
    this.#options.journal.changed(loss);
    if (this.#isLost(loss.scope)) return;
    const left = this.#membersOf(loss);
    this.#close(loss, brokenUpReason(loss, left.length), now);
    this.#joined.delete(loss.scope);
    for (const item of left) {
      item.scope = undefined;
      this.#hold(item, { at: item.foundAt, now });
    }
    for (const item of left) if (item.phase === 'held') this.#release(item, now);
  }

  #close(loss: Loss, reason: string, now: number): void {
    loss.open = false;
    loss.returnedAt = undefined;
    this.#forget(loss);
    this.#tell(loss, 'closed', reason, now);
  }

  #tell(item: Missing | Loss, change: 'opened' | 'closed', reason: string, now: number): void {
    const { incident } = item;
    if (incident === null) return;
    const about =
      item.is === 'missing'
        ? { subject: item.subject, floor: item.floor, cause: item.cause, detectors: [detectorOf(item)] }
        : { subject: item.scope, floor: floorOf(item.scope), detectors: [...item.detectors], behind: item.behind };
    this.#options.journal.tell(item, { ...about, incident, change, reason }, now);
  }

  #isEmpty({ scope }: Loss): boolean {
    return (this.#joined.get(scope)?.size ?? 0) === 0;
  }

  #membersOf({ scope }: Loss): Missing[] {
    return [...(this.#joined.get(scope) ?? [])];
  }

  /** The fault of a lost scope that it belongs to: the one that it was part of, or the first that is open. */
  #lossOf(item: Missing): Loss | undefined {
    const scopes = item.scope === undefined ? scopesOf(item) : [item.scope, ...scopesOf(item)];
    return scopes.map((scope) => this.#losses.get(scope)).find((loss) => loss?.open);
  }

  #count(item: Missing, by: 1 | -1): void {
    for (const scope of scopesOf(item)) this.#missing.set(scope, (this.#missing.get(scope) ?? 0) + by);
  }
}

/** Nobody expects anything of one that is not announced. */
function timesOf({ heartbeatMs, windowMs }: Verdict): Pick<Missing, 'heartbeatMs' | 'windowMs'> {
  return { heartbeatMs: heartbeatMs ?? 0, windowMs: windowMs ?? 0 };
}

/** How long others of the same cause may take to be found out: a heartbeat, and a canary's period at either end. */
function togetherMs({ heartbeatMs }: Missing | Loss, { canaryPeriodMs }: MissingDetectorsOptions): number {
  return heartbeatMs + 2 * canaryPeriodMs;
}

/** How long a silence waits for others, unless it would be indicated too late. */
function holdMs(item: Missing, options: MissingDetectorsOptions): number {
  const left = Math.max(INDICATED_WITHIN_MS - item.windowMs, 2 * options.canaryPeriodMs);
  return Math.min(togetherMs(item, options), left);
}

/** How long a scope that begins to return is waited for. */
function settlingMs(loss: Loss, options: MissingDetectorsOptions): number {
  return Math.min(togetherMs(loss, options), LONGEST_SETTLING_MS);
}

function isMissing({ phase }: Missing): boolean {
  return phase !== 'suspect' && phase !== 'over';
}

function detectorOf({ subject }: Missing): number {
  return Number(subject.slice(subject.indexOf('/') + 1));
}

function floorOf(scope: Scope): number | null {
  return scope.startsWith('floor/') ? Number(scope.slice('floor/'.length)) : null;
}

function setAt<K, T>(sets: Map<K, Set<T>>, key: K): Set<T> {
  const set = sets.get(key) ?? new Set<T>();
  sets.set(key, set);
  return set;
}
