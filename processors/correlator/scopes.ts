import type { Census } from '../../contracts/events.ts';

/** So few detectors may be silent together by chance: they are told of one by one. */
export const LEAST_LOST = 3;

/** What detectors can be lost with, by the subject of its fault: `floor/3`, `gateway/…`, `bridge/…`, `site`. */
export type Scope = string;
export const SITE_SCOPE: Scope = 'site';

/** Where a detector stands, as its watchdog knows it. */
export interface Place {
  readonly floor: number | null;
  readonly bridge: string | null;
  readonly gateway: string | null;
}

/** The scopes of a detector. Where two hold the same detectors, the one that comes first is named. */
export function scopesOf({ floor, bridge, gateway }: Place): Scope[] {
  const scopes = [SITE_SCOPE];
  if (bridge !== null) scopes.push(`bridge/${bridge}`);
  if (gateway !== null) scopes.push(`gateway/${gateway}`);
  if (floor !== null) scopes.push(`floor/${floor}`);
  return scopes;
}

/** How many registered detectors there are in each scope: the sum of what the watchdog's partitions count. */
export class Population {
  readonly #censuses = new Map<number, Census>();
  readonly #counts = new Map<Scope, number>();

  count(census: Census): void {
    const before = this.#censuses.get(census.partition);
    if (before) this.#add(before, -1);
    this.#censuses.set(census.partition, census);
    this.#add(census, 1);
  }

  of(scope: Scope): number {
    return this.#counts.get(scope) ?? 0;
  }

  #add({ floors, bridges, gateways }: Census, sign: 1 | -1): void {
    const add = (scope: Scope, count: number) => this.#counts.set(scope, this.of(scope) + sign * count);
    for (const [floor, count] of Object.entries(floors)) {
      add(`floor/${floor}`, count);
      add(SITE_SCOPE, count);
    }
    for (const [bridge, count] of Object.entries(bridges)) add(`bridge/${bridge}`, count);
    for (const [gateway, count] of Object.entries(gateways)) add(`gateway/${gateway}`, count);
  }
}
