import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
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
