import type { Judge } from './judge.ts';
import type { Told } from './told.ts';

/**
 * Silences of which another watchdog told: one that stood still and was succeeded without knowing it, or a redundant one. Mostly they
 * are found out here as well. One that is not, since more is known here, has its number all the same, and is closed from here: whoever
 * told of it may not live to see its end, and the next silence under the same number would be no news to anybody.
 */
export class OthersSilences {
  readonly #notes = new Map<number, Told>();

  /** Somebody noted `told`. */
  note(id: number, told: Told): void {
    if (told.state === 'silent' && told.lastAt !== undefined) this.#notes.set(id, told);
  }

  /** The log is read to `offset`: those that are over by then are to be told, and closed. */
  settle(judge: Judge, offset: number): void {
    for (const [id, told] of this.#notes) {
      const known = judge.toldOf(id);
      const isCounted = known === undefined || known.episode >= told.episode;
      const lastAt = judge.lastAt(id);
      // Heard later than the other one knew of: what is silent by now is silent anew.
      const isOver = told.offset <= offset && lastAt !== undefined && lastAt !== told.lastAt;
      if (isOver && !isCounted) {
        judge.correct(id, { ...known, incident: told.incident, episode: told.episode, untold: true });
      }
      if (isOver || isCounted) this.#notes.delete(id);
    }
  }

  /** The topic was made anew. */
  clear(): void {
    this.#notes.clear();
  }
}
