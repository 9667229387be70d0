import { expect, onTestFinished, test } from 'vitest';
import { startSite } from '../../app/kit/vitest.ts';
import { BRISK } from '../acceptance/world.ts';
import { RunningCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';

test('two watchdogs tell once, and either of them is enough', { timeout: 120_000 }, async () => {
  const site = await startSite({ ...BRISK, allow: [{ notification: {} }] });
  const second = async () => {
    const command = new RunningCommand(['run', 'watchdog', '--json', '--port', '0'], {
      KAFKA_BROKERS: site.addresses.kafka.join(','),
      MQTT_URL: site.addresses.mqtt,
      SMOKEWIRE_WATCHDOG_GROUP: 'watchdog-b',
      SMOKEWIRE_MISSES: String(BRISK.misses),
      SMOKEWIRE_GRACE: String(BRISK.grace),
    });
    onTestFinished(() => command.kill());
    await command.event('site.ready');
    return command;
  };
  const titles = () => site.inbox.emails().map(({ subject }) => subject);
  const fault = (id: number) => `Fault: detector ${id} is silent, floor ${1 + ((id - 1) % 4)} (hq)`;
  const recovery = (id: number) => `Recovered: detector ${id}, floor ${1 + ((id - 1) % 4)} (hq)`;
  const told = (title: string) => eventually(title, () => titles().includes(title), 30_000);

  const other = await second();
  await site.detector(8).silence();
  await told(fault(8));

  await site.chaos.kill('watchdog');
  await site.detector(3).silence();
  await told(fault(3));
  await site.detector(8).revive();
  await told(recovery(8));

  await site.chaos.restart('watchdog');
  await other.kill();
  await site.detector(6).silence();
  await told(fault(6));
  await site.detector(3).revive();
  await told(recovery(3));
  expect(titles()).toEqual([fault(8), fault(3), recovery(8), fault(6), recovery(3)]);
});
