import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import '../../../transport/kafka/share-connects.ts';
import { KAFKAJS_VERSION } from '../../../transport/kafka/tame-timer.ts';

const require = createRequire(import.meta.url);

/** A request queue with nothing in it, and whether it arms a timer all the same. */
function armsTimerAtRest(RequestQueue: new (options: object) => { scheduleCheckPendingRequests(): void }): boolean {
  const queue = new RequestQueue({ maxInFlightRequests: null, requestTimeout: 1_000, clientId: 't', broker: 'b' });
  queue.scheduleCheckPendingRequests();
  const timer: unknown = Reflect.get(queue, 'throttleCheckTimeoutId');
  Reflect.apply(Reflect.get(queue, 'destroy'), queue, []);
  return timer !== null;
}

test('the installed kafkajs is the one whose insides we use', () => {
  expect(require('kafkajs/package.json').version).toBe(KAFKAJS_VERSION);
  expect(require('../../../package.json').dependencies.kafkajs).toBe(KAFKAJS_VERSION);
});

test('kafkajs left alone arms its timer at rest, so taming it is still needed; tamed, it does not', () => {
  const path = require.resolve('kafkajs/src/network/requestQueue/index.js');
  const tamed = require(path);
  delete require.cache[path];
  const untouched = require(path);
  expect(armsTimerAtRest(untouched)).toBe(true);
  expect(armsTimerAtRest(tamed)).toBe(false);
});

test('a request that is held back is still looked for', () => {
  const RequestQueue = require('kafkajs/src/network/requestQueue/index.js');
  const queue = new RequestQueue({ maxInFlightRequests: null, requestTimeout: 1_000, clientId: 't', broker: 'b' });
  queue.pending.push({});
  queue.scheduleCheckPendingRequests();
  expect(queue.throttleCheckTimeoutId).not.toBeNull();
  queue.destroy();
});

test('two requests that meet a broken connection share the next one', async () => {
  const server = createServer((socket) => void socket.resume());
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const Connection = require('kafkajs/src/network/connection.js');
  let sockets = 0;
  const silent = { debug() {}, error() {}, warn() {}, info() {}, namespace: () => silent };
  const connection = new Connection({
    host: '127.0.0.1',
    port: typeof address === 'object' ? address?.port : 0,
    logger: silent,
    requestTimeout: 1_000,
    connectionTimeout: 1_000,
    socketFactory: ({ host, port, onConnect }: { host: string; port: number; onConnect: () => void }) => {
      sockets++;
      return connect({ host, port }, onConnect);
    },
  });
  await Promise.all([connection.connect(), connection.connect()]);
  expect(sockets).toBe(1);
  await connection.disconnect();
});
