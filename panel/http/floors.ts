import { z } from 'zod';
import type { Clock } from '../../contracts/clock.ts';
import { eventRecord } from '../../contracts/cloud-events.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import { resetRequested, valveRequested } from '../../contracts/events.ts';
import {
  acceptedSchema,
  type FloorView,
  floorViewSchema,
  problemSchema,
  valveRequestBodySchema,
} from '../../contracts/http.ts';
import type { Random } from '../../contracts/random.ts';
import type { Floors } from '../model/floors.ts';
import type { App } from './app.ts';
import { type CommandWriter, OPERATOR } from './commands.ts';
import { integerText } from './text.ts';

interface FloorParts {
  readonly floors: Floors;
  readonly commands: CommandWriter;
  readonly clock: Clock;
  readonly random: Random;
}

const params = z.object({ floor: integerText });

/** Floors, and what a human may order there: the valve's switch, and the end of a fire incident. */
export function floorRoutes(app: App, { floors, commands, clock, random }: FloorParts): void {
  const find = (floor: number): FloorView => {
    const view = floors.view(floor);
    if (!view) throw unknownFloor(floor);
    return view;
  };

  app.get(
    '/api/v1/floors',
    { schema: { summary: 'All floors, by ascending number', response: { 200: z.array(floorViewSchema) } } },
    () => floors.list(),
  );

  app.get(
    '/api/v1/floors/:floor',
    { schema: { summary: 'One floor', params, response: { 200: floorViewSchema, 404: problemSchema } } },
    ({ params: { floor } }) => find(floor),
  );

  app.put(
    '/api/v1/floors/:floor/valve',
    {
      schema: {
        summary: "The human's switch: opens or closes the floor's valve",
        params,
        body: valveRequestBodySchema,
        response: { 202: acceptedSchema, 404: problemSchema, 503: problemSchema },
      },
    },
    async ({ params: { floor }, body: { position } }, reply) => {
      find(floor);
      const id = random.uuid();
      const data = { floor, position, by: OPERATOR };
      await commands.write(eventRecord(valveRequested, { id, source: 'panel', time: clock.now(), data }));
      return reply.code(202).send({ id });
    },
  );

  app.post(
    '/api/v1/floors/:floor/reset',
    {
      schema: {
        summary: "Ends the floor's fire incident, once its detectors are back at 0",
        params,
        response: { 202: acceptedSchema, 404: problemSchema, 409: problemSchema, 503: problemSchema },
      },
    },
    async ({ params: { floor } }, reply) => {
      const { alarms } = find(floor);
      if (alarms.length > 0) {
        const named = alarms.slice(0, 10).join(', ') + (alarms.length > 10 ? ', …' : '');
        throw new SmokewireError('FLOOR_IN_ALARM', `floor ${floor} still has detectors that signal 1: ${named}`);
      }
      const id = random.uuid();
      const data = { floor, by: OPERATOR };
      await commands.write(eventRecord(resetRequested, { id, source: 'panel', time: clock.now(), data }));
      return reply.code(202).send({ id });
    },
  );
}

export function unknownFloor(floor: number): SmokewireError {
  return new SmokewireError('FLOOR_UNKNOWN', `floor ${floor} is not known here`);
}
