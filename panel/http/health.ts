import type { Registry } from 'prom-client';
import { z } from 'zod';
import { type Readiness, readinessSchema } from '../../contracts/http.ts';
import type { App } from './app.ts';

/** Whether the process lives and what it waits for, and its figures. Every process of smokewire serves these. */
export function healthRoutes(
  app: App,
  { readiness, registry }: { readiness: () => Readiness; registry: Registry },
): void {
  app.get(
    '/livez',
    { schema: { summary: 'The process is alive', response: { 200: z.object({ alive: z.literal(true) }) } } },
    () => ({
      alive: true as const,
    }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Whether everything is connected, and what is missing',
        response: { 200: readinessSchema, 503: readinessSchema },
      },
    },
    (_request, reply) => {
      const state = readiness();
      reply.code(state.ready ? 200 : 503);
      return state;
    },
  );

  app.get(
    '/metrics',
    { schema: { summary: 'Metrics in the text format of Prometheus', produces: ['text/plain'] } },
    async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
  );
}
