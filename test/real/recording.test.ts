import { randomUUID } from 'node:crypto';
import { expect, inject, onTestFinished, test } from 'vitest';
import { replay, startSite } from '../../app/index.ts';
import { BRISK } from '../acceptance/world.ts';

test('a site on Apache Kafka is recorded, and told the same again', async () => {
  const site = await startSite({ ...BRISK, topicPrefix: `${randomUUID().slice(0, 8)}.`, kafka: [inject('kafka')] });
  onTestFinished(() => site.stop());
  // What is told while it begins is recorded too: with all that the processors know by then.
  await site.detector(3).trip();
  await site.valve(3).opened();
  const recording = await site.record();
  await site.detector(8).kill();
  await site.detector(7).trip();
  await site.detector(8).is('silent');
  await site.inbox.email({ about: site.detector(8) });
  const run = await recording.stop();
  expect(run.complete).toBe(true);
  const { differences, recorded } = await replay(run);
  expect(differences).toEqual([]);
  // Detector 7 joined the fire, and 8 fell silent.
  expect(recorded).toBeGreaterThanOrEqual(2);
});
