import mqtt, { type MqttClient } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { seededRandom } from '../../app/random.ts';
import { detectorTopic, MQTT_ROOT } from '../../contracts/mqtt-topics.ts';
import type { Role } from '../../contracts/roles.ts';
import { eventually } from '../support/eventually.ts';
import { RoleProcesses, type RoleServers } from '../support/role-processes.ts';

const VICTIMS: readonly Role[] = ['bridge', 'filter', 'floor-controller', 'watchdog', 'router', 'email', 'sms', 'lamp'];
const FIRES = 24;
const KILLS = 14;
const SILENCED = [3, 8, 13];
const DETECTORS = 20;
/** Floors on which the simulated detectors stand; the fires are above them. */
const FLOORS = 4;

/**
 * Each role as its own process, `kill -9`ed at random under load and started again at once: every acknowledged alarm opens its
 * valve, every silence is told on all three channels, nobody else is told of, and duplicates carry the same id.
 */
export function killSuite(name: string, servers: () => Promise<RoleServers>): void {
  describe(`roles killed at random on ${name}`, () => {
    test('nothing that was acknowledged is lost', { timeout: 240_000 }, async () => {
      const seed = `kill ${Date.now()}`;
      const random = seededRandom(seed);
      const site = await startRoles(await servers(), random.uuid().slice(0, 8));
      const publisher = await mqtt.connectAsync(site.servers.mqtt, { reconnectPeriod: 100 });
      onTestFinished(() => publisher.endAsync(true));
      const opened = await watchValves(publisher, site.site);

      // Acknowledged means that MQTT's PUBACK came: only then does smokewire owe anything.
      const fires = Array.from({ length: FIRES }, (_, i) => FLOORS + 1 + i);
      const acknowledged = new Set<number>();
      const alarm = async (floor: number) => {
        await publisher.publishAsync(detectorTopic(MQTT_ROOT, site.site, floor, 1_000 + floor, 'signal'), '1', {
          qos: 1,
        });
        acknowledged.add(floor);
      };
      const burning: Promise<void>[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        burning.push(...fires.slice((kill * FIRES) / KILLS, ((kill + 1) * FIRES) / KILLS).map(alarm));
        if (kill === 5) await Promise.all(SILENCED.map((id) => site.act(id, 'silence')));
        const victim = VICTIMS[Math.floor(random.next() * VICTIMS.length)];
        if (victim) await site.killAndRestart(victim);
      }
      await Promise.all(burning);
      expect(acknowledged.size).toBe(FIRES);

      await eventually(
        `every valve of ${FIRES} floors open (seed ${seed})`,
        () => [...acknowledged].every((floor) => opened.has(floor)),
        60_000,
      ).catch((error: unknown) => {
        throw new Error(`valves still closed: ${[...acknowledged].filter((floor) => !opened.has(floor))}`, {
          cause: error,
        });
      });

      const about = (id: number) => new RegExp(`\\bdetector ${id}\\b`);
      for (const id of SILENCED) {
        await eventually(
          `an e-mail about detector ${id}`,
          () => site.mails().some((mail) => about(id).test(mail.subject)),
          60_000,
        );
        await eventually(
          `an SMS about detector ${id}`,
          () => site.texts().some((text) => about(id).test(text)),
          60_000,
        );
        await eventually(
          `the lamp of detector ${id}`,
          async () => (await site.lamps()).some((lamp) => lamp.lamp === `detector/${id}` && lamp.on),
          60_000,
        );
      }

      const faults = site
        .mails()
        .flatMap(({ subject }) => (/\bdetector (\d+)\b.*silent/i.exec(subject) ?? []).slice(1));
      expect(new Set(faults), 'only those that are silent are called silent').toEqual(new Set(SILENCED.map(String)));
      const bySubject = group(site.mails(), (mail) => `${mail.to} ${mail.subject}`);
      for (const [subject, mails] of bySubject) {
        expect(new Set(mails.map((mail) => mail.id)).size, `ids of the mails "${subject}"`).toBe(1);
      }
    });
  });
}

function group<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

/** Floors whose valve has reported that it is open. */
async function watchValves(client: MqttClient, site: string): Promise<Set<number>> {
  const opened = new Set<number>();
  client.on('message', (topic, payload) => {
    const floor = Number(topic.split('/').at(-3));
    if (JSON.parse(payload.toString()).position === 'open') opened.add(floor);
  });
  await client.subscribeAsync(`${MQTT_ROOT}/${site}/+/valve/state`, { qos: 1 });
  return opened;
}

async function startRoles(servers: RoleServers, name: string): Promise<RoleProcesses> {
  const site = new RoleProcesses(servers, name, {
    SMOKEWIRE_DETECTORS: String(DETECTORS),
    SMOKEWIRE_FLOORS: String(FLOORS),
  });
  onTestFinished(() => site.stop());
  await site.start();
  // The valves of the floors above those of the detectors, too.
  const settingsOf = (role: Role) => (role === 'valves' ? { SMOKEWIRE_FLOORS: String(FLOORS + FIRES) } : {});
  // Two at a time: a machine with two cores starts them no faster together.
  const roles: Role[] = ['panel', ...VICTIMS, 'valves', 'canary', 'detectors'];
  for (let i = 0; i < roles.length; i += 2) {
    await Promise.all(roles.slice(i, i + 2).map((role) => site.run(role, [role], settingsOf(role))));
  }
  return site;
}
