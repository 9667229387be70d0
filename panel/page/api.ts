import type {
  DetectorAction,
  DetectorPage,
  DetectorView,
  FloorView,
  IncidentView,
  LampView,
  Problem,
  ReceivedEmail,
  ReceivedSms,
  SiteView,
} from '../../contracts/http.ts';
import type { ValvePosition } from '../../contracts/mqtt-payloads.ts';

/** What the server refused, in its own words. */
export class Refusal extends Error {
  readonly code: string;
  constructor({ detail, code }: Problem) {
    super(detail);
    this.code = code;
  }
}

/** The HTTP API, as docs/http.md describes it. */
export const api = {
  site: () => get<SiteView>('/site'),
  floors: () => get<FloorView[]>('/floors'),
  lamps: () => get<LampView[]>('/lamps'),
  incidents: () => get<IncidentView[]>('/incidents?limit=100'),
  emails: () => get<ReceivedEmail[]>('/inbox/emails?limit=50'),
  sms: () => get<ReceivedSms[]>('/inbox/sms?limit=50'),
  detector: (id: number) => get<DetectorView>(`/detectors/${id}`),
  act: (id: number, action: DetectorAction) => ask(`/detectors/${id}/${action}`, { method: 'POST' }),
  reset: (floor: number) => ask(`/floors/${floor}/reset`, { method: 'POST' }),
  switchValve: (floor: number, position: ValvePosition) =>
    ask(`/floors/${floor}/valve`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ position }),
    }),

  /** Detectors page by page, all of them or those in one state. */
  async detectors(state?: DetectorView['state']): Promise<DetectorView[]> {
    const all: DetectorView[] = [];
    const filter = state === undefined ? '' : `&state=${state}`;
    let cursor: string | null = null;
    do {
      const from: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page: DetectorPage = await get<DetectorPage>(`/detectors?limit=1000${filter}${from}`);
      all.push(...page.detectors);
      cursor = page.cursor;
    } while (cursor !== null);
    return all;
  },
};

/** The server is of this page's own making and checks what it answers by the same schemas: it is not checked again. */
async function get<T>(path: string): Promise<T> {
  return (await ask(path)).json();
}

async function ask(path: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(`/api/v1${path}`, init);
  if (!response.ok) throw new Refusal(await response.json());
  return response;
}
