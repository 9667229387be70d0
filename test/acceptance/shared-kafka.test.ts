import { expect, test } from 'vitest';
import { embedded, happenedAt, siteIn } from './world.ts';

const GROUPS = ['bridge', 'correlator', 'email', 'filter', 'floor-controller', 'lamp', 'router', 'sms', 'watchdog'];

test('two sites on the same brokers, each with its own name and prefix, do not hear each other', async () => {
  // Only who signs in as a bridge may command valves at the host's MQTT broker.
  const both = { passive: 2, mqttUsername: 'bridge', mqttPassword: 'shared' };
  const host = await siteIn(embedded, both);
  const { mqtt, kafka } = host.addresses;
  const guest = await siteIn(embedded, { ...both, site: 'guest', topicPrefix: 'guest.', kafka, mqtt });
  const ofGuest = (await guest.groups()).map(({ group, members }) => `${group} ${members}`);
  expect(ofGuest.toSorted()).toEqual(GROUPS.map((role) => `${role} 1`));

  await host.detector(7).trip();
  await expect(host.valve(3)).toHaveOpened();
  await expect(host).toHaveNotified({ about: host.floor(3) });
  expect(host.inbox.emails().map(({ subject }) => subject)).toEqual(['FIRE: floor 3 (hq)']);
  // Passive ones, by the same ids: each is asked, and judged, by its own site alone.
  await guest.detector(8).silence();
  await expect(guest.detector(8)).toBeSilent();
  await expect(guest).toHaveNotified({ about: guest.detector(8) });
  expect(guest.inbox.emails().map(({ subject }) => subject)).toEqual([expect.stringContaining('(guest)')]);
  await expect(host.detector(8)).not.toBeSilent({ within: '10s' });
  await expect(guest.valve(3)).not.toHaveOpened();

  for (const site of [host, guest]) await expect(site).toHaveStayedQuiet();
  const alarms = ['alarm.', 'detector.silent'];
  expect(happenedAt(host, ...alarms)).toEqual(['alarm.raised floor/3']);
  expect(happenedAt(guest, ...alarms)).toEqual(['detector.silent detector/8']);
});
