import type { Clock, Timer } from '../../contracts/clock.ts';
import type { IncidentView, LampView, ViewMessage } from '../../contracts/http.ts';
import type { Change } from '../model/changes.ts';
import type { ReadModel } from '../model/read-model.ts';
import { siteCounts } from './site.ts';

/** How long changes are collected before they are told: what a person cannot see apart goes out together. */
const COLLECT_MS = 50;
/** Beyond so many changed views, fetching them page by page is the lighter way. */
const MAX_VIEWS = 2_000;

type Tell = (messages: readonly ViewMessage[]) => void;

/** Collects which views of the model changed, and tells how they look by then: a view that changed often is told once. */
export class ViewChanges {
  readonly #model: ReadModel;
  readonly #wireClock: Clock;
  readonly #detectors = new Set<number>();
  readonly #floors = new Set<number>();
  readonly #incidents = new Set<string>();
  readonly #lamps = new Set<string>();
  #timer: Timer | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor({ model, wireClock }: { model: ReadModel; wireClock: Clock }) {
    this.#model = model;
    this.#wireClock = wireClock;
  }

  /** Nothing is collected while nobody listens. Starting twice does nothing. */
  start(tell: Tell): void {
    this.#unsubscribe ??= this.#model.onChange((change) => {
      this.#collect(change);
      this.#timer ??= this.#wireClock.after('http-view-changes', COLLECT_MS, () => {
        this.#timer = undefined;
        tell(this.#take());
      });
    });
  }

  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#clear();
  }

  #collect(change: Change): void {
    if (change.view === 'detector') this.#detectors.add(change.id);
    else if (change.view === 'floor') this.#floors.add(change.floor);
    else if (change.view === 'incident') this.#incidents.add(change.id);
    else this.#lamps.add(change.lamp);
  }

  #take(): ViewMessage[] {
    const messages: ViewMessage[] = [{ view: 'site', site: siteCounts(this.#model) }];
    const many = this.#detectors.size + this.#floors.size + this.#incidents.size + this.#lamps.size > MAX_VIEWS;
    if (many) messages.push({ view: 'resync' });
    else this.#describe(messages);
    this.#clear();
    return messages;
  }

  #describe(messages: ViewMessage[]): void {
    const { detectors, floors, incidents } = this.#model;
    const [seen, removed] = split(this.#detectors, (id) => detectors.view(id));
    if (this.#detectors.size > 0) messages.push({ view: 'detectors', detectors: seen, removed });
    const [touched] = split(this.#floors, (floor) => floors.view(floor));
    if (touched.length > 0) messages.push({ view: 'floors', floors: touched });
    const [told]: [IncidentView[], string[]] = split(this.#incidents, (id) => incidents.view(id));
    if (told.length > 0) messages.push({ view: 'incidents', incidents: told });
    const [lit, gone]: [LampView[], string[]] = split(this.#lamps, (lamp) => this.#model.lamp(lamp));
    if (this.#lamps.size > 0) messages.push({ view: 'lamps', lamps: lit, removed: gone });
  }

  #clear(): void {
    this.#detectors.clear();
    this.#floors.clear();
    this.#incidents.clear();
    this.#lamps.clear();
  }
}

/** The views that there are, and the keys that have none any more. */
function split<K, V>(keys: ReadonlySet<K>, find: (key: K) => V | undefined): [V[], K[]] {
  const views: V[] = [];
  const gone: K[] = [];
  for (const key of keys) {
    const view = find(key);
    if (view === undefined) gone.push(key);
    else views.push(view);
  }
  return [views, gone];
}
