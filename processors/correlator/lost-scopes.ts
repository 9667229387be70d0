import { idOf } from '../../contracts/ids.ts';
import { detectorOf, type Loss, type Missing } from './cases.ts';
import type { FlappingDetectors } from './flapping-detectors.ts';
import { settlingMs } from './holds.ts';
import type { Journal } from './journal.ts';
import type { ScopeTally } from './scope-tally.ts';
import { type Population, type Scope, scopesOf } from './scopes.ts';
import type { Moment, Waiting } from './waiting.ts';
import { brokenUpReason, lossReason, returnReason, SUCCEEDED_REASON } from './wording.ts';

/** So many detectors are named in one fault; the others are counted. */
const MOST_NAMED = 50;

export interface LostScopesOptions {
  readonly site: string;
  readonly canaryPeriodMs: number;
  readonly population: Population;
  readonly flapping: Pick<FlappingDetectors, 'excuse'>;
  readonly journal: Journal;
  readonly tally: ScopeTally;
  readonly waiting: Waiting<Missing | Loss>;
}

/** The faults of scopes of which nobody was heard: who belongs to each, until all of them are back or it is broken up. */
export class LostScopes {
  readonly #options: LostScopesOptions;
  readonly #losses = new Map<Scope, Loss>();

  constructor(options: LostScopesOptions) {
    this.#options = options;
  }

  recall(loss: Loss): void {
    this.#losses.set(loss.scope, loss);
  }

  /** All is recalled, and who belongs to each has joined. */
  resume(now: number): void {
    for (const loss of this.#losses.values()) {
      if (loss.untold) this.#options.journal.changed(loss);
      if (!loss.open) continue;
      if (this.#isEmpty(loss)) this.#close(loss, returnReason(loss), now);
      else if (loss.returnedAt !== undefined) this.#settleLater(loss, { at: loss.returnedAt, now });
    }
  }

  get size(): number {
    return this.#losses.size;
  }

  /** The fault that one who is silent belongs to: the one that it was part of, or of its scopes that are open the one lost first. */
  of(item: Missing): Loss | undefined {
    const own = item.scope === undefined ? undefined : this.#losses.get(item.scope);
    if (own?.open) return own;
    let first: Loss | undefined;
    for (const scope of scopesOf(item)) {
      const loss = this.#losses.get(scope);
      if (loss?.open && (first === undefined || loss.openedAt < first.openedAt)) first = loss;
    }
    return first;
  }

  /** A scope is lost: one fault for all of it of whom nobody was told. */
  open(scope: Scope, members: readonly [Missing, ...Missing[]], now: number): void {
    const { site, population } = this.#options;
    const known = this.#losses.get(scope);
    if (known?.open) {
      // Those who are left of a scope that was broken up, in a larger one that people know to be lost.
      for (const member of members) this.join(member, known);
      return;
    }
    const episode = (known?.episode ?? 0) + 1;
    const loss: Loss = {
      is: 'loss',
      scope,
      open: true,
      openedAt: now,
      episode,
      incident: idOf('incident', 'lost', site, scope, episode),
      behind: 0,
      detectors: [],
      heartbeatMs: 0,
    };
    this.#losses.set(scope, loss);
    for (const member of members) this.join(member, loss);
    this.#tell(loss, 'opened', lossReason(loss, population.of(scope), members[0]), now);
  }

  join(item: Missing, loss: Loss): void {
    const { flapping, tally, journal } = this.#options;
    item.phase = 'joined';
    item.scope = loss.scope;
    flapping.excuse(item.subject, item.episode);
    tally.join(item, loss.scope);
    loss.behind = Math.max(loss.behind, tally.joined(loss.scope).size);
    loss.heartbeatMs = Math.max(loss.heartbeatMs, item.heartbeatMs);
    const id = detectorOf(item);
    if (loss.detectors.length < MOST_NAMED && !loss.detectors.includes(id)) loss.detectors.push(id);
    // Who is held, or silent, in a scope that is lost belongs to it: a successor joins those of whom it is not written.
    journal.changedLater(item);
    journal.changed(loss);
  }

  /** One who had joined is heard again. The last of them ends the fault; before, the others have a while to follow. */
  leave(item: Missing, moment: Moment): void {
    const { tally, journal } = this.#options;
    const loss = item.scope === undefined ? undefined : this.#losses.get(item.scope);
    item.scope = undefined;
    if (!loss) return;
    tally.leave(item, loss.scope);
    if (this.#isEmpty(loss)) {
      this.#close(loss, returnReason(loss), moment.now);
      return;
    }
    loss.returnedAt = moment.at;
    journal.changed(loss);
    this.#settleLater(loss, moment);
  }

  /** Some are heard again, and for a while nobody more: the fault is broken up. Answers who is left, to be told of anew. */
  settle(loss: Loss, now: number): Missing[] {
    const { tally, journal } = this.#options;
    loss.returnedAt = undefined;
    journal.changed(loss);
    if (tally.isLost(loss.scope)) return [];
    const left = [...tally.joined(loss.scope)];
    this.#close(loss, brokenUpReason(loss, left.length), now);
    tally.dissolve(loss.scope);
    for (const item of left) item.scope = undefined;
    return left;
  }

  /** Who was succeeded wrote this over what we know. */
  contradict({ untold, ...theirs }: Loss, now: number): void {
    const { journal } = this.#options;
    const ours = this.#losses.get(theirs.scope) ?? { ...theirs, open: false, episode: 0 };
    this.#losses.set(theirs.scope, ours);
    journal.changed(ours);
    // It is set right once people are told. Until then it does not count: if we find the same, we say it under the same id.
    if (theirs.open && untold) return;
    ours.episode = Math.max(ours.episode, theirs.episode);
    if (!theirs.open || (ours.open && ours.incident === theirs.incident)) return;
    journal.tell(
      ours,
      { ...aboutLoss(theirs), incident: theirs.incident, change: 'closed', reason: SUCCEEDED_REASON },
      now,
    );
  }

  #settleLater(loss: Loss, moment: Moment): void {
    const { waiting, canaryPeriodMs } = this.#options;
    waiting.set(loss, settlingMs(loss, canaryPeriodMs), moment);
  }

  #close(loss: Loss, reason: string, now: number): void {
    loss.open = false;
    loss.returnedAt = undefined;
    this.#options.waiting.delete(loss);
    this.#tell(loss, 'closed', reason, now);
  }

  #tell(loss: Loss, change: 'opened' | 'closed', reason: string, now: number): void {
    this.#options.journal.tell(loss, { ...aboutLoss(loss), incident: loss.incident, change, reason }, now);
  }

  #isEmpty({ scope }: Loss): boolean {
    return this.#options.tally.joined(scope).size === 0;
  }
}

function aboutLoss({ scope, detectors, behind }: Loss) {
  const floor = scope.startsWith('floor/') ? Number(scope.slice('floor/'.length)) : null;
  return { subject: scope, floor, detectors: [...detectors], behind };
}
