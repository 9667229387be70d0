import { Registry } from 'prom-client';
import { onTestFinished } from 'vitest';
import { realClock } from '../../../app/clock.ts';
import { seededRandom } from '../../../app/random.ts';
import type { FleetControl } from '../../../contracts/fleet-control.ts';
import type { DetectorAction, GroupView } from '../../../contracts/http.ts';
import type { OutRecord } from '../../../contracts/kafka-records.ts';
import { EventLog } from '../../../panel/model/event-log.ts';
import { ReadModel } from '../../../panel/model/read-model.ts';
import { HttpServer, type HttpServerOptions, type PanelParts } from '../../../panel/server.ts';
import { recordingLogger } from '../../support/logger.ts';
import { Records } from './records.ts';

/** Simulated detectors that note what is done to them. */
export class NotingFleet implements FleetControl {
  readonly done: [number, DetectorAction][] = [];
  readonly #ids: readonly number[];
  constructor(...ids: number[]) {
    this.#ids = ids;
  }
  has(id: number): boolean {
    return this.#ids.includes(id);
  }
  async act(id: number, action: DetectorAction): Promise<void> {
    this.done.push([id, action]);
  }
}

export const GROUPS: GroupView[] = [
  {
    group: 'watchdog',
    state: 'Stable',
    members: 1,
    partitions: [{ topic: 'signals', partition: 0, committed: null, end: 3, lag: 3 }],
  },
];

/** A server over a model that the test feeds by hand; what it writes to Kafka lands in `sent`. It stops with the test. */
export async function startPanel({
  panel,
  ...options
}: Partial<Omit<HttpServerOptions, 'panel'>> & { panel?: Partial<PanelParts> } = {}) {
  const events = new EventLog({ run: 'run' });
  const model = new ReadModel({ events });
  const records = new Records();
  const sent: OutRecord[] = [];
  const logger = recordingLogger();
  const server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    clock: realClock,
    wireClock: realClock,
    logger,
    registry: new Registry(),
    readiness: () => ({ ready: true, missing: [] }),
    panel: {
      model,
      events,
      random: seededRandom('panel'),
      sink: { send: async (batch) => void sent.push(...batch) },
      info: () => ({
        name: 'hq',
        addresses: { api: server.url, mqtt: null, kafka: ['127.0.0.1:9092'], smtp: null },
        topicPrefix: '',
        settings: { misses: 3, grace: 1_000, emailTo: ['safety@example.com'], smsTo: ['+15005550006'] },
        seed: 's',
        roles: ['panel'],
      }),
      groups: async () => GROUPS,
      ...panel,
    },
    ...options,
  });
  await server.start();
  onTestFinished(() => server.stop());
  const ask = (path: string, init?: RequestInit) => fetch(server.url + path, init);
  const news = (...all: ReturnType<Records['from']>[]) => {
    for (const record of all) model.apply(record, true);
  };
  return { server, events, model, records, sent, logger, ask, news };
}

/** An answer's status, type and body. */
export async function answer(response: Response): Promise<{ status: number; type: string; body: unknown }> {
  return { status: response.status, type: response.headers.get('content-type') ?? '', body: await response.json() };
}
