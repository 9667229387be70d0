import type { ViewMessage } from '../../contracts/http.ts';
import type { SiteEvent } from '../../contracts/site-events.ts';

interface StreamHandlers {
  /** The stream is there, for the first time or again: whatever happened meanwhile has to be fetched. */
  readonly onOpen: () => void;
  readonly onLost: () => void;
  readonly onEvent: (event: SiteEvent) => void;
  readonly onView: (message: ViewMessage) => void;
}

/** Reads the event stream; the browser connects again by itself, and resumes the events after the last one it saw. */
export function readStream({ onOpen, onLost, onEvent, onView }: StreamHandlers): void {
  const source = new EventSource('/api/v1/events?views=true&recent=100');
  source.addEventListener('open', onOpen);
  source.addEventListener('error', onLost);
  source.addEventListener('message', ({ data }) => onEvent(JSON.parse(data)));
  source.addEventListener('view', ({ data }) => onView(JSON.parse(data)));
}
