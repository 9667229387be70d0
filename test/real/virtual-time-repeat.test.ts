import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { type SiteEvent, startSite } from '../../app/index.ts';

/** `npm run test:repeat` asks for more. */
const RUNS = Number(process.env['SMOKEWIRE_REPEAT'] ?? 10);

/**
 * A rich story without chaos, which has its own (test/app/kit/chaos): every event in its order for each subject, since what
 * happens at one instant to several of them happens at the same time; and what was sent, one after the other.
 */
async function story(seed: string): Promise<string> {
  const site = await startSite({
    clock: 'virtual',
    seed,
    detectors: 12,
    floors: 3,
    passive: 3,
    heartbeat: ['1s', '5s', '700ms'],
    retryDelaysMs: [1_000, 2_000, 3_000, 4_000],
  });
  try {
    const events: SiteEvent[] = [];
    site.onEvent((event) => void events.push(event));
    const all = (ids: number[], act: 'trip' | 'clear' | 'kill' | 'silence' | 'revive') =>
      Promise.all(ids.map((id) => site.detector(id)[act]()));
    await all([1, 2, 3, 4], 'trip');
    await site.clock.advance('3s');
    site.parts.embedded.smtp?.behave(({ number }) =>
      number % 3 === 0 ? { do: 'accept' } : { do: 'refuse', at: 'RCPT', code: 451 },
    );
    await all([5, 6, 7], 'kill');
    const told = site.inbox.email({ about: site.detector(8), within: '60s' });
    await all([8, 9], 'silence');
    await told;
    await site.detector(10).trip();
    await all([5, 6, 7, 8, 9], 'revive');
    await Promise.all([
      site.valve(1).close(),
      site.detector(1).clear(),
      site.detector(4).clear(),
      site.valve(1).closed(),
    ]);
    await site.clock.advance('5s');
    await all([10], 'clear');
    await site.clock.advance('3s');
    await site.floor(1).reset();
    site.valve(2).stick();
    await site.valve(2).close();
    await all([11], 'silence');
    await all([12], 'kill');
    await site.detector(12).is('silent', { within: '60s' });
    await site.clock.advance('5s');
    const mails = site.inbox.emails().map(({ id, receivedAt, subject }) => ({ id, receivedAt, subject }));
    const sms = site.inbox.smss().map(({ id, receivedAt, text }) => ({ id, receivedAt, text }));
    const ordered = events.toSorted((a, b) => (a.subject < b.subject ? -1 : Number(a.subject > b.subject)));
    return [...ordered, ...mails, ...sms].map((one) => JSON.stringify(one)).join('\n');
  } finally {
    await site.stop();
  }
}

/** Threads that do nothing but take the processor away. */
function busyWorkers(count: number): void {
  const workers = Array.from({ length: count }, () => new Worker('for (;;);', { eval: true }));
  onTestFinished(async () => void (await Promise.all(workers.map((worker) => worker.terminate()))));
}

test('the same seed gives the same story, to the byte', { timeout: RUNS * 15_000 }, async () => {
  const first = await story('a');
  expect(first.split('\n').length, 'much happens').toBeGreaterThan(80);
  for (let run = 2; run <= RUNS; run++) {
    // Half of them on a machine that has other things to do.
    if (run === Math.ceil(RUNS / 2)) busyWorkers(2);
    expect(await story('a'), `run ${run}`).toBe(first);
  }
});

test('another seed gives another story', { timeout: 30_000 }, async () => {
  expect(await story('a')).not.toBe(await story('b'));
});
