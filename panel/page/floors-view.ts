import type { DetectorView, FloorView } from '../../contracts/http.ts';
import { byId, el, setAttribute, setText } from './dom.ts';
import type { Dirty, Store } from './store.ts';
import { author, disabledWords, STATES, time } from './words.ts';

/** A floor with more detectors shows smaller lamps, without their numbers. */
const DENSE = 48;

interface FloorHandlers {
  readonly onSelect: (detector: number) => void;
  /** Resolves with whether the order was accepted. */
  readonly onSwitch: (floor: number, position: 'open' | 'closed') => Promise<boolean>;
  readonly onReset: (floor: number) => void;
}

/** The floors, each with its valve and a lamp for every detector. Only what changed is touched. */
export class FloorsView {
  readonly #root = byId('floors');
  readonly #cards = new Map<number, FloorCard>();
  readonly #lamps = new Map<number, HTMLButtonElement>();
  readonly #handlers: FloorHandlers;
  #selected: number | undefined;

  constructor(handlers: FloorHandlers) {
    this.#handlers = handlers;
    this.#root.addEventListener('click', ({ target }) => {
      const id = idOfLamp(target);
      if (id !== undefined) handlers.onSelect(id);
    });
    this.#root.addEventListener('keydown', (event) => moveFocus(event));
  }

  draw({ detectors, floors }: Store, dirty: Dirty): void {
    for (const number of dirty.floors) {
      const floor = floors.get(number);
      if (floor) this.#card(number).draw(floor);
    }
    const added: DetectorView[] = [];
    for (const id of dirty.detectors) {
      const detector = detectors.get(id);
      if (!detector) this.#remove(id);
      else if (!this.#update(detector)) added.push(detector);
    }
    this.#add(added);
  }

  select(id: number | undefined): void {
    for (const [lamp, pressed] of [
      [this.#selected, 'false'],
      [id, 'true'],
    ] as const) {
      if (lamp !== undefined) this.#lamps.get(lamp)?.setAttribute('aria-pressed', pressed);
    }
    this.#selected = id;
  }

  /** False where the detector has no lamp yet on its floor. */
  #update(detector: DetectorView): boolean {
    const lamp = this.#lamps.get(detector.id);
    if (!lamp || lamp.parentElement !== this.#cards.get(detector.floor)?.lamps) return false;
    drawLamp(lamp, detector);
    return true;
  }

  #remove(id: number): void {
    this.#lamps.get(id)?.remove();
    this.#lamps.delete(id);
  }

  /** New lamps stand in the order of their ids. They mostly come in that order, and then simply follow the last one. */
  #add(detectors: DetectorView[]): void {
    for (const detector of detectors.sort((a, b) => a.id - b.id)) {
      this.#remove(detector.id);
      const lamp = el('button', {
        type: 'button',
        class: 'lamp',
        'data-id': String(detector.id),
        'aria-pressed': 'false',
      });
      if (detector.id === this.#selected) lamp.setAttribute('aria-pressed', 'true');
      drawLamp(lamp, detector);
      this.#lamps.set(detector.id, lamp);
      const card = this.#card(detector.floor);
      card.insert(lamp, detector.id);
    }
  }

  #card(floor: number): FloorCard {
    let card = this.#cards.get(floor);
    if (!card) {
      card = new FloorCard(floor, this.#handlers);
      const next = [...this.#cards.keys()].filter((other) => other > floor).sort((a, b) => a - b)[0];
      this.#root.insertBefore(card.root, next === undefined ? null : (this.#cards.get(next)?.root ?? null));
      this.#cards.set(floor, card);
    }
    return card;
  }
}

class FloorCard {
  readonly lamps = el('div', { class: 'lamp-grid', role: 'group' });
  readonly #title = el('h3');
  readonly #alarm = el('span', { class: 'alarm-note' });
  readonly #disabled = el('span', { class: 'disabled-note' });
  readonly #valve = el('span', { class: 'valve-word' });
  readonly #switch = el('button', { type: 'button', class: 'switch', role: 'switch' }, el('span', { class: 'knob' }));
  readonly #reset = el('button', { type: 'button', class: 'reset' }, 'Reset');
  readonly root: HTMLElement;
  /** What the human ordered, until the valve has moved. */
  #ordered: 'open' | 'closed' | undefined;
  #floor: FloorView | undefined;

  constructor(number: number, { onSwitch, onReset }: FloorHandlers) {
    this.#title.textContent = `Floor ${number}`;
    this.lamps.setAttribute('aria-label', `Detectors of floor ${number}`);
    this.#switch.setAttribute('aria-label', `Valve of floor ${number}`);
    this.#reset.setAttribute('aria-label', `Reset the fire alarm of floor ${number}`);
    this.root = el(
      'article',
      { class: 'floor' },
      el('header', {}, this.#title, this.#alarm, this.#disabled, this.#reset),
      this.lamps,
      el('footer', {}, el('span', { class: 'drop', 'aria-hidden': 'true' }), this.#valve, this.#switch),
    );
    this.#switch.addEventListener('click', async () => {
      const position = this.#floor?.valve.position === 'open' ? 'closed' : 'open';
      this.#order(position);
      if (!(await onSwitch(number, position))) this.#order(undefined);
    });
    this.#reset.addEventListener('click', () => onReset(number));
  }

  draw(floor: FloorView): void {
    this.#floor = floor;
    const { detectors, alarms, incident, valve, disabledUntil } = floor;
    if (this.#ordered === valve.position) this.#ordered = undefined;
    this.root.classList.toggle('fire', incident !== null || alarms.length > 0);
    this.lamps.classList.toggle('dense', detectors > DENSE);
    const named = alarms.slice(0, 5).join(', ') + (alarms.length > 5 ? ' …' : '');
    setText(
      this.#alarm,
      alarms.length > 0 ? `Fire: detector ${named}` : incident !== null ? 'Fire: waits for a reset' : '',
    );
    setText(this.#disabled, disabledUntil === null ? '' : disabledWords(disabledUntil));
    this.#reset.hidden = incident === null;
    this.#reset.disabled = alarms.length > 0;
    setAttribute(
      this.#reset,
      'title',
      alarms.length > 0 ? 'a detector still signals fire' : 'ends the fire alarm of this floor',
    );
    setText(
      this.#valve,
      this.#ordered ? `Valve ${this.#ordered === 'open' ? 'opens' : 'closes'} …` : valveWords(valve),
    );
    setAttribute(this.#valve, 'title', valve.since === null ? '' : `since ${time(valve.since)}`);
    setAttribute(this.#switch, 'aria-checked', String(valve.position === 'open'));
    setAttribute(this.#switch, 'title', valve.position === 'open' ? 'close the valve' : 'open the valve');
    this.#switch.classList.toggle('moving', this.#ordered !== undefined);
    setAttribute(this.root, 'data-valve', valve.position ?? 'unknown');
  }

  #order(position: 'open' | 'closed' | undefined): void {
    this.#ordered = position;
    if (this.#floor) this.draw(this.#floor);
  }

  insert(lamp: HTMLButtonElement, id: number): void {
    const last = this.lamps.lastElementChild;
    const after = !last || Number(last.getAttribute('data-id')) < id ? undefined : [...this.lamps.children];
    const next = after?.find((other) => Number(other.getAttribute('data-id')) > id) ?? null;
    // One stop of the Tab key for each floor; the arrow keys go on from there.
    lamp.tabIndex = last ? -1 : 0;
    this.lamps.insertBefore(lamp, next);
  }
}

function valveWords({ position, by }: FloorView['valve']): string {
  return position === null ? 'Valve: no report' : `Valve ${position} ${position === 'open' ? author(by) : ''}`.trim();
}

function drawLamp(lamp: HTMLButtonElement, { id, state, disabledUntil }: DetectorView): void {
  const { name, sign } = STATES[state];
  const words = `detector ${id}: ${name}${disabledUntil === null ? '' : `, ${disabledWords(disabledUntil)}`}`;
  setAttribute(lamp, 'data-state', state);
  setAttribute(lamp, 'data-sign', sign);
  setAttribute(lamp, 'data-disabled', String(disabledUntil !== null));
  setAttribute(lamp, 'aria-label', words);
  setAttribute(lamp, 'title', words);
  setText(lamp, String(id));
}

function idOfLamp(target: EventTarget | null): number | undefined {
  const id = target instanceof Element ? target.closest('.lamp-grid .lamp')?.getAttribute('data-id') : null;
  return id === null || id === undefined ? undefined : Number(id);
}

function moveFocus(event: KeyboardEvent): void {
  const { target, key } = event;
  if (!(target instanceof HTMLButtonElement) || idOfLamp(target) === undefined) return;
  const other =
    key === 'ArrowRight' ? target.nextElementSibling : key === 'ArrowLeft' ? target.previousElementSibling : null;
  if (!(other instanceof HTMLButtonElement)) return;
  event.preventDefault();
  target.tabIndex = -1;
  other.tabIndex = 0;
  other.focus();
}
