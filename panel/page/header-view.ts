import type { SiteView } from '../../contracts/http.ts';
import { byId, el, setAttribute, setText } from './dom.ts';
import type { Store } from './store.ts';
import { isFireLamp, STATE_ORDER, STATES } from './words.ts';

interface Verdict {
  readonly level: 'fire' | 'fault' | 'calm';
  readonly words: string;
}

/** The head of the panel: the one sentence that matters, the indicators, and the counts. */
export class HeaderView {
  readonly #verdict = byId('verdict');
  readonly #name = byId('site-name');
  readonly #counts = new Map(STATE_ORDER.map((state) => [state, countOf(state)]));
  readonly #indicators = new Map(['Fire', 'Fault', 'Pipeline', 'Link'].map((name) => [name, indicatorOf(name)]));

  constructor() {
    byId('counts').append(...[...this.#counts.values()].map(({ item }) => item));
    byId('indicators').append(...this.#indicators.values());
  }

  draw({ site, counts, floors, lamps }: Store, connected: boolean): void {
    if (!site || !counts) return;
    const burning = [...floors.values()].filter((floor) => floor.incident !== null || floor.alarms.length > 0);
    const faults = [...lamps.values()].filter(({ on, lamp }) => on && !isFireLamp(lamp)).length;
    const silent = counts.pipeline.state === 'silent';
    setText(this.#name, site.name);
    this.#indicate('Fire', burning.length > 0 ? 'fire' : 'off', burning.length > 0 ? 'on' : 'off');
    this.#indicate('Fault', faults > 0 ? 'fault' : 'off', faults > 0 ? 'on' : 'off');
    this.#indicate('Pipeline', silent ? 'fault' : 'good', silent ? 'silent' : 'alive');
    this.#indicate('Link', connected ? 'good' : 'fault', connected ? 'live' : 'lost');
    const { level, words } = verdictOf(
      burning.map(({ floor }) => floor),
      faults,
      counts,
    );
    setText(this.#verdict, connected ? words : `Connection lost, this is how it was: ${words}`);
    setAttribute(this.#verdict, 'data-level', connected ? level : 'wait');
    document.title = level === 'calm' ? `smokewire ${site.name}` : `${words} · smokewire`;
    for (const [state, { number, item }] of this.#counts) {
      setText(number, String(counts.states[state]));
      item.classList.toggle('none', counts.states[state] === 0);
    }
  }

  #indicate(name: string, light: string, words: string): void {
    const indicator = this.#indicators.get(name);
    if (!indicator) return;
    setAttribute(indicator, 'data-light', light);
    setAttribute(indicator, 'aria-label', `${name}: ${words}`);
    setAttribute(indicator, 'title', `${name}: ${words}`);
  }
}

function verdictOf(
  burning: number[],
  faults: number,
  { pipeline, states }: Pick<SiteView, 'pipeline' | 'states'>,
): Verdict {
  burning.sort((a, b) => a - b);
  if (burning.length > 0) {
    const named = burning.slice(0, 6).join(', ') + (burning.length > 6 ? ' …' : '');
    return { level: 'fire', words: `Fire on floor${burning.length > 1 ? 's' : ''} ${named}` };
  }
  if (pipeline.state === 'silent')
    return { level: 'fault', words: 'The pipeline is silent: detectors cannot be judged' };
  const mute = states.silent + states.suspect;
  if (mute > 0) return { level: 'fault', words: `${mute} detector${mute > 1 ? 's do' : ' does'} not report` };
  if (faults > 0) return { level: 'fault', words: `${faults} fault${faults > 1 ? 's' : ''}` };
  return { level: 'calm', words: 'All quiet' };
}

function countOf(state: keyof typeof STATES) {
  const number = el('strong', {}, '0');
  const lamp = el('span', { class: 'lamp small', 'data-state': state, 'aria-hidden': 'true' }, STATES[state].sign);
  return { number, item: el('li', {}, lamp, number, ` ${STATES[state].name}`) };
}

function indicatorOf(name: string): HTMLLIElement {
  return el('li', { 'data-light': 'off', role: 'img', 'aria-label': name }, name);
}
