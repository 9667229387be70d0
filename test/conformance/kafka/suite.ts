import { afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { administrationTests } from './administration.ts';
import { groupTests } from './groups.ts';
import { Harness } from './harness.ts';
import { membershipTests } from './membership.ts';
import { produceTests } from './produce.ts';
import { readingTests } from './reading.ts';
import { recordTests } from './records.ts';
import { refusalTests } from './refusals.ts';
import { topicTests } from './topics.ts';
import { transactionTests } from './transactions.ts';
import { versionTests } from './versions.ts';

/**
 * What every Kafka broker of ours has to do, seen by an unmodified kafkajs. `brokers` answers with addresses
 * (`host:port`) of a running one; topics and groups have names of their own, so it may be in use by others.
 */
export function kafkaConformance(name: string, brokers: () => Promise<string[]>): void {
  describe(`${name} as a Kafka broker`, { timeout: 30_000 }, () => {
    let addresses: string[] = [];
    let harness = new Harness(['localhost:0']);

    beforeAll(async () => {
      addresses = await brokers();
    });
    beforeEach(() => {
      harness = new Harness(addresses);
    });
    afterEach(() => harness.end());

    versionTests(() => harness);
    administrationTests(() => harness);
    produceTests(() => harness);
    readingTests(() => harness);
    topicTests(() => harness);
    recordTests(() => harness);
    groupTests(() => harness);
    membershipTests(() => harness);
    transactionTests(() => harness);
    refusalTests(() => harness);
  });
}
