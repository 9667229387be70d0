import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PartitionLog } from '../../../brokers/kafka/log.ts';
import { Storage } from '../../../brokers/kafka/storage/storage.ts';
import { TopicConfig } from '../../../brokers/kafka/topic-config.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { batchOf } from './wire.ts';

const TOPIC = 'a'.repeat(32);
/** Small segments, so that a short story has many of them. Without retention, whose grain they are: a restart begins one. */
const CONFIG = new TopicConfig(new Map([['segment.bytes', '2000']]), {
  retentionBytes: -1,
  maxMessageBytes: 1_000_000,
});

type Step =
  | { readonly act: 'append'; readonly size: number; readonly producer: number }
  | { readonly act: 'read'; readonly part: number; readonly maxBytes: number }
  | { readonly act: 'delete'; readonly part: number }
  | { readonly act: 'end'; readonly producer: number; readonly committed: boolean }
  | { readonly act: 'restart'; readonly killed: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      act: fc.constant('append' as const),
      size: fc.nat(1500),
      producer: fc.integer({ min: -1, max: 2 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('read' as const), part: fc.nat(100), maxBytes: fc.nat(5000) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('delete' as const), part: fc.nat(100) }) },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('end' as const), producer: fc.nat(2), committed: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('restart' as const), killed: fc.boolean() }) },
);

test('a log on disk answers as one in memory, however often it is started again', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 80 }), async (steps) => {
      const folders = [newFolder()];
      const clock = new ManualClock();
      const memory = new PartitionLog(clock, () => CONFIG);
      let storage = await opened(folders[0] ?? '', clock);
      let disk = new PartitionLog(clock, () => CONFIG, storage.log(TOPIC, 0));
      const sequences = new Map<number, number>();
      try {
        for (const taken of steps) {
          if (taken.act === 'restart') {
            const left = folders.at(-1) ?? '';
            // What a kill leaves are the files as they are just then.
            const next = taken.killed ? newFolder() : left;
            if (taken.killed) cpSync(left, next, { recursive: true });
            folders.push(next);
            await storage.close();
            storage = await opened(next, clock);
            disk = new PartitionLog(clock, () => CONFIG, storage.log(TOPIC, 0));
          } else {
            const [expected, seen] = [memory, disk].map((log) => take(log, taken, sequences));
            if (taken.act === 'append') sequences.set(taken.producer, (sequences.get(taken.producer) ?? 0) + 1);
            expect(seen).toEqual(expected);
          }
          expect(boundsOf(disk)).toEqual(boundsOf(memory));
        }
      } finally {
        await storage.close();
        for (const folder of folders) rmSync(folder, { recursive: true, force: true });
      }
    }),
    { numRuns: 60 },
  );
});

const newFolder = () => mkdtempSync(join(tmpdir(), 'smokewire-log-'));

async function opened(folder: string, clock: ManualClock): Promise<Storage> {
  const storage = new Storage({ folder, clock, logger: recordingLogger(), cacheBytes: 3_000 });
  await storage.open();
  return storage;
}

function boundsOf(log: PartitionLog) {
  const { startOffset, endOffset, stableOffset, openTransactions } = log;
  return { startOffset, endOffset, stableOffset, openTransactions };
}

function take(log: PartitionLog, taken: Exclude<Step, { act: 'restart' }>, sequences: Map<number, number>): unknown {
  const { startOffset, endOffset } = log;
  switch (taken.act) {
    case 'append': {
      const { size, producer } = taken;
      const value = 'x'.repeat(size);
      if (producer < 0) return log.append(batchOf([{ key: 'k', value }]));
      const stamp = { attributes: 0b10000, producerId: producer, epoch: 0, sequence: sequences.get(producer) ?? 0 };
      return log.append(batchOf([{ key: 'k', value }], stamp));
    }
    case 'read': {
      const offset = startOffset + Math.floor(((endOffset - startOffset) * taken.part) / 100);
      const slices = log.read(offset, taken.maxBytes, true);
      return {
        bytes: Buffer.concat(slices).toString('latin1'),
        aborted: log.aborted(offset, slices),
        byTime: log.offsetAt(1000),
      };
    }
    case 'delete':
      return log.deleteBefore(startOffset + Math.floor(((endOffset - startOffset) * taken.part) / 100));
    case 'end':
      return log.hasOpenTransaction(taken.producer)
        ? log.endTransaction({ producerId: taken.producer, epoch: 0, committed: taken.committed })
        : undefined;
  }
}
