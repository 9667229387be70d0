import { DETECTOR_STATES, type DetectorState } from '../../contracts/events.ts';
import type { Detectors } from './detectors.ts';
import type { ToldOddity } from './oddities.ts';
import { type Judged, silenceIncident, type Told } from './told.ts';

/** What was told of each detector, and by which heartbeat it is judged. What follows from a row is not kept apart. */
export class ToldRows {
  readonly #detectors: Detectors;
  readonly #site: string;
  /** Incidents that are not those that a silence has here: what somebody else told. */
  readonly #incidents = new Map<number, string | null>();
  /** Noted, and not told. */
  readonly #untold = new Set<number>();
  readonly #oddities = new Map<number, readonly ToldOddity[]>();
  /** What was told of those who are judged otherwise by now. */
  readonly #rejudged = new Map<number, Judged | undefined>();

  constructor(detectors: Detectors, site: string) {
    this.#detectors = detectors;
    this.#site = site;
  }

  of(row: number): Told | undefined {
    const state = this.state(row);
    if (state === undefined) return undefined;
    const detectors = this.#detectors;
    return {
      state,
      since: detectors.toldSince(row),
      incident: this.#incidentOf(row, state),
      episode: detectors.episode(row),
      judged: this.#rejudged.has(row) ? this.#rejudged.get(row) : this.judged(row),
      oddities: this.#oddities.get(row),
      untold: this.#untold.has(row) ? true : undefined,
      offset: detectors.toldOffset(row),
    };
  }

  state(row: number): DetectorState['state'] | undefined {
    return DETECTOR_STATES[this.#detectors.toldState(row) - 1];
  }

  set(row: number, { state, since, incident, episode, judged, oddities, untold, offset }: Told): void {
    this.#detectors.setTold(row, DETECTOR_STATES.indexOf(state) + 1, since, episode, offset);
    this.#incidents.delete(row);
    if (incident !== this.#incidentOf(row, state)) this.#incidents.set(row, incident);
    this.#rejudged.delete(row);
    if (judged?.heartbeatMs !== this.judged(row)?.heartbeatMs) this.#rejudged.set(row, judged);
    if (oddities && oddities.length > 0) this.#oddities.set(row, oddities);
    else this.#oddities.delete(row);
    if (untold) this.#untold.add(row);
    else this.#untold.delete(row);
  }

  /** Whether something else was told than `state`, and the heartbeat by which it is judged; or was to be told, and was not. */
  differs(row: number, state: DetectorState['state'] | undefined): boolean {
    if (state !== this.state(row)) return true;
    return (this.#rejudged.size > 0 && this.#rejudged.has(row)) || (this.#untold.size > 0 && this.#untold.has(row));
  }

  judged(row: number): Judged | undefined {
    const heartbeatMs = this.#detectors.judgedHeartbeat(row);
    return heartbeatMs === 0 ? undefined : { heartbeatMs, from: this.#detectors.judgedFrom(row) };
  }

  /** From now on it is judged so, whatever was told. */
  judge(row: number, judged: Judged | undefined): void {
    const before = this.judged(row);
    if (before?.heartbeatMs === judged?.heartbeatMs) return;
    this.#detectors.setJudged(row, judged?.heartbeatMs ?? 0, judged?.from ?? 0);
    if (this.#detectors.toldState(row) === 0) return;
    if (!this.#rejudged.has(row)) this.#rejudged.set(row, before);
    else if (this.#rejudged.get(row)?.heartbeatMs === judged?.heartbeatMs) this.#rejudged.delete(row);
  }

  /** The topic was made anew: what was told includes nothing of it. */
  beginAnew(): void {
    for (let row = 0; row < this.#detectors.size; row++) {
      const told = this.of(row);
      if (told) this.set(row, { ...told, offset: -1 });
    }
  }

  #incidentOf(row: number, state: DetectorState['state']): string | null {
    const known = this.#incidents.get(row);
    if (known !== undefined) return known;
    const detectors = this.#detectors;
    return state === 'silent' ? silenceIncident(this.#site, detectors.id(row), detectors.episode(row)) : null;
  }
}
