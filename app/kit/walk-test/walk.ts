import { appendFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf, SmokewireError } from '../../../contracts/errors.ts';
import type { DetectorAction } from '../../../contracts/http.ts';
import type { SiteEvent } from '../../../contracts/site-events.ts';
import type { EventLog } from '../../../panel/model/event-log.ts';
import type { ReadModel } from '../../../panel/model/read-model.ts';
import { SECTIONS, type SectionName } from './sections.ts';

const names = z.array(z.string());

/** What one site had, and what of it was exercised: a line of the file in which a suite's sites note it. */
export const walkSchema = z.strictObject({
  walkTest: z.literal(1, 'this version of smokewire reads notes of version 1'),
  site: z.string(),
  detectors: z.array(z.int()),
  floors: z.array(z.int()),
  /** Those that were lit. */
  lamps: names,
  /** By section, the names of what was exercised. */
  exercised: z.partialRecord(z.enum(Object.keys(SECTIONS)), names),
});
export type Walk = z.infer<typeof walkSchema>;

/** How the error's code begins a reason: `EMAIL_DEFERRED: 450 …`. */
const CODE = /^[A-Z][A-Z0-9_]+(?=:|$)/;

/**
 * Notes what a site is put through, from its start to its stop (in a building: EN 54-2 clause 10, the test condition).
 * It looks at what the panel shows, so that only what arrived there counts.
 */
export class WalkNotes {
  readonly #path: string;
  readonly #site: string;
  readonly #model: ReadModel;
  readonly #detectors = new Set<number>();
  readonly #floors = new Set<number>();
  readonly #lamps = new Set<string>();
  readonly #exercised = new Map<SectionName, Set<string>>();
  readonly #listening: readonly (() => void)[];

  constructor({ path, site, model, events }: { path: string; site: string; model: ReadModel; events: EventLog }) {
    this.#path = path;
    this.#site = site;
    this.#model = model;
    this.#listening = [
      events.onEvent(({ event }) => this.#happened(event)),
      model.onChange((change) => {
        if (change.view === 'detector') this.#looked(change.id);
        else if (change.view === 'floor') this.#floors.add(change.floor);
      }),
    ];
  }

  /** The site has started: its own log does not say so. */
  ready(): void {
    this.#exercise('events', 'site.ready');
  }

  /** A test did this to a detector. */
  acted(action: DetectorAction): void {
    this.#exercise('actions', action);
  }

  /** A fault began on purpose. */
  struck(fault: string): void {
    this.#exercise('faults', fault);
  }

  /** What happens from now on happens because the site stops: its detectors go, and nobody tested that. */
  stopping(): void {
    for (const end of this.#listening) end();
  }

  /**
   * The site has stopped: its line is added to the file, if it ever was ready. Any number of processes may do so at once,
   * since each line is one write. @throws SmokewireError FILE_INVALID
   */
  stopped(): void {
    if (!this.#exercised.get('events')?.has('site.ready')) return;
    this.#exercise('events', 'site.stopped');
    try {
      appendFileSync(this.#path, `${JSON.stringify(this.#walk())}\n`);
    } catch (cause) {
      throw new SmokewireError('FILE_INVALID', `${this.#path} cannot be written: ${messageOf(cause)}`, { cause });
    }
  }

  #walk(): Walk {
    for (const { code } of this.#model.deadLetters.list({ limit: Number.MAX_SAFE_INTEGER }))
      this.#exercise('failures', code);
    return {
      walkTest: 1,
      site: this.#site,
      detectors: [...this.#detectors].sort((a, b) => a - b),
      floors: [...this.#floors].sort((a, b) => a - b),
      lamps: [...this.#lamps].sort(),
      exercised: Object.fromEntries([...this.#exercised].map(([section, done]) => [section, [...done].sort()])),
    };
  }

  #looked(id: number): void {
    const view = this.#model.detectors.view(id);
    if (!view) return;
    this.#detectors.add(id);
    this.#exercise('states', view.state);
    if (view.state !== 'ok' && view.state !== 'never-seen') this.#exercise('detectors', String(id));
  }

  #happened({ type, subject, data }: SiteEvent): void {
    this.#exercise('events', type);
    const [kind = '', what = ''] = type.split('.');
    const id = subject.slice(subject.indexOf('/') + 1);
    switch (kind) {
      case 'valve':
        if (type !== 'valve.fault') this.#exercise('valves', `${id} ${type === 'valve.opened' ? 'open' : 'closed'}`);
        return;
      case 'lamp':
        if (what === 'on') this.#lamps.add(id);
        this.#exercise('lamps', `${id} ${what}`);
        return;
      case 'notification':
        this.#exercise('channels', `${data['channel']} ${what}`);
        this.#failed(data['reason']);
    }
  }

  #failed(reason: unknown): void {
    const code = typeof reason === 'string' ? CODE.exec(reason)?.[0] : undefined;
    if (code !== undefined) this.#exercise('failures', code);
  }

  #exercise(section: SectionName, name: string): void {
    const done = this.#exercised.get(section);
    if (done) done.add(name);
    else this.#exercised.set(section, new Set([name]));
  }
}
