import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type Transit, unwatched } from '../../contracts/transit.ts';
import { eventually } from '../support/eventually.ts';
import { NotingFleet, startPanel } from './support/panel.ts';

/** A port that remembers which requests are being answered. */
function watched() {
  const underWay = new Set<string>();
  const seen: string[] = [];
  const transit: Transit = {
    ...unwatched,
    begin: (hop, what) => {
      const entry = `${hop} ${what}`;
      seen.push(entry);
      underWay.add(entry);
      return () => void underWay.delete(entry);
    },
  };
  return { transit, underWay, seen };
}

test('a request is under way until it is answered', async () => {
  const { transit, underWay } = watched();
  const fleet = new NotingFleet(7);
  let go = () => {};
  fleet.act = () =>
    new Promise((resolve) => {
      go = resolve;
    });
  const { ask } = await startPanel({ transit, fleet });
  const answered = ask('/api/v1/detectors/7/trip', { method: 'POST' });
  const told = 'http POST /api/v1/detectors/7/trip';
  await eventually('the request', () => underWay.has(told));
  go();
  expect((await answered).status).toBe(202);
  await eventually('its end', () => underWay.size === 0);
});

test('or until its client has gone', async () => {
  const { transit, underWay } = watched();
  const { server } = await startPanel({ transit });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write(
    'PUT /api/v1/floors/1/valve HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
  );
  await eventually('the request', () => underWay.size === 1);
  socket.destroy();
  await eventually('its end', () => underWay.size === 0);
});

test('a stream of events is not: it has no end', async () => {
  const { transit, underWay, seen } = watched();
  const { ask } = await startPanel({ transit });
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  expect((await ask('/api/v1/events', { signal: stop.signal })).status).toBe(200);
  expect((await ask('/livez')).status).toBe(200);
  await eventually('the end of the other', () => underWay.size === 0);
  expect(seen).toEqual(['http GET /livez']);
});
