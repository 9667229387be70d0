import { expect, test } from 'vitest';
import { TopicReader } from '../../../transport/kafka/reader.ts';
import { eventually, within } from '../../support/eventually.ts';
import { embeddedSite, noSockets, signal, valuesOf } from './site.ts';

test('an outage is survived: the reader goes on after what it has given', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  const records = await site.records('signals');
  await producer.send([signal('1', 'before')]);
  await eventually('it is read', () => records.length === 1);
  await site.broker.stop();
  await site.broker.start();
  await producer.send([signal('1', 'after')]);
  await eventually('it is read', () => records.length === 2);
  expect(valuesOf(records)).toEqual(['before', 'after']);
});

test('it says when it is caught up, and what is missing while it is not', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  await producer.send([...Array(2_000).keys()].map((i) => signal(String(i), 'x'.repeat(2_000))));
  let count = 0;
  const reader = new TopicReader({
    client: site.client,
    name: 'panel',
    topics: new Map([['signals', 'beginning']]),
    onRecord: () => void count++,
  });
  expect(reader.missing()).toEqual(['panel: not connected to Kafka']);
  await site.started(reader);
  expect(reader.missing()).toEqual(['panel: still reading what was there at the start']);
  await within('it is caught up', reader.caughtUp);
  expect(count).toBe(2_000);
  expect(reader.missing()).toEqual([]);
  await site.broker.stop();
  await eventually('it says so', () => reader.missing().includes('panel: not connected to Kafka'));
});

test('a record on which its owner fails does not end the reading', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  const read: string[] = [];
  await site.follow('signals', 'beginning', ({ value }) => {
    if (value?.toString() === 'bad') throw new Error('a defect');
    read.push(String(value));
  });
  await producer.send([signal('1', 'bad'), signal('1', 'good')]);
  await eventually('the next one is read', () => read.length === 1);
  expect(site.logger.lines.find(({ level }) => level === 'error')).toMatchObject({
    fields: { part: 'test reader', topic: 'signals', offset: 0 },
  });
});

test('records that Kafka has thrown away are passed over', async () => {
  const site = await embeddedSite();
  const producer = await site.producer();
  await producer.send([{ ...signal('1', 'there'), partition: 0 }]);
  const read: string[] = [];
  const far = new Map([[0, 1_000]]);
  const reader = new TopicReader({
    client: site.client,
    name: 'tail',
    topics: new Map([['signals', far]]),
    onRecord: ({ value }) => void read.push(String(value)),
  });
  await site.started(reader);
  await eventually('it reads from the beginning', () => read.includes('there'));
  expect(site.logger.lines.some(({ level, message }) => level === 'warn' && message.includes('gone'))).toBe(true);
});

test('stopped at any moment, it leaves nothing', async () => {
  const site = await embeddedSite();
  const options = {
    client: site.client,
    name: 'tail',
    topics: new Map([['signals', 'end' as const]]),
    onRecord: () => {},
  };
  const early = new TopicReader(options);
  const started = expect(early.start()).rejects.toMatchObject({ code: 'STOPPED' });
  await early.stop();
  await within('the start ends', started, 1_000);
  await expect(early.caughtUp).rejects.toMatchObject({ code: 'STOPPED' });
  const late = new TopicReader(options);
  await late.start();
  const before = performance.now();
  await late.stop();
  expect(performance.now() - before).toBeLessThan(300);
  await late.stop();
  await site.broker.stop();
  await noSockets();
});
