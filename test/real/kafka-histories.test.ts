import { afterEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { EmbeddedSubject } from '../conformance/kafka/histories/embedded.ts';
import { KilledProcess } from '../conformance/kafka/histories/killed-process.ts';
import { MUTANTS } from '../conformance/kafka/histories/mutants.ts';
import { historyOf } from '../conformance/kafka/histories/run.ts';
import { ApacheKafka } from './servers/kafka.ts';

const SEED = process.env['SMOKEWIRE_HISTORY'] ?? '1';
const FAILED = `SMOKEWIRE_HISTORY=${SEED}`;
/** Apache Kafka takes no shorter sessions than of six seconds. */
const PACE = { workMs: 10_000, sessionMs: 6_000, rebalanceMs: 3_000, patienceMs: 2_000, troubleMs: 3_000 };

describe('random clients see nothing that no Kafka may do', { timeout: 90_000 }, () => {
  test('on Apache Kafka', async () => {
    const faults = await historyOf(SEED, { address: inject('kafka'), pace: PACE, troubles: [] });
    expect(faults, FAILED).toEqual([]);
  });

  test('on Apache Kafka with an outage', async () => {
    const kafka = new ApacheKafka();
    await kafka.start();
    onTestFinished(() => kafka.stop());
    let outages = 0;
    const outage = async () => {
      if (outages++ === 0) await (await kafka.outage())();
    };
    const pace = { ...PACE, workMs: 15_000 };
    const faults = await historyOf(SEED, { address: kafka.address, pace, troubles: [outage] });
    expect(outages).toBeGreaterThan(0);
    expect(faults, FAILED).toEqual([]);
  });

  test('on the embedded broker, whose process is killed', async () => {
    const broker = new KilledProcess();
    onTestFinished(() => broker.stop());
    await broker.start();
    expect(await historyOf(SEED, broker), FAILED).toEqual([]);
  });
});

describe('random clients find out a broker that', () => {
  afterEach(() => void vi.restoreAllMocks());

  test.each(MUTANTS)('$name', async ({ breaks, fault }) => {
    breaks();
    const subject = await EmbeddedSubject.start(SEED);
    onTestFinished(() => subject.stop());
    const faults = await historyOf(SEED, { ...subject, address: subject.address, troubles: [] });
    expect(faults.join('\n')).toMatch(fault);
  });
});
