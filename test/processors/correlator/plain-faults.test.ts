import { expect, test } from 'vitest';
import type { Verdict } from '../../../contracts/events.ts';
import { idOf } from '../../../contracts/ids.ts';
import { Desk } from './desk.ts';

/** What one watchdog process says of the pipeline: `outage` counts its incidents. */
function pipeline(desk: Desk, at: number, change: Verdict['change'], group: string, outage: string): void {
  desk.verdict(at, change, 0, {
    subject: 'pipeline',
    cause: 'pipeline',
    incident: idOf('incident', 'pipeline', group, outage),
    group,
    floor: null,
    bridge: null,
    heartbeatMs: null,
    windowMs: null,
  });
}

test('the pipeline is told of at once, and once however many watchdogs find it out', () => {
  const desk = new Desk();
  pipeline(desk, 0, 'opened', 'watchdog', 'first');
  pipeline(desk, 100, 'opened', 'watchdog-b', 'first');
  expect(desk.headlines()).toEqual(['opened pipeline']);
  pipeline(desk, 60_000, 'closed', 'watchdog-b', 'first');
  pipeline(desk, 60_100, 'closed', 'watchdog', 'first');
  expect(desk.headlines()).toEqual(['opened pipeline', 'closed pipeline']);
  expect(desk.told[1]?.incident).toBe(desk.told[0]?.incident);
});

test('it is over when every process of one watchdog hears it again', () => {
  const desk = new Desk();
  for (const outage of ['of one', 'of another']) pipeline(desk, 0, 'opened', 'watchdog', outage);
  pipeline(desk, 60_000, 'closed', 'watchdog', 'of one');
  expect(desk.headlines()).toEqual(['opened pipeline']);
  pipeline(desk, 60_100, 'closed', 'watchdog', 'of another');
  expect(desk.headlines()).toEqual(['opened pipeline', 'closed pipeline']);
});

test('what is over is not opened again by who says it late', () => {
  const desk = new Desk();
  pipeline(desk, 0, 'opened', 'watchdog', 'first');
  pipeline(desk, 60_000, 'closed', 'watchdog', 'first');
  desk.restart();
  pipeline(desk, 61_000, 'opened', 'watchdog', 'first');
  expect(desk.headlines()).toEqual(['opened pipeline', 'closed pipeline']);
  pipeline(desk, 90_000, 'opened', 'watchdog', 'second');
  expect(desk.headlines()).toHaveLength(3);
});

test('what else is wrong with a detector is told at once, whatever is lost', () => {
  const desk = new Desk();
  desk.verdict(0, 'opened', 1);
  desk.verdict(10, 'opened', 1, { cause: 'duplicate-id', incident: idOf('incident', 'duplicate', 1) });
  expect(desk.told).toMatchObject([{ subject: 'detector/1', floor: 1, detectors: [1] }]);
});
