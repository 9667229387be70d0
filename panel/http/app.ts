import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import fastifySwagger from '@fastify/swagger';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type RawServerDefault } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { messageOf, SmokewireError } from '../../contracts/errors.ts';
import type { Logger } from '../../contracts/logger.ts';
import type { Transit } from '../../contracts/transit.ts';
import { refusalOf, SECURITY_HEADERS } from './guard.ts';
import { problem, problemOf, sendProblem } from './problems.ts';

/** Fastify with zod for its schemas: what a handler gets and answers is checked by the compiler as well as at run time. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the answers of a route have no end. */
    isStream?: boolean;
  }
}

/** The largest body that a route takes is a few words. */
const BODY_LIMIT_BYTES = 64 * 1024;
/** Within this a request has to arrive whole: a client that dribbles does not hold a connection for ever. */
const REQUEST_TIMEOUT_MS = 30_000;

/** What others than browsers ask for, by whatever name they know the machine; there is nothing in it to steal. */
const OPEN_TO_ANY_HOST: readonly (string | undefined)[] = ['/livez', '/readyz', '/metrics'];

export interface AppOptions {
  readonly ownName: string;
  readonly logger: Logger;
  /** Is told of each request that is being answered. */
  readonly transit: Transit;
}

/** The ground on which routes stand: schemas, the description of the API, errors as problem details, and who may ask. */
export async function createApp({ ownName, logger, transit }: AppOptions): Promise<App> {
  const app: App = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    exposeHeadRoutes: false,
    // A stop cuts the connections that browsers and streams keep open.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 300 },
    clientErrorHandler: (_error, socket) => refuseBytes(socket),
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, problemOf(error)),
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  takeJsonOnly(app);

  app.addHook('onRequest', async (request, reply) => {
    // A stream is answered for as long as somebody listens.
    if (!request.routeOptions.config.isStream) {
      reply.raw.once('close', transit.begin('http', `${request.method} ${request.url}`));
    }
    reply.headers({ ...SECURITY_HEADERS, 'cache-control': 'no-store' });
    if (OPEN_TO_ANY_HOST.includes(request.routeOptions.url)) return;
    const refusal = refusalOf(request.headers, ownName);
    if (refusal !== undefined) throw new SmokewireError('ORIGIN_REFUSED', refusal);
  });
  app.setErrorHandler((error, request, reply) => {
    const body = problemOf(error);
    if (body.code === 'INTERNAL') {
      logger.error({ route: request.routeOptions.url, error: messageOf(error) }, 'a request failed');
    }
    return sendProblem(reply, body);
  });
  app.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, problem('ROUTE_UNKNOWN', 'see /openapi.json for the routes and methods that there are')),
  );

  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'smokewire', version: '1', description: 'A site that protects a building from fire.' },
    },
    transform: jsonSchemaTransform,
  });
  app.get('/openapi.json', { schema: { summary: 'This description' } }, () => app.swagger());
  return app;
}

/** JSON or nothing: a form of another site can send neither JSON nor an own header. An empty body is none at all. */
function takeJsonOnly(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else parse(request, body.toString(), done);
  });
}

/** Bytes that are no HTTP never become a request; the answer is written by hand, and the connection ends with it. */
function refuseBytes(socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(problem('REQUEST_INVALID', 'what arrived is not a request of HTTP/1.1'));
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\nconnection: close\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
