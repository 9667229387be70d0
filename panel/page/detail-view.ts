import type { DetectorAction, DetectorView } from '../../contracts/http.ts';
import { byId, el, setAttribute, setText } from './dom.ts';
import { disabledWords, duration, STATES, time } from './words.ts';

const ACTIONS: readonly { action: DetectorAction; word: string; help: string }[] = [
  { action: 'trip', word: 'Trip', help: 'signals fire, at once and in every heartbeat' },
  { action: 'clear', word: 'Clear', help: 'signals that all is well again' },
  { action: 'silence', word: 'Silence', help: 'stays connected but sends nothing: only the watchdog finds out' },
  { action: 'kill', word: 'Kill', help: 'drops its connection without a word: its Last Will is sent' },
  { action: 'revive', word: 'Revive', help: 'brings it back' },
];

const FACTS = ['Floor', 'Reports', 'Last signal', 'State since', 'Faults'] as const;

/** The detector that was picked: what is known of it, and what can be done to it. */
export class DetailView {
  readonly #root = byId('detail');
  readonly #lamp = el('span', { class: 'lamp', 'aria-hidden': 'true' });
  readonly #title = el('h2', { id: 'detail-title' });
  readonly #facts = new Map(FACTS.map((name) => [name, el('dd')]));
  readonly #body: HTMLElement;
  readonly #hint = el('p', { class: 'note' }, 'Pick a detector to look at it, trip it or break it.');

  constructor({ onAct, onClose }: { onAct: (action: DetectorAction) => void; onClose: () => void }) {
    const buttons = ACTIONS.map(({ action, word, help }) => {
      const button = el('button', { type: 'button', class: action, title: help }, word);
      button.addEventListener('click', () => onAct(action));
      return button;
    });
    const close = el('button', { type: 'button', class: 'close', 'aria-label': 'Close' }, '×');
    close.addEventListener('click', onClose);
    const facts = [...this.#facts].flatMap(([name, value]) => [el('dt', {}, name), value]);
    this.#body = el(
      'div',
      { class: 'detail-body' },
      el('dl', {}, ...facts),
      el('div', { class: 'actions' }, ...buttons),
    );
    this.#root.replaceChildren(
      el('div', { class: 'detail-head' }, this.#lamp, this.#title, close),
      this.#hint,
      this.#body,
    );
    this.draw(undefined);
  }

  draw(detector: DetectorView | undefined): void {
    this.#body.hidden = !detector;
    this.#lamp.hidden = !detector;
    this.#hint.hidden = detector !== undefined;
    this.#root.classList.toggle('empty', !detector);
    if (!detector) {
      setText(this.#title, 'Detector');
      return;
    }
    const { id, floor, state, mode, heartbeatMs, lastSignalAt, signal, since, disabledUntil } = detector;
    setAttribute(this.#lamp, 'data-state', state);
    setText(this.#lamp, STATES[state].sign);
    setText(this.#title, `Detector ${id} · ${STATES[state].name}`);
    const rhythm = heartbeatMs === null ? '' : ` every ${duration(heartbeatMs)}`;
    this.#fact('Floor', String(floor));
    this.#fact(
      'Reports',
      mode === null ? 'was never announced' : `${mode === 'active' ? 'by itself' : 'when asked'}${rhythm}`,
    );
    this.#fact('Last signal', lastSignalAt === null ? 'none yet' : `${signal} at ${time(lastSignalAt)}`);
    this.#fact('State since', time(since));
    this.#fact('Faults', disabledUntil === null ? 'are told' : disabledWords(disabledUntil));
  }

  #fact(name: (typeof FACTS)[number], words: string): void {
    const value = this.#facts.get(name);
    if (value) setText(value, words);
  }
}
