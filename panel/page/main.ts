import type { DetectorView, ReceivedEmail, ReceivedSms, ViewMessage } from '../../contracts/http.ts';
import type { SiteEvent } from '../../contracts/site-events.ts';
import { api, Refusal } from './api.ts';
import { DetailView } from './detail-view.ts';
import { byId, setText } from './dom.ts';
import { FloorsView } from './floors-view.ts';
import { HeaderView } from './header-view.ts';
import { drawInbox, drawIncidents, drawLamps, logEvents } from './lists-view.ts';
import { type Dirty, MAX_LAMPS, Store } from './store.ts';
import { readStream } from './stream.ts';

/** How often the picked detector is asked for anew: its heartbeats alone change no view, so none is sent. */
const LOOK_MS = 1_000;
const TROUBLE_MS = 8_000;
/** After this a fetch that failed is tried again, though the stream still stands. */
const RETRY_MS = 2_000;

interface Fetching {
  readonly waiting: ViewMessage[];
  /** Whether all that has to be fetched once more after it. */
  again: boolean;
}

const header = new HeaderView();
const floors = new FloorsView({
  onSelect: (id) => select(id),
  onSwitch: (floor, position) => attempt(() => api.switchValve(floor, position)),
  onReset: (floor) => attempt(() => api.reset(floor)),
});
const detail = new DetailView({
  onAct: (action) => attempt(async () => selected !== undefined && (await api.act(selected, action))),
  onClose: () => select(undefined),
});
const store = new Store(draw);

let connected = false;
let selected: number | undefined;
let pendingEvents: SiteEvent[] = [];
/** While a fetch runs, what the stream says waits: it may be newer than what is being fetched. */
let fetching: Fetching | undefined;

function draw(dirty: Dirty): void {
  floors.draw(store, dirty);
  if (dirty.site || dirty.lamps) header.draw(store, connected);
  if (dirty.lamps) drawLamps(store.lamps.values());
  if (dirty.incidents) drawIncidents(store.incidents.values());
  if (selected !== undefined && dirty.detectors.has(selected)) detail.draw(store.detectors.get(selected));
  const note = byId('abridged');
  note.hidden = !store.abridged;
  if (store.abridged) setText(note, `More than ${MAX_LAMPS} detectors: only those are shown that are not ok.`);
}

/** Fetches everything; while that runs, a further wish for it is granted after it. */
async function sync(): Promise<void> {
  if (fetching) {
    fetching.again = true;
    return;
  }
  const current: Fetching = { waiting: [], again: false };
  fetching = current;
  try {
    await fetchAll();
  } catch {
    setTimeout(sync, RETRY_MS);
  }
  fetching = undefined;
  for (const message of current.waiting) store.apply(message);
  if (current.again) await sync();
}

async function fetchAll(): Promise<void> {
  const site = await api.site();
  const [detectors, floorViews, lamps, incidents] = await Promise.all([
    site.detectors > MAX_LAMPS ? troubled() : api.detectors(),
    api.floors(),
    api.lamps(),
    api.incidents(),
  ]);
  store.replace({ site, detectors, floors: floorViews, lamps, incidents });
  await fetchInbox();
}

async function troubled(): Promise<DetectorView[]> {
  const states = ['alarm', 'suspect', 'silent'] as const;
  return (await Promise.all(states.map((state) => api.detectors(state)))).flat();
}

async function fetchInbox(): Promise<void> {
  const [emails, sms] = await Promise.all([
    unlessElsewhere<ReceivedEmail[]>(api.emails()),
    unlessElsewhere<ReceivedSms[]>(api.sms()),
  ]);
  drawInbox(emails, sms);
}

/** A process without that server has no route to it. */
async function unlessElsewhere<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'ROUTE_UNKNOWN') return undefined;
    throw error;
  }
}

function select(id: number | undefined): void {
  selected = id;
  floors.select(id);
  detail.draw(id === undefined ? undefined : store.detectors.get(id));
  look();
}

/** Shows the picked detector's newest heartbeat. */
async function look(): Promise<void> {
  const id = selected;
  if (id === undefined || !connected || document.hidden) return;
  const detector = await api.detector(id).catch(() => undefined);
  if (id === selected && detector) detail.draw(detector);
}

let troubleEnds = 0;

/** Does what a button asks for; what is refused is said, in the server's words. Answers whether it was accepted. */
async function attempt(what: () => Promise<unknown>): Promise<boolean> {
  try {
    await what();
    await look();
    return true;
  } catch (error) {
    const trouble = byId('trouble');
    setText(trouble, error instanceof Error ? error.message : String(error));
    trouble.hidden = false;
    clearTimeout(troubleEnds);
    troubleEnds = setTimeout(() => {
      trouble.hidden = true;
    }, TROUBLE_MS);
    return false;
  }
}

function onEvent(event: SiteEvent): void {
  pendingEvents.push(event);
  if (pendingEvents.length > 1) return;
  requestAnimationFrame(() => {
    const events = pendingEvents;
    pendingEvents = [];
    logEvents(events);
    if (events.some(({ type, data }) => type === 'notification.sent' && data['channel'] !== 'lamp'))
      fetchInbox().catch(() => undefined);
  });
}

readStream({
  onOpen: () => {
    connected = true;
    sync();
  },
  onLost: () => {
    connected = false;
    header.draw(store, connected);
  },
  onEvent,
  onView: (message) => {
    if (message.view === 'resync') sync();
    else if (fetching) fetching.waiting.push(message);
    else store.apply(message);
  },
});
setInterval(look, LOOK_MS);
