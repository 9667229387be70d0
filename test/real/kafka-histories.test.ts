import { afterEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { EmbeddedSubject } from '../conformance/kafka/histories/embedded.ts';
import { MUTANTS } from '../conformance/kafka/histories/mutants.ts';
import { historyOf } from '../conformance/kafka/histories/run.ts';
import { ApacheKafka } from './servers/kafka.ts';

/** Apache Kafka takes no shorter sessions than of six seconds. */
const PACE = { workMs: 15_000, sessionMs: 6_000, rebalanceMs: 3_000, patienceMs: 2_000, troubleMs: 3_000 };

describe('random clients see nothing that no Kafka may do', { timeout: 90_000 }, () => {
  test('on Apache Kafka', async () => {
    const seed = 'apache';
    const faults = await historyOf(seed, { address: inject('kafka'), pace: PACE, troubles: [] });
    expect(faults, seed).toEqual([]);
  });

  test('on Apache Kafka with outages', async () => {
    const seed = 'outages';
    const kafka = new ApacheKafka();
    await kafka.start();
    onTestFinished(() => kafka.stop());
    const outage = async () => (await kafka.outage())();
    const faults = await historyOf(seed, { address: kafka.address, pace: PACE, troubles: [outage] });
    expect(faults, seed).toEqual([]);
  });
});

describe('random clients find out a broker that', () => {
  afterEach(() => void vi.restoreAllMocks());

  test.each(MUTANTS)('$name', async ({ breaks, fault }) => {
    breaks();
    const subject = await EmbeddedSubject.start('mutant');
    onTestFinished(() => subject.stop());
    const faults = await historyOf('mutant', { ...subject, address: subject.address, troubles: [] });
    expect(faults.join('\n')).toMatch(fault);
  });
});
