import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Partition, WINDOWS } from './partition.ts';

const END = 150_000;
const BRIDGES = ['a', 'b', 'c'] as const;
const WINDOW = WINDOWS.misses * 1_000 + WINDOWS.graceMs;

const span = fc.tuple(fc.integer({ min: 0, max: END - 60_000 }), fc.integer({ min: 500, max: 50_000 }));

test('however bridges come and go, nobody is silent within its window, and the dead are found', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(span, { maxLength: 3 }), { minLength: 3, maxLength: 3 }),
      // How far each bridge's clock is off.
      fc.array(fc.integer({ min: -3_600_000, max: 3_600_000 }), { minLength: 3, maxLength: 3 }),
      fc.array(
        fc.record({
          diesAt: fc.integer({ min: 0, max: 2 * END }),
          moves: fc.array(fc.nat(2), { minLength: 1, maxLength: 6 }),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      (outages, skews, detectors) => {
        const partition = new Partition();
        partition.restart();
        for (const [i] of detectors.entries()) partition.announce(i + 1, 1_000, -3_600_000);
        const up = (bridge: number, at: number) =>
          !(outages[bridge] ?? []).some(([from, ms]) => at >= from && at < from + ms);
        const heardAt = new Map<number, number>();
        for (let at = 0; at < END; at += 1_000) {
          for (const [i, { diesAt, moves }] of detectors.entries()) {
            const bridge = moves[Math.floor(at / 20_000) % moves.length] ?? 0;
            if (at >= diesAt || !up(bridge, at)) continue;
            partition.signal(i + 1, at + (skews[bridge] ?? 0), 0, BRIDGES[bridge]);
            heardAt.set(i + 1, at);
          }
          for (const [bridge, name] of BRIDGES.entries()) {
            if (!up(bridge, at + 500)) continue;
            partition.canary(at + 500 + (skews[bridge] ?? 0), name);
          }
          const before = partition.told.length;
          partition.read();
          for (const { subject, change } of partition.told.slice(before)) {
            const id = Number(subject.split('/')[1]);
            if (subject === 'pipeline' || change === 'closed') continue;
            expect(at + 500 - (heardAt.get(id) ?? 0)).toBeGreaterThan(WINDOW);
          }
        }
        for (const [i, { diesAt }] of detectors.entries()) {
          if (diesAt < END - 60_000) expect(partition.stateOf(i + 1)).toBe('silent');
          else if (heardAt.get(i + 1) === END - 1_000) expect(partition.stateOf(i + 1)).toBe('ok');
        }
      },
    ),
    { numRuns: 150 },
  );
});
