import { z } from 'zod';
import { SmokewireError } from '../../contracts/errors.ts';
import { DETECTOR_STATES } from '../../contracts/events.ts';
import type { FleetControl } from '../../contracts/fleet-control.ts';
import { DETECTOR_ACTIONS, detectorPageSchema, detectorViewSchema, problemSchema } from '../../contracts/http.ts';
import type { Detectors } from '../model/detectors.ts';
import type { App } from './app.ts';
import { integerText, limitText } from './text.ts';

const params = z.object({ id: integerText });

/** Detectors as the read model knows them. */
export function detectorRoutes(app: App, detectors: Detectors): void {
  app.get(
    '/api/v1/detectors',
    {
      schema: {
        summary: 'Detectors by ascending id, a page at a time',
        querystring: z.strictObject({
          floor: integerText.optional(),
          state: z.enum(DETECTOR_STATES).optional(),
          limit: limitText(100, 1_000),
          /** As the page before gave it: the last id that was listed. */
          cursor: integerText.optional(),
        }),
        response: { 200: detectorPageSchema, 400: problemSchema },
      },
    },
    ({ query: { floor, state, limit, cursor = -1 } }) => {
      const page = detectors.page({ after: cursor, limit, floor, state });
      return { detectors: page.detectors, cursor: page.next === null ? null : String(page.next) };
    },
  );

  app.get(
    '/api/v1/detectors/:id',
    { schema: { summary: 'One detector', params, response: { 200: detectorViewSchema, 404: problemSchema } } },
    ({ params: { id } }) => {
      const view = detectors.view(id);
      if (!view) throw unknownDetector(id);
      return view;
    },
  );
}

/** What can be done to a simulated detector. Served wherever detectors are simulated, or listed. */
export function actionRoutes(
  app: App,
  { fleet, known }: { fleet: FleetControl | undefined; known: (id: number) => boolean },
): void {
  app.post(
    '/api/v1/detectors/:id/:action',
    {
      schema: {
        summary: 'Trips, clears, kills, silences or revives a simulated detector',
        params: params.extend({ action: z.enum(DETECTOR_ACTIONS) }),
        response: {
          202: z.object({ id: z.int(), action: z.enum(DETECTOR_ACTIONS) }),
          404: problemSchema,
          409: problemSchema,
        },
      },
    },
    async ({ params: { id, action } }, reply) => {
      if (fleet?.has(id)) await fleet.act(id, action);
      else if (known(id)) {
        throw new SmokewireError('DETECTOR_NOT_SIMULATED', `detector ${id} is not simulated by this process`);
      } else throw unknownDetector(id);
      return reply.code(202).send({ id, action });
    },
  );
}

export function unknownDetector(id: number): SmokewireError {
  return new SmokewireError('DETECTOR_UNKNOWN', `detector ${id} is not known here`);
}
