import { z } from 'zod';
import { problemSchema } from '../../contracts/http.ts';
import type { App } from './app.ts';
import type { EventStreams } from './event-streams.ts';
import { SECURITY_HEADERS } from './guard.ts';
import { limitText } from './text.ts';

/** The event stream; docs/http.md describes its messages. */
export function eventRoutes(app: App, streams: EventStreams): void {
  app.get(
    '/api/v1/events',
    {
      config: { isStream: true },
      schema: {
        summary: 'What happens at the site, as server-sent events; Last-Event-ID resumes',
        produces: ['text/event-stream'],
        headers: z.looseObject({ 'last-event-id': z.string().max(200).optional() }),
        querystring: z.strictObject({
          /** How many of the newest events to begin with. */
          recent: limitText(0, 1_000),
          views: z.enum(['true', 'false']).optional(),
        }),
        response: { 400: problemSchema, 503: problemSchema },
      },
    },
    ({ headers, query }, reply) => {
      streams.checkRoom();
      reply.hijack();
      reply.raw.writeHead(200, {
        ...SECURITY_HEADERS,
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      streams.add(reply.raw, {
        lastEventId: headers['last-event-id'],
        recent: query.recent,
        views: query.views === 'true',
      });
    },
  );
}
