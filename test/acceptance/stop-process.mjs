// Starts and stops sites in a process of its own, from the built program, and then has to end by itself: what is left running
// keeps it alive. Arguments: the name of a story, and what it needs. Says on stdout that it is done; then, where it does not
// end, what is left.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const load = (path) => import(pathToFileURL(resolve('dist', path)).href);
const { startSite } = await load('app/index.js');
const [story = '', argument] = process.argv.slice(2);
const BRISK = { detectors: 8, heartbeat: '200ms' };
/** From here on a process has to have ended by itself, in milliseconds. */
const PATIENCE_MS = 500;

const STORIES = {
  async 'once and for all'() {
    const site = await startSite(BRISK);
    await site.stop();
  },

  async twice() {
    const site = await startSite(BRISK);
    await Promise.all([site.stop(), site.stop()]);
    await site.stop();
  },

  async 'in the middle of it all'() {
    const site = await startSite({ ...BRISK, passive: 2 });
    const events = await fetch(`${site.addresses.api}/api/v1/events`);
    await Promise.all([site.detector(7).trip(), site.detector(8).kill(), site.detector(2).silence()]);
    await site.valve(3).opened();
    site.parts.embedded.smtp?.behave(() => ({ do: 'hang', at: 'DATA' }));
    await site.detector(1).trip();
    await site.stop();
    await events.body?.cancel().catch(() => {});
  },

  async 'two, side by side'() {
    const sites = await Promise.all([startSite(BRISK), startSite(BRISK)]);
    const [one, other] = sites;
    await Promise.all([one.detector(7).trip(), other.detector(6).trip()]);
    await Promise.all([one.valve(3).opened(), other.valve(2).opened()]);
    if (one.valve(2).position !== 'closed' || other.valve(3).position !== 'closed')
      throw new Error('they hear each other');
    await one.stop();
    await other.detector(1).trip();
    await other.valve(1).opened();
    await other.stop();
  },

  async 'a port that is taken'() {
    await refused('PORT_IN_USE', { port: Number(argument) });
    await refused('PORT_IN_USE', { kafkaPort: Number(argument) });
  },

  async 'an MQTT broker that is not there'() {
    await refused('MQTT_UNREACHABLE', { mqtt: 'mqtt://127.0.0.1:9' });
  },

  async 'a wait in vain'() {
    const site = await startSite(BRISK);
    const wait = site.valve(3).opened({ within: 50 });
    await wait.then(
      () => Promise.reject(new Error('the valve has opened by itself')),
      (error) => is('WAIT_TIMEOUT', error),
    );
    await site.stop();
  },

  /** The site is stopped at a moment that only the process knows, as the command does it. */
  async 'during its start'() {
    const { SiteProcess } = await load('app/site-process.js');
    const { parseConfig } = await load('contracts/config.js');
    const { ROLES } = await load('contracts/roles.js');
    const { realClock: clock } = await load('app/clock.js');
    const { seededRandom } = await load('app/random.js');
    const { silentLogger: logger } = await load('app/logger.js');
    const config = parseConfig({ ...BRISK, port: 0, mqttPort: 0, kafkaPort: 0, smtpPort: 0 });
    const parts = { config, roles: ROLES, embed: true, clock, wireClock: clock, random: seededRandom('stop'), logger };
    for (let afterMs = 0; afterMs <= 400; afterMs += 40) {
      const site = new SiteProcess(parts);
      const start = site.start().catch((error) => is('STOPPED', error));
      await new Promise((later) => setTimeout(later, afterMs));
      await site.stop();
      await start;
    }
  },
};

async function refused(code, options) {
  await startSite({ ...BRISK, ...options }).then(
    () => Promise.reject(new Error('the site has started')),
    (error) => is(code, error),
  );
}

function is(code, error) {
  if (error.code !== code) throw error;
}

await STORIES[story]();
const timers = process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout');
process.stdout.write(`done, with ${timers.length} timers left\n`);
setTimeout(() => {
  process.stdout.write(`${process.getActiveResourcesInfo().join(' ')}\n`);
  process.exit(1);
}, PATIENCE_MS).unref();
