import { z } from 'zod';
import { type Clock, rfc3339 } from '../../contracts/clock.ts';
import { eventRecord } from '../../contracts/cloud-events.ts';
import { disablementChanged } from '../../contracts/disablements.ts';
import { acceptedSchema, disablementBodySchema, problemSchema } from '../../contracts/http.ts';
import type { Random } from '../../contracts/random.ts';
import type { ReadModel } from '../model/read-model.ts';
import type { App } from './app.ts';
import { type CommandWriter, OPERATOR } from './commands.ts';
import { unknownDetector } from './detectors.ts';
import { unknownFloor } from './floors.ts';
import { integerText } from './text.ts';

interface DisablementParts {
  readonly model: ReadModel;
  readonly commands: CommandWriter;
  readonly clock: Clock;
  readonly random: Random;
  /** The site's name. */
  readonly site: () => string;
}

type Body = z.output<typeof disablementBodySchema>;

const detectorParams = z.object({ id: integerText });
const floorParams = z.object({ floor: integerText });
const response = { 202: acceptedSchema, 404: problemSchema, 503: problemSchema };

/** Planned silences: for some time the faults of a detector, or of all on a floor, are not told. */
export function disablementRoutes(app: App, { model, commands, clock, random, site }: DisablementParts): void {
  const detector = (id: number) => {
    if (!model.detectors.has(id)) throw unknownDetector(id);
    return `detector/${id}`;
  };
  const floorOf = (floor: number) => {
    if (!model.floors.has(floor)) throw unknownFloor(floor);
    return `floor/${floor}`;
  };
  /** Answers with the order's id once Kafka has it. */
  const order = async (subject: string, body?: Body) => {
    const now = clock.now();
    const id = random.uuid();
    const about = { site: site(), subject, at: rfc3339(now), by: OPERATOR };
    const data = body
      ? { ...about, change: 'disabled' as const, until: rfc3339(now + body.for), reason: body.reason ?? null }
      : { ...about, change: 'enabled' as const };
    await commands.write(eventRecord(disablementChanged, { id, source: 'panel', time: now, data }));
    return { id };
  };

  app.put(
    '/api/v1/detectors/:id/disablement',
    {
      schema: {
        summary: 'Disables a detector: its faults are not told until the end, or until it is enabled',
        params: detectorParams,
        body: disablementBodySchema,
        response,
      },
    },
    async ({ params: { id }, body }, reply) => reply.code(202).send(await order(detector(id), body)),
  );

  app.delete(
    '/api/v1/detectors/:id/disablement',
    { schema: { summary: 'Enables a detector', params: detectorParams, response } },
    async ({ params: { id } }, reply) => reply.code(202).send(await order(detector(id))),
  );

  app.put(
    '/api/v1/floors/:floor/disablement',
    {
      schema: {
        summary: 'Disables a floor: the faults of its detectors are not told until the end, or until it is enabled',
        params: floorParams,
        body: disablementBodySchema,
        response,
      },
    },
    async ({ params: { floor }, body }, reply) => reply.code(202).send(await order(floorOf(floor), body)),
  );

  app.delete(
    '/api/v1/floors/:floor/disablement',
    { schema: { summary: 'Enables a floor', params: floorParams, response } },
    async ({ params: { floor } }, reply) => reply.code(202).send(await order(floorOf(floor))),
  );
}
