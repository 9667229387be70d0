import type { Missing } from './cases.ts';
import { LEAST_LOST, type Population, type Scope, SITE_SCOPE, scopesOf } from './scopes.ts';

const NOBODY: ReadonlySet<Missing> = new Set();

/** Who is silent in each scope: counted, told or not; held back; or part of the scope's own fault. */
export class ScopeTally {
  readonly #population: Population;
  readonly #missing = new Map<Scope, number>();
  readonly #held = new Map<Scope, Set<Missing>>();
  readonly #joined = new Map<Scope, Set<Missing>>();

  constructor(population: Population) {
    this.#population = population;
  }

  count(item: Missing, by: 1 | -1): void {
    for (const scope of scopesOf(item)) this.#missing.set(scope, (this.#missing.get(scope) ?? 0) + by);
  }

  hold(item: Missing): void {
    for (const scope of scopesOf(item)) setAt(this.#held, scope).add(item);
  }

  unhold(item: Missing): void {
    for (const scope of scopesOf(item)) this.#held.get(scope)?.delete(item);
  }

  held(scope: Scope = SITE_SCOPE): ReadonlySet<Missing> {
    return this.#held.get(scope) ?? NOBODY;
  }

  join(item: Missing, scope: Scope): void {
    setAt(this.#joined, scope).add(item);
  }

  leave(item: Missing, scope: Scope): void {
    this.#joined.get(scope)?.delete(item);
  }

  joined(scope: Scope): ReadonlySet<Missing> {
    return this.#joined.get(scope) ?? NOBODY;
  }

  /** Nobody is part of the scope's fault any more. */
  dissolve(scope: Scope): void {
    this.#joined.delete(scope);
  }

  /** Whether nobody of a scope is heard, of enough to be no chance. */
  isLost(scope: Scope): boolean {
    const registered = this.#population.of(scope);
    return registered >= LEAST_LOST && (this.#missing.get(scope) ?? 0) >= registered;
  }

  /** The largest scope of one who is held of which nobody is heard, if others of it are not told either. */
  lostScopeOf(item: Missing): Scope | undefined {
    let largest: Scope | undefined;
    for (const scope of scopesOf(item)) {
      if (!this.isLost(scope) || this.held(scope).size < 2) continue;
      if (largest === undefined || this.#population.of(scope) > this.#population.of(largest)) largest = scope;
    }
    return largest;
  }
}

function setAt<K, T>(sets: Map<K, Set<T>>, key: K): Set<T> {
  const set = sets.get(key) ?? new Set<T>();
  sets.set(key, set);
  return set;
}
