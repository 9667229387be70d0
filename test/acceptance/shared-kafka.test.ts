import { expect, test } from 'vitest';
import { embedded, eventsOf, siteIn } from './world.ts';

const GROUPS = ['bridge', 'email', 'filter', 'floor-controller', 'lamp', 'router', 'sms', 'watchdog'];

test('two sites on the same brokers, each with its own name and prefix, do not hear each other', async () => {
  // Only who signs in as a bridge may command valves at the host's MQTT broker.
  const both = { passive: 2, mqttUsername: 'bridge', mqttPassword: 'shared' };
  const host = await siteIn(embedded, both);
  const { mqtt, kafka } = host.addresses;
  const guest = await siteIn(embedded, { ...both, site: 'guest', topicPrefix: 'guest.', kafka, mqtt });
  const heard = { host: eventsOf(host), guest: eventsOf(guest) };
  const ofGuest = (await guest.groups()).map(({ group, members }) => `${group} ${members}`);
  expect(ofGuest.toSorted()).toEqual(GROUPS.map((role) => `${role} 1`));

  await host.detector(7).trip();
  await host.valve(3).opened();
  await host.inbox.email({ about: host.floor(3) });
  // Passive ones, by the same ids: each is asked, and judged, by its own site alone.
  await guest.detector(8).silence();
  await guest.detector(8).is('silent');
  const mail = await guest.inbox.email({ about: guest.detector(8) });
  expect(mail.subject).toContain('(guest)');
  expect(host.detector(8).state).toBe('ok');
  expect(guest.valve(3).position).toBe('closed');

  // The sentinels: each hears of its own other floor after all that.
  await guest.detector(6).trip();
  await guest.valve(2).opened();
  await host.detector(1).trip();
  await host.inbox.email({ about: host.floor(1) });
  const alarms = (events: typeof heard.host) =>
    events.filter(({ type }) => type.startsWith('alarm.') || type === 'detector.silent').map(({ subject }) => subject);
  expect(alarms(heard.host)).toEqual(['floor/3', 'floor/1']);
  expect(alarms(heard.guest)).toEqual(['detector/8', 'floor/2']);
  expect(host.inbox.emails().every((received) => received.subject.includes('(hq)'))).toBe(true);
});
