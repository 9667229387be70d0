import { type Ended, type Hop, type Transit, unwatched } from '../../contracts/transit.ts';

/** A port that remembers what is held, as `hop what`. */
export function watchedHolds(): { readonly held: readonly string[]; readonly transit: Transit } {
  const held: string[] = [];
  const hold = (hop: Hop, what: string): Ended => {
    const entry = `${hop} ${what}`;
    held.push(entry);
    return () => {
      const at = held.indexOf(entry);
      if (at !== -1) held.splice(at, 1);
    };
  };
  return { held, transit: { ...unwatched, hold } };
}
