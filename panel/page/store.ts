import type { DetectorView, FloorView, IncidentView, LampView, SiteView, ViewMessage } from '../../contracts/http.ts';

/** More lamps than this help nobody: beyond, only the detectors are shown that are not ok. */
export const MAX_LAMPS = 5_000;

type Counts = Pick<SiteView, 'detectors' | 'floors' | 'states' | 'pipeline'>;

/** What a frame has to draw anew. */
export interface Dirty {
  readonly detectors: Set<number>;
  readonly floors: Set<number>;
  site: boolean;
  incidents: boolean;
  lamps: boolean;
}

/** The site as the page knows it. Changes are noted, and drawn together in the next frame. */
export class Store {
  site: SiteView | undefined;
  counts: Counts | undefined;
  readonly detectors = new Map<number, DetectorView>();
  readonly floors = new Map<number, FloorView>();
  readonly lamps = new Map<string, LampView>();
  readonly incidents = new Map<string, IncidentView>();
  /** Whether only the detectors that are not ok are known here. */
  abridged = false;
  #dirty: Dirty = nothing();
  #frame = 0;
  readonly #draw: (dirty: Dirty) => void;

  constructor(draw: (dirty: Dirty) => void) {
    this.#draw = draw;
  }

  /** Puts what was fetched in the place of everything known before. */
  replace(fetched: {
    site: SiteView;
    detectors: readonly DetectorView[];
    floors: readonly FloorView[];
    lamps: readonly LampView[];
    incidents: readonly IncidentView[];
  }): void {
    this.site = fetched.site;
    this.counts = fetched.site;
    this.abridged = fetched.site.detectors > MAX_LAMPS;
    const gone = new Set([...this.detectors.keys()]);
    for (const detector of fetched.detectors) {
      gone.delete(detector.id);
      this.#putDetector(detector);
    }
    for (const id of gone) this.#removeDetector(id);
    for (const floor of fetched.floors) this.#putFloor(floor);
    this.lamps.clear();
    for (const lamp of fetched.lamps) this.lamps.set(lamp.lamp, lamp);
    this.incidents.clear();
    for (const incident of fetched.incidents) this.incidents.set(incident.id, incident);
    Object.assign(this.#dirty, { site: true, incidents: true, lamps: true });
    this.#schedule();
  }

  /** Takes in what changed. `resync` is not for the store: whoever reads the stream fetches anew. */
  apply(message: ViewMessage): void {
    switch (message.view) {
      case 'site':
        this.counts = message.site;
        this.#dirty.site = true;
        break;
      case 'detectors':
        for (const detector of message.detectors) this.#putDetector(detector);
        for (const id of message.removed) this.#removeDetector(id);
        break;
      case 'floors':
        for (const floor of message.floors) this.#putFloor(floor);
        break;
      case 'incidents':
        for (const incident of message.incidents) this.incidents.set(incident.id, incident);
        this.#dirty.incidents = true;
        break;
      case 'lamps':
        for (const lamp of message.lamps) this.lamps.set(lamp.lamp, lamp);
        for (const lamp of message.removed) this.lamps.delete(lamp);
        this.#dirty.lamps = true;
        break;
      case 'resync':
        return;
    }
    this.#schedule();
  }

  #putDetector(detector: DetectorView): void {
    const before = this.detectors.get(detector.id);
    if (before && before.floor !== detector.floor) this.#dirty.floors.add(before.floor);
    if (this.abridged && detector.state === 'ok') this.#removeDetector(detector.id);
    else {
      this.detectors.set(detector.id, detector);
      this.#dirty.detectors.add(detector.id);
    }
  }

  #removeDetector(id: number): void {
    if (this.detectors.delete(id)) this.#dirty.detectors.add(id);
  }

  #putFloor(floor: FloorView): void {
    this.floors.set(floor.floor, floor);
    this.#dirty.floors.add(floor.floor);
    this.#dirty.site = true;
  }

  #schedule(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const dirty = this.#dirty;
      this.#dirty = nothing();
      this.#draw(dirty);
    });
  }
}

function nothing(): Dirty {
  return { detectors: new Set(), floors: new Set(), site: false, incidents: false, lamps: false };
}
