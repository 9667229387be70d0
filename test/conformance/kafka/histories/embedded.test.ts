import { afterEach, expect, test } from 'vitest';
import { EmbeddedSubject } from './embedded.ts';
import { historyOf } from './run.ts';

const { SMOKEWIRE_HISTORIES = '2', SMOKEWIRE_HISTORY } = process.env;
/** Seeds: `SMOKEWIRE_HISTORIES=200` tries so many, `SMOKEWIRE_HISTORY=17` repeats one. */
const SEEDS = SMOKEWIRE_HISTORY
  ? [SMOKEWIRE_HISTORY]
  : Array.from({ length: Number(SMOKEWIRE_HISTORIES) }, (_, i) => `${i + 1}`);

let subject: EmbeddedSubject | undefined;
afterEach(() => subject?.stop());

test.each(SEEDS)('random clients see nothing that no Kafka may do (SMOKEWIRE_HISTORY=%s)', async (seed) => {
  subject = await EmbeddedSubject.start(seed);
  const faults = await historyOf(seed, subject);
  expect(faults, `SMOKEWIRE_HISTORY=${seed}`).toEqual([]);
  expect(subject.logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
});
