import { describe, expect, test } from 'vitest';
import { Partition, T0 } from './partition.ts';

/** Detector 8 signals every `everyS` seconds from `from` to `to`, the canary sings each second, and the watchdog dies in second `dies`. */
function live(partition: Partition, from: number, to: number, everyS: number, dies?: number): void {
  for (let s = from; s < to; s++) {
    if ((s - from) % everyS === 0) partition.signal(8, s * 1_000 + 100);
    partition.canary(s * 1_000 + 500);
    partition.read();
    if (s === dies) partition.restart();
  }
}

/** The second in which it is told as silent, where nothing comes from it from `from` on. */
function toldAt(partition: Partition, from: number, dies?: number): number | undefined {
  for (let s = from; s < from + 60; s++) {
    partition.canary(s * 1_000 + 500);
    partition.read();
    if (partition.told.length > 0) return s;
    if (s === dies) partition.restart();
  }
  return undefined;
}

function begin(heartbeatMs: number): Partition {
  const partition = new Partition();
  partition.restart();
  partition.announce(8, heartbeatMs, 0);
  return partition;
}

/** No restart, and one in each second around the change at 20 s. */
const RESTARTS = [undefined, 18, 19, 20, 21, 22, 25, 30, 31] as const;

describe('a heartbeat that changes while the watchdog runs, or dies', () => {
  test('from 1 s to 10 s makes nobody silent, and is the one by which a death is found', () => {
    for (const dies of RESTARTS) {
      const partition = begin(1_000);
      live(partition, 1, 20, 1, dies);
      partition.announce(8, 10_000, 20_050);
      live(partition, 20, 60, 10, dies);
      expect(partition.headlines()).toEqual([]);
      // Last heard in second 50, with a window of 31 s.
      expect(toldAt(partition, 60, dies)).toBe(81);
    }
  });

  test('from 10 s to 1 s makes nobody silent, and is the one by which a death is found', () => {
    for (const dies of RESTARTS) {
      const partition = begin(10_000);
      live(partition, 1, 20, 10, dies);
      partition.announce(8, 1_000, 20_050);
      live(partition, 20, 40, 1, dies);
      expect(partition.headlines()).toEqual([]);
      expect(toldAt(partition, 40, dies)).toBe(43);
    }
  });

  test('from 10 s to 1 s counts from the signal that comes with it, although it stands in the calendar for later', () => {
    const partition = begin(10_000);
    live(partition, 1, 11, 10);
    partition.announce(8, 1_000, 11_050);
    partition.signal(8, 11_100);
    partition.read();
    expect(toldAt(partition, 11)).toBe(15);
  });

  test('to and fro, with the registry ahead of the log, makes nobody silent', () => {
    for (const dies of RESTARTS) {
      const partition = begin(1_000);
      live(partition, 1, 20, 1);
      partition.announce(8, 10_000, 20_050);
      partition.announce(8, 1_000, 50_050);
      if (dies === undefined) live(partition, 20, 50, 10);
      else {
        // Its successor knows no more than that the heartbeat is the one that it always was.
        live(partition, 20, 50, 1, dies);
      }
      live(partition, 50, 70, 1);
      expect(partition.headlines()).toEqual([]);
      expect(toldAt(partition, 70)).toBe(73);
    }
  });

  test('of one that is silent does not hide that, and its next signal ends it', () => {
    for (const dies of RESTARTS) {
      const partition = begin(1_000);
      live(partition, 1, 10, 1);
      expect(toldAt(partition, 10)).toBe(13);
      partition.announce(8, 10_000, 20_050);
      for (let s = 20; s < 24; s++) {
        partition.canary(s * 1_000 + 500);
        partition.read();
        if (s === dies) partition.restart();
      }
      expect(partition.headlines()).toEqual(['opened detector/8']);
      live(partition, 24, 60, 10);
      expect(partition.headlines()).toEqual(['opened detector/8', 'closed detector/8']);
      expect(partition.stateOf(8)).toBe('ok');
    }
  });
});

describe('a mode that changes', () => {
  test('begins no new window, and whom to ask is known, also to a successor', () => {
    for (const dies of RESTARTS) {
      const partition = begin(1_000);
      live(partition, 1, 20, 1, dies);
      partition.announce(8, 1_000, 19_950, 'passive');
      expect([...partition.passive.list()].map(({ id }) => id)).toEqual([8]);
      // It answers nothing.
      expect(toldAt(partition, 20, dies)).toBe(23);
      expect([...partition.passive.list()].map(({ id }) => id)).toEqual([8]);
      partition.announce(8, 1_000, 25_000);
      expect([...partition.passive.list()]).toEqual([]);
      partition.restart();
      expect([...partition.passive.list()]).toEqual([]);
    }
  });
});

describe('a detector that is moved to another floor', () => {
  const signalFrom = (partition: Partition, floor: number, s: number) =>
    partition.hear({ detector: 8, floor, value: 0, bridge: 'a', receivedAt: T0 + s * 1_000 + 100 });

  test('is not silent, nor anything else, and is told of by its new floor', () => {
    for (const dies of RESTARTS) {
      const partition = begin(1_000);
      live(partition, 1, 20, 1);
      partition.announce(8, 1_000, 20_050, 'active', 4);
      for (let s = 20; s < 60; s++) {
        signalFrom(partition, 4, s);
        partition.canary(s * 1_000 + 500);
        partition.read();
        if (s === dies) partition.restart();
      }
      expect(partition.headlines()).toEqual([]);
      expect(toldAt(partition, 60)).toBe(63);
      expect(partition.told[0]?.floor).toBe(4);
    }
  });
});
