import type { Delivery, Notification } from '../../contracts/events.ts';
import type { IncidentView } from '../../contracts/http.ts';
import { remember } from './remember.ts';

type Told = IncidentView['notifications'][number];
type Incident = Omit<IncidentView, 'notifications'> & { notifications: Map<string, Told> };

/** What a record on `notifications` said that was not known before. */
export type IncidentNews = 'opened' | 'joined' | 'updated' | 'closed';

/**
 * Incidents with what became of their notifications. The open ones are all kept, the closed ones up to a bound, and so
 * are deliveries whose incident has not been read yet: they stand on another topic, and may be ahead of it.
 */
export class Incidents {
  readonly #open = new Map<string, Incident>();
  readonly #closed = new Map<string, Incident>();
  readonly #early = new Map<string, Map<string, Told>>();
  readonly #keepClosed: number;

  constructor({ keepClosed }: { keepClosed: number }) {
    this.#keepClosed = keepClosed;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** How many are kept in all. */
  get size(): number {
    return this.#open.size + this.#closed.size + this.#early.size;
  }

  /** Answers with what is news, undefined for a repetition. */
  change(notification: Notification): IncidentNews | undefined {
    const { incident: id, change, detectors, at, reason } = notification;
    if (this.#closed.has(id)) return undefined;
    const known = this.#open.get(id);
    const incident = known ?? this.#create(notification);
    if (change === 'closed') {
      incident.closedAt = at;
      this.#open.delete(id);
      remember(this.#closed, id, incident, this.#keepClosed);
      return 'closed';
    }
    if (!known) {
      incident.reason = reason;
      return 'opened';
    }
    const more = detectors.length - incident.detectors.length;
    const goesOn = change === 'updated' && more === 0 && reason !== incident.reason;
    if (more <= 0 && !goesOn) return undefined;
    incident.detectors = [...detectors];
    incident.reason = reason;
    return goesOn ? 'updated' : 'joined';
  }

  deliver(delivery: Delivery): void {
    const { incident: id, notification, channel, to, outcome, attempt, at, reason } = delivery;
    const told = { id: notification, channel, to, outcome, attempt, at, reason };
    const notifications = this.#get(id)?.notifications ?? this.#early.get(id);
    if (!notifications) remember(this.#early, id, new Map([[notification, told]]), this.#keepClosed);
    else if (attempt >= (notifications.get(notification)?.attempt ?? 0)) notifications.set(notification, told);
  }

  view(id: string): IncidentView | undefined {
    const incident = this.#get(id);
    return incident && viewOf(incident);
  }

  /** Newest first, those that are open before those that are closed. */
  list(): IncidentView[] {
    return [...[...this.#open.values()].reverse(), ...[...this.#closed.values()].reverse()].map(viewOf);
  }

  #get(id: string): Incident | undefined {
    return this.#open.get(id) ?? this.#closed.get(id);
  }

  #create({ incident: id, kind, subject, detectors, at, reason }: Notification): Incident {
    const notifications = this.#early.get(id) ?? new Map<string, Told>();
    this.#early.delete(id);
    const incident = {
      id,
      kind,
      subject,
      detectors: [...detectors],
      openedAt: at,
      closedAt: null,
      reason,
      notifications,
    };
    this.#open.set(id, incident);
    return incident;
  }
}

function viewOf({ notifications, ...incident }: Incident): IncidentView {
  return { ...incident, notifications: [...notifications.values()] };
}
