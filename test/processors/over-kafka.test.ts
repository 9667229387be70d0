import { expect, onTestFinished, test } from 'vitest';
import { realClock } from '../../app/clock.ts';
import { eventRecord } from '../../contracts/cloud-events.ts';
import { detectorRegistered } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import type { InRecord } from '../../contracts/kafka-records.ts';
import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import { signalRecord } from '../../contracts/signals.ts';
import { correlatorDefinition } from '../../processors/correlator/correlator.ts';
import { filterDefinition } from '../../processors/filter.ts';
import { floorControllerDefinition } from '../../processors/floor-controller/floor-controller.ts';
import { routerDefinition } from '../../processors/router.ts';
import { watchdogDefinition } from '../../processors/watchdog/watchdog.ts';
import { canaryOf } from '../../transport/kafka/canary-ids.ts';
import { eventually } from '../support/eventually.ts';
import { embeddedSite } from '../transport/kafka/site.ts';

const PERIOD_MS = 50;

test('a fire opens its valve and a silence is mailed once, over Kafka, with a watchdog that is replaced meanwhile', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  const watchdog = watchdogDefinition({
    group: 'watchdog',
    site: 'hq',
    misses: 3,
    graceMs: 200,
    canaryPeriodMs: PERIOD_MS,
  });
  const router = routerDefinition({ site: 'hq', emailTo: ['ada@example.com'], smsTo: ['+15005550006'] });
  const correlator = correlatorDefinition({ site: 'hq', canaryPeriodMs: PERIOD_MS });
  for (const definition of [filterDefinition(), floorControllerDefinition(), correlator, router]) {
    await site.started(site.runner(definition));
  }
  const first = await site.started(site.runner(watchdog));
  const commands = await site.records('valve-commands');
  const mails = await site.records('emails');
  const states = await site.records('detector-states');
  const titles = () => mails.map(dataOf).map(({ title }) => title);
  const stateOf = (id: number) => states.map(dataOf).findLast((state) => state['id'] === id)?.['state'];

  const signal = (detector: number, value: 0 | 1) =>
    signalRecord({
      detector,
      floor: detector < 0 ? 0 : 3,
      value,
      bridge: 'b',
      receivedAt: realClock.now(),
      site: 'hq',
    });
  const beating = new Set([8]);
  const canaries = Array.from({ length: PARTITIONS }, (_, partition) => canaryOf(partition));
  const beats = realClock.every('beats', PERIOD_MS, () => {
    void producer.send([...beating, ...canaries].map((id) => signal(id, 0)));
  });
  onTestFinished(() => beats.cancel());
  await producer.send([
    eventRecord(detectorRegistered, {
      id: idOf('test', 8),
      source: 'test',
      time: realClock.now(),
      data: { id: 8, floor: 3, mode: 'active', heartbeatMs: PERIOD_MS, kind: 'smoke', label: '' },
    }),
  ]);
  await eventually('detector 8 is heard', () => stateOf(8) === 'ok');
  await eventually('the pipeline is heard', () => canaries.every((id) => stateOf(id) === 'ok'));

  await producer.send([signal(412, 1)]);
  await eventually('valve 3 is commanded', () => commands.length > 0);
  expect(dataOf(commands[0])).toMatchObject({ floor: 3, position: 'open' });
  await eventually('the fire is mailed', () => titles().includes('FIRE: floor 3 (hq)'));

  beating.delete(8);
  await eventually('the silence is mailed', () => titles().includes('Fault: detector 8 is silent, floor 3 (hq)'));
  await first.stop();
  await site.started(site.runner(watchdog));
  beating.add(8);
  await eventually('the recovery is mailed', () => titles().includes('Recovered: detector 8, floor 3 (hq)'));
  expect(titles().filter((title) => String(title).includes('detector'))).toEqual([
    'Fault: detector 8 is silent, floor 3 (hq)',
    'Recovered: detector 8, floor 3 (hq)',
  ]);
}, 30_000);

function dataOf(record: InRecord | undefined): Record<string, unknown> {
  return JSON.parse(record?.value?.toString() ?? '{}');
}
