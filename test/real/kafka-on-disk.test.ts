import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { realClock } from '../../app/clock.ts';
import { seededRandom } from '../../app/random.ts';
import { KafkaBroker } from '../../brokers/kafka/index.ts';
import { kafkaConformance } from '../conformance/kafka/suite.ts';
import { recordingLogger } from '../support/logger.ts';

const data = mkdtempSync(join(tmpdir(), 'smokewire-conformance-'));
const logger = recordingLogger();
const random = seededRandom('conformance on disk');
const broker = new KafkaBroker({ clock: realClock, random, logger, data });
afterAll(async () => {
  await broker.stop();
  // Everything that the suite left can be read again.
  const again = new KafkaBroker({ clock: realClock, random, logger, data });
  await again.start();
  await again.stop();
  rmSync(data, { recursive: true });
  expect(logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
});

kafkaConformance('the embedded broker with its data on disk', async () => {
  await broker.start();
  return [broker.address];
});
