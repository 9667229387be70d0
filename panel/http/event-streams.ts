import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../contracts/clock.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import type { ViewMessage } from '../../contracts/http.ts';
import type { EventLog, LoggedEvent } from '../model/event-log.ts';
import type { ViewChanges } from './view-changes.ts';

/** Shorter than the minute after which proxies give up on a silent connection. */
const HEARTBEAT_MS = 15_000;
/** What may wait for a slow reader before it is dropped; it comes back and resumes, or is told what it lost. */
const MAX_WAITING_BYTES = 1024 * 1024;
const MAX_READERS = 256;

/** What a reader wants. */
export interface Reading {
  /** The id of the last event that it has. */
  readonly lastEventId: string | undefined;
  /** How many of the newest events it wants first, where it has no last one. */
  readonly recent: number;
  /** Whether it wants to be told how views change. */
  readonly views: boolean;
}

/** The readers of the event stream (server-sent events, WHATWG HTML 9.2): one message written to each of them. */
export class EventStreams {
  readonly #events: EventLog;
  readonly #views: ViewChanges;
  readonly #wireClock: Clock;
  readonly #readers = new Map<ServerResponse, Reading>();
  #heartbeat: Timer | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor({ events, views, wireClock }: { events: EventLog; views: ViewChanges; wireClock: Clock }) {
    this.#events = events;
    this.#views = views;
    this.#wireClock = wireClock;
  }

  get count(): number {
    return this.#readers.size;
  }

  /** @throws SmokewireError NOT_READY when there are too many readers. */
  checkRoom(): void {
    if (this.#readers.size < MAX_READERS) return;
    throw new SmokewireError('NOT_READY', `${MAX_READERS} readers of events is all that this process serves`);
  }

  /** Takes the response over until its reader goes, falls behind, or `close`. */
  add(response: ServerResponse, reading: Reading): void {
    this.#readers.set(response, reading);
    response.once('close', () => this.#remove(response));
    response.on('error', () => response.destroy());
    response.socket?.setNoDelay(true);
    if (this.#readers.size === 1) this.#begin();
    if (reading.views) this.#views.start((message) => this.#tellViews(message));
    this.#write(response, `retry: 1000\n\n${this.#greeting(reading)}`);
  }

  close(): void {
    for (const response of [...this.#readers.keys()]) {
      this.#remove(response);
      response.destroy();
    }
  }

  /** What the reader missed, preceded by a `gap` where some of that is gone. */
  #greeting({ lastEventId, recent }: Reading): string {
    const { events, lost } =
      lastEventId === undefined
        ? { events: this.#events.recent(recent), lost: false }
        : this.#events.since(lastEventId);
    const gap = `event: gap\ndata: {"lost":true}\n\n`;
    // With nothing to send, the id alone tells the reader where it stands, should it have to come back.
    const place = events.length === 0 ? `id: ${this.#events.lastId}\nevent: place\ndata: {}\n\n` : '';
    return (lost ? gap : '') + events.map(messageOf).join('') + place;
  }

  #begin(): void {
    this.#unsubscribe = this.#events.onEvent((logged) => this.#tell(messageOf(logged), () => true));
    this.#heartbeat = this.#wireClock.every('http-events-heartbeat', HEARTBEAT_MS, () =>
      this.#tell(':\n\n', () => true),
    );
  }

  #remove(response: ServerResponse): void {
    if (!this.#readers.delete(response)) return;
    if (![...this.#readers.values()].some(({ views }) => views)) this.#views.stop();
    if (this.#readers.size > 0) return;
    this.#unsubscribe?.();
    this.#heartbeat?.cancel();
  }

  #tellViews(messages: readonly ViewMessage[]): void {
    const text = messages.map((message) => `event: view\ndata: ${JSON.stringify(message)}\n\n`).join('');
    this.#tell(text, ({ views }) => views);
  }

  #tell(text: string, wants: (reading: Reading) => boolean): void {
    for (const [response, reading] of this.#readers) if (wants(reading)) this.#write(response, text);
  }

  #write(response: ServerResponse, text: string): void {
    if (response.destroyed) return;
    response.write(text);
    if (response.writableLength > MAX_WAITING_BYTES) response.destroy();
  }
}

function messageOf({ id, event }: LoggedEvent): string {
  return `id: ${id}\ndata: ${JSON.stringify(event)}\n\n`;
}
