import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { startSite } from '../../app/index.ts';
import { recordingLogger } from '../support/logger.ts';

const SECRET = '5b1d2c3e-secret';

/** Who listens outside of the site: what it heard, in its order. */
async function listener({ answers }: { answers: boolean }) {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(request.url ?? '');
    if (answers) response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('nobody listens');
  return { heard, url: `http://127.0.0.1:${address.port}/${SECRET}` };
}

test('the watchdog is heard outside while it judges, and says when it cannot', async () => {
  const { heard, url } = await listener({ answers: true });
  const logger = recordingLogger();
  const site = await startSite({ clock: 'virtual', detectors: 4, pulseUrl: url, logger });
  onTestFinished(() => site.stop());
  await site.clock.advance('35s');
  expect(heard).toEqual(Array(3).fill(`/${SECRET}`));
  expect(site.view().watchdogs).toMatchObject([{ group: 'watchdog', at: '2026-01-01T00:00:30.000Z' }]);
  const fault = await site.chaos.begin('mqtt.pause', {});
  await site.clock.advance('10s');
  expect(heard.slice(3)).toEqual([`/${SECRET}/fail`]);
  await fault.heal();
  await site.clock.advance('20s');
  expect(heard.slice(4)).toEqual([`/${SECRET}`, `/${SECRET}`]);
  const shown = await (await fetch(`${site.addresses.api}/api/v1/site`)).text();
  const told = await site.story();
  expect([shown, told, JSON.stringify(logger.lines), JSON.stringify(site.events())].join()).not.toContain(SECRET);
});

test('who listens and never answers holds up nobody, and no time either', async () => {
  const { heard, url } = await listener({ answers: false });
  const site = await startSite({ clock: 'virtual', detectors: 4, pulseUrl: url });
  onTestFinished(() => site.stop());
  await site.clock.advance('10s');
  expect(heard).toEqual([`/${SECRET}`]);
  await site.detector(4).kill();
  await site.detector(4).is('silent', { within: '5s' });
});
