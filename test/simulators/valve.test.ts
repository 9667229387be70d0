import { expect, it } from 'vitest';
import { idOf } from '../../contracts/ids.ts';
import type { ValvePosition, ValveStatePayload } from '../../contracts/mqtt-payloads.ts';
import { Valve } from '../../simulators/valve.ts';
import { ManualClock } from '../support/manual-clock.ts';

function rig() {
  const clock = new ManualClock();
  const start = clock.now();
  const reports: (ValveStatePayload & { at: number })[] = [];
  const valve = new Valve('valve 1', clock, 1_000, (state) => reports.push({ ...state, at: clock.now() - start }));
  const command = (name: string, position: ValvePosition) =>
    valve.take({ id: idOf(name), position, by: 'operator/test', expires: '2026-01-01T00:00:00Z' });
  return { clock, valve, reports, command };
}

it('takes its time, and reports with the command that it answers when it has arrived', () => {
  const { clock, valve, reports, command } = rig();
  command('a', 'open');
  clock.advance(999);
  expect(reports).toEqual([]);
  expect(valve.state).toEqual({ position: 'closed', commandId: null });
  clock.advance(1);
  expect(reports).toEqual([{ position: 'open', commandId: idOf('a'), at: 1_000 }]);
  command('b', 'closed');
  clock.advance(5_000);
  expect(reports.at(-1)).toEqual({ position: 'closed', commandId: idOf('b'), at: 2_000 });
  expect(clock.pending()).toEqual([]);
});

it('answers at once when it stands there already', () => {
  const { reports, command } = rig();
  command('a', 'closed');
  expect(reports).toEqual([{ position: 'closed', commandId: idOf('a'), at: 0 }]);
});

it('answers a repeated command with its state, and does not move, though others came between', () => {
  const { clock, reports, command } = rig();
  command('a', 'open');
  command('a', 'open');
  clock.advance(1_000);
  command('a', 'open');
  expect(reports.map(({ at }) => at)).toEqual([1_000, 1_000]);
  command('b', 'closed');
  clock.advance(1_000);
  command('a', 'open');
  clock.advance(5_000);
  expect(reports.slice(2)).toEqual([
    { position: 'closed', commandId: idOf('b'), at: 2_000 },
    { position: 'closed', commandId: idOf('b'), at: 2_000 },
  ]);
});

it('turns round in mid-movement: the way back is as long as the way that it came', () => {
  const { clock, reports, command } = rig();
  command('a', 'open');
  clock.advance(400);
  command('b', 'closed');
  clock.advance(400);
  expect(reports).toEqual([{ position: 'closed', commandId: idOf('b'), at: 800 }]);
  clock.advance(5_000);
  expect(reports).toHaveLength(1);
});

it('answers the newest command when several want the same', () => {
  const { clock, reports, command } = rig();
  command('a', 'open');
  clock.advance(300);
  command('b', 'open');
  clock.advance(5_000);
  expect(reports).toEqual([{ position: 'open', commandId: idOf('b'), at: 1_000 }]);
});

it('sticks: neither moves nor reports, until it is freed and told again', () => {
  const { clock, valve, reports, command } = rig();
  command('a', 'open');
  clock.advance(250);
  valve.stick();
  expect(clock.pending()).toEqual([]);
  command('b', 'open');
  clock.advance(5_000);
  expect(reports).toEqual([]);
  valve.unstick();
  clock.advance(5_000);
  expect(reports).toEqual([]);
  command('b', 'open');
  clock.advance(750);
  expect(reports).toEqual([{ position: 'open', commandId: idOf('b'), at: 11_000 }]);
});
