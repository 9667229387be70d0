import { z } from 'zod';
import type { Clock } from '../../contracts/clock.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import {
  type GroupView,
  groupViewSchema,
  incidentViewSchema,
  lampViewSchema,
  problemSchema,
  type SiteView,
  siteViewSchema,
} from '../../contracts/http.ts';
import type { ReadModel } from '../model/read-model.ts';
import type { App } from './app.ts';
import { limitText } from './text.ts';

/** What the process knows of the site beside what is read from Kafka. */
export type SiteInfo = Pick<SiteView, 'name' | 'addresses' | 'topicPrefix' | 'settings' | 'seed' | 'roles'>;

interface SiteParts {
  readonly model: ReadModel;
  readonly clock: Clock;
  readonly info: () => SiteInfo;
  readonly groups: () => Promise<GroupView[]>;
}

/** The counts of the site, as they also go out with each change. */
export function siteCounts({
  detectors,
  floors,
  pipeline,
}: ReadModel): Pick<SiteView, 'detectors' | 'floors' | 'states' | 'pipeline'> {
  return { detectors: detectors.count, floors: floors.count, states: detectors.counts, pipeline };
}

/** The site as a whole: its counts, its incidents, its lamps, and how far its consumer groups are. */
export function siteRoutes(app: App, { model, clock, info, groups }: SiteParts): void {
  const startedAt = clock.now();

  app.get('/api/v1/site', { schema: { summary: 'The site', response: { 200: siteViewSchema } } }, () => ({
    ...info(),
    ...siteCounts(model),
    watchdogs: model.watchdogs.list(),
    uptimeMs: Math.round(clock.now() - startedAt),
  }));

  app.get(
    '/api/v1/lamps',
    { schema: { summary: 'The lamps of the panel, by name', response: { 200: z.array(lampViewSchema) } } },
    () => model.lamps,
  );

  app.get(
    '/api/v1/incidents',
    {
      schema: {
        summary: 'Incidents: those that are open first, then those that closed lately; each newest first',
        querystring: z.strictObject({ limit: limitText(1_000, 100_000) }),
        response: { 200: z.array(incidentViewSchema), 400: problemSchema },
      },
    },
    ({ query: { limit } }) => model.incidents.list().slice(0, limit),
  );

  app.get(
    '/api/v1/incidents/:id',
    {
      schema: {
        summary: 'One incident, with what became of its notifications',
        params: z.object({ id: z.string() }),
        response: { 200: incidentViewSchema, 404: problemSchema },
      },
    },
    ({ params: { id } }) => {
      const view = model.incidents.view(id);
      if (!view) throw new SmokewireError('INCIDENT_UNKNOWN', `incident ${id} is not known here`);
      return view;
    },
  );

  app.get(
    '/api/v1/groups',
    {
      schema: {
        summary: 'Consumer groups: members, committed offset, end and lag of each partition',
        response: { 200: z.array(groupViewSchema), 503: problemSchema },
      },
    },
    () => groups(),
  );
}
