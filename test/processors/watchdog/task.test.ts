import { describe, expect, test } from 'vitest';
import { headerOf } from '../../../contracts/kafka-records.ts';
import { PipelineMonitor, type PipelineNews, PipelineWatch } from '../../../processors/watchdog/pipeline.ts';
import { canaryOf } from '../../../transport/kafka/canary-ids.ts';
import { received } from '../records.ts';
import { CANARY, Partition, T0 } from './partition.ts';

/** A partition whose canary sings, and in which detectors with a heartbeat of 1 s are heard, from `from` to `to` seconds. */
function living(partition: Partition, from: number, to: number, detectors: readonly number[]): void {
  for (let s = from; s <= to; s++) {
    for (const id of detectors) partition.signal(id, s * 1_000 + 100);
    partition.canary(s * 1_000 + 500);
    partition.read();
  }
}

function twoDetectors(): Partition {
  const partition = new Partition();
  partition.restart();
  for (const id of [8, 9]) partition.announce(id, 1_000, 0);
  living(partition, 0, 4, [8, 9]);
  return partition;
}

describe('a detector', () => {
  test('is silent once its window has passed in proven time, and recovers with its next signal', () => {
    const partition = twoDetectors();
    living(partition, 5, 7, [9]);
    expect(partition.headlines()).toEqual([]);
    expect(partition.stateOf(8)).toBe('ok');
    living(partition, 8, 8, [9]);
    expect(partition.headlines()).toEqual(['opened detector/8']);
    expect(partition.stateOf(8)).toBe('silent');
    expect(partition.told[0]).toMatchObject({ cause: 'silent', floor: 3, bridge: 'a', heartbeatMs: 1_000 });
    expect(partition.told[0]?.reason).toBe(
      'Detector 8 on floor 3 has been silent for 4.4 s of the 4 s that it may be, with a heartbeat of 1 s. It was last heard at 2026-01-01T00:00:04.100Z.',
    );
    living(partition, 9, 20, [9]);
    partition.signal(8, 21_000);
    partition.read();
    expect(partition.headlines()).toEqual(['opened detector/8', 'closed detector/8']);
    expect(partition.told[1]?.incident).toBe(partition.told[0]?.incident);
    expect(partition.stateOf(8)).toBe('ok');
  });

  test('has an incident of its own for each silence', () => {
    const partition = twoDetectors();
    living(partition, 5, 10, [9]);
    living(partition, 11, 12, [8, 9]);
    living(partition, 13, 20, [9]);
    expect(partition.headlines()).toEqual(['opened detector/8', 'closed detector/8', 'opened detector/8']);
    expect(new Set(partition.told.map(({ incident }) => incident)).size).toBe(2);
  });

  test('that was announced and never heard is never-seen, then silent one window later', () => {
    const partition = twoDetectors();
    partition.announce(10, 1_000, 4_600);
    living(partition, 5, 9, [8, 9]);
    expect(partition.stateOf(10)).toBe('never-seen');
    expect(partition.headlines()).toEqual([]);
    living(partition, 10, 10, [8, 9]);
    expect(partition.headlines()).toEqual(['opened detector/10']);
    expect(partition.told[0]?.reason).toContain('has not been heard since it was announced');
  });

  test('that nobody announced has a state, but no silence, until it is announced', () => {
    const partition = twoDetectors();
    partition.signal(412, 4_900, 1);
    partition.read();
    expect(partition.stateOf(412)).toBe('alarm');
    living(partition, 5, 60, [8, 9]);
    expect(partition.headlines()).toEqual([]);
    partition.announce(412, 1_000, 60_600);
    living(partition, 61, 66, [8, 9]);
    expect(partition.headlines()).toEqual(['opened detector/412']);
  });

  test('is suspect when its Last Will comes, until a later signal or birth message', () => {
    const partition = twoDetectors();
    partition.presence(8, 'offline', 4_200);
    expect(partition.stateOf(8)).toBe('suspect');
    partition.signal(8, 4_150);
    partition.read();
    expect(partition.stateOf(8)).toBe('suspect');
    partition.signal(8, 4_300);
    partition.read();
    expect(partition.stateOf(8)).toBe('ok');
    partition.presence(8, 'offline', 4_400);
    partition.presence(8, 'online', 4_500);
    expect(partition.stateOf(8)).toBe('ok');
    partition.presence(8, 'offline', 4_600);
    expect(partition.stateOf(8)).toBe('suspect');
  });

  test('whose Last Will came is silent a heartbeat and the grace later, sooner than its window', () => {
    const partition = twoDetectors();
    partition.announce(8, 3_000, 4_550);
    partition.presence(8, 'offline', 4_600);
    living(partition, 5, 9, [9]);
    expect(partition.stateOf(8)).toBe('suspect');
    living(partition, 10, 10, [9]);
    expect(partition.headlines()).toEqual(['opened detector/8']);
    expect(partition.told[0]?.reason).toBe(
      'Detector 8 on floor 3 lost its connection at 2026-01-01T00:00:04.600Z, and has not been heard since. It was last heard at 2026-01-01T00:00:04.100Z.',
    );
  });

  test('that connected anew is alive, although the will of its old connection comes late', () => {
    const partition = twoDetectors();
    partition.presence(8, 'online', 4_600);
    partition.presence(8, 'offline', 4_700);
    living(partition, 5, 20, [8, 9]);
    expect(partition.headlines()).toEqual([]);
    expect(partition.stateOf(8)).toBe('ok');
  });

  test('is not dead because of a will that is read after a later signal', () => {
    const partition = twoDetectors();
    partition.presence(8, 'offline', 4_050);
    expect(partition.stateOf(8)).toBe('ok');
    living(partition, 5, 7, [9]);
    expect(partition.headlines()).toEqual([]);
    living(partition, 8, 8, [9]);
    expect(partition.headlines()).toEqual(['opened detector/8']);
    expect(partition.told[0]?.cause).toBe('silent');
  });

  test('that was heard through another bridge since is not dead because of its old one', () => {
    const partition = twoDetectors();
    partition.presence(8, 'offline', 4_700);
    partition.signal(8, 4_800, 0, 'b');
    for (let s = 5; s < 9; s++) {
      partition.signal(9, s * 1_000);
      partition.canary(s * 1_000 + 500);
    }
    partition.read();
    expect(partition.headlines()).toEqual([]);
    expect(partition.stateOf(8)).toBe('ok');
  });

  test('that burns, and lost its connection, is in alarm for its whole window', () => {
    const partition = twoDetectors();
    partition.signal(8, 4_600, 1);
    partition.presence(8, 'offline', 4_700);
    living(partition, 5, 8, [9]);
    expect(partition.stateOf(8)).toBe('alarm');
    living(partition, 9, 9, [9]);
    expect(partition.headlines()).toEqual(['opened detector/8']);
  });

  test('in alarm says so at once, and its broken line does not hide the fire', () => {
    const partition = twoDetectors();
    partition.signal(8, 4_600, 1);
    partition.read();
    expect(partition.stateOf(8)).toBe('alarm');
    partition.presence(8, 'offline', 4_700);
    expect(partition.stateOf(8)).toBe('alarm');
    partition.signal(8, 4_800, 0);
    partition.read();
    expect(partition.stateOf(8)).toBe('ok');
  });

  test('gets a window of its new heartbeat when that changes while it runs', () => {
    const partition = twoDetectors();
    partition.announce(8, 10_000, 4_600);
    living(partition, 5, 35, [9]);
    expect(partition.headlines()).toEqual([]);
    living(partition, 36, 37, [9]);
    expect(partition.headlines()).toEqual(['opened detector/8']);
    partition.announce(9, 500, 37_600);
    living(partition, 38, 38, [9]);
    living(partition, 39, 41, []);
    expect(partition.headlines()).toEqual(['opened detector/8', 'opened detector/9']);
  });

  test('is not judged by a shorter heartbeat before the log reaches its announcement', () => {
    const partition = new Partition();
    partition.restart();
    partition.announce(8, 3_000, 0);
    for (let s = 0; s < 9; s++) {
      if (s % 3 === 0) partition.signal(8, s * 1_000 + 100);
      partition.canary(s * 1_000 + 500);
    }
    partition.read();
    for (const at of [9_500, 10_500, 11_500]) partition.canary(at);
    // The registry is ahead of the log.
    partition.announce(8, 200, 11_600);
    partition.read();
    expect(partition.headlines()).toEqual([]);
  });

  test('announced by a clock that was put back since is judged all the same', () => {
    const partition = twoDetectors();
    partition.whileDown(() => partition.announce(10, 1_000, 4_600));
    const announced = partition.tables.get('detectors')?.get('10');
    if (announced) partition.tables.get('detectors')?.set('10', { ...announced, timestamp: T0 + 7_200_000 });
    partition.restart();
    living(partition, 5, 10, [8, 9]);
    expect(partition.headlines()).toEqual(['opened detector/10']);
  });

  test('announced with the same heartbeat again gets no new window: a replay hides no dead detector', () => {
    const partition = twoDetectors();
    living(partition, 5, 7, [9]);
    partition.announce(8, 1_000, 7_600);
    living(partition, 8, 8, [9]);
    expect(partition.headlines()).toEqual(['opened detector/8']);
  });

  test('taken out of the registry has its fault closed', () => {
    const partition = twoDetectors();
    living(partition, 5, 9, [9]);
    partition.withdraw(8);
    living(partition, 10, 30, [9]);
    expect(partition.headlines()).toEqual(['opened detector/8', 'closed detector/8']);
    expect(partition.stateOf(8)).toBe('never-seen');
  });
});

describe('what happens while nobody watches', () => {
  test('comes to light when the log is caught up with', () => {
    const partition = twoDetectors();
    partition.whileDown(() => {
      partition.presence(8, 'offline', 4_600);
      partition.announce(10, 1_000, 4_600);
    });
    partition.read();
    expect(partition.stateOf(8)).toBe('ok');
    living(partition, 5, 5, [9]);
    expect(partition.stateOf(8)).toBe('suspect');
    expect(partition.stateOf(10)).toBe('never-seen');
    living(partition, 6, 10, [9]);
    expect(partition.headlines()).toEqual(['opened detector/8', 'opened detector/10']);
    partition.whileDown(() => partition.withdraw(8));
    living(partition, 11, 11, [9]);
    expect(partition.headlines()).toEqual(['opened detector/8', 'opened detector/10', 'closed detector/8']);
  });

  test('counts although the log of it is lost, once the canary has sung for a window', () => {
    const partition = twoDetectors();
    partition.expire();
    partition.restart();
    for (let s = 60; s < 66; s++) partition.canary(s * 1_000);
    partition.read();
    expect(
      partition
        .headlines()
        .filter((line) => line.includes('detector'))
        .sort(),
    ).toEqual(['opened detector/8', 'opened detector/9']);
  });
});

describe('a topic that was made anew', () => {
  test('begins at offset 0, and its signals are news', () => {
    const partition = twoDetectors();
    living(partition, 5, 8, [9]);
    expect(partition.headlines()).toEqual(['opened detector/8']);
    partition.makeAnew();
    living(partition, 9, 9, [8, 9]);
    expect(partition.headlines()).toEqual(['opened detector/8', 'closed detector/8']);
  });
});

describe('several watchdogs', () => {
  test('one that was succeeded without knowing it is contradicted', () => {
    const partition = twoDetectors();
    const stale = partition.tables.get('detector-states')?.get('8');
    living(partition, 5, 8, [9]);
    const silent = partition.tables.get('detector-states')?.get('8');
    expect(partition.stateOf(8)).toBe('silent');
    if (!stale || !silent) throw new Error('nothing was noted');
    partition.write(stale);
    expect(partition.stateOf(8)).toBe('silent');
    const again = partition.tables.get('detector-states')?.get('8');
    expect(again && headerOf(again, 'ce_id')).not.toBe(headerOf(silent, 'ce_id'));
  });

  /** Detector 8 loses its connection after its signal at 4.1 s; its window is 10 s, and its Last Will is believed after 4 s. */
  function cutOff({ willAfter } = { willAfter: 4 }): Partition {
    const partition = new Partition();
    partition.restart();
    for (const id of [8, 9]) partition.announce(id, 3_000, 0);
    living(partition, 0, 4, [8, 9]);
    living(partition, 5, willAfter, [9]);
    partition.presence(8, 'offline', 4_600);
    return partition;
  }

  /** What one notes that stood still meanwhile, and does not know that the detector has connected anew. */
  function lateNotes() {
    const late = cutOff();
    const noteOf = (state: string) => {
      const note = late.tables.get('detector-states')?.get('8');
      if (!note || late.stateOf(8) !== state) throw new Error(`it is not ${state}`);
      return note;
    };
    living(late, 5, 10, [9]);
    const silent = noteOf('silent');
    living(late, 11, 11, [8, 9]);
    return { silent, ok: noteOf('ok'), incident: late.told[0]?.incident };
  }

  function successor(): Partition {
    const partition = cutOff();
    partition.presence(8, 'online', 6_800);
    living(partition, 5, 10, [9]);
    living(partition, 11, 12, [8, 9]);
    return partition;
  }

  test.each([
    ['it has told nothing since', () => {}],
    [
      'it has told more since',
      (partition: Partition) => {
        partition.presence(8, 'offline', 12_600);
        partition.presence(8, 'online', 12_700);
      },
    ],
  ])('a silence that is over, of which one told that was succeeded, is another one than the next: %s', (_, since) => {
    const late = lateNotes();
    const partition = successor();
    since(partition);
    partition.write(late.silent);
    partition.write(late.ok);
    expect(partition.stateOf(8)).toBe('ok');
    living(partition, 13, 23, [9]);
    expect(partition.told.map(({ change, episode }) => [change, episode])).toEqual([['opened', 2]]);
    expect(partition.told[0]?.incident).not.toBe(late.incident);
  });

  test.each([
    ['long before the next', 12],
    ['just before the next is found out', 21],
  ])('a silence that is over, whose end one that was succeeded did not see, is closed, %s', (_, readAt) => {
    const late = lateNotes();
    const partition = successor();
    living(partition, 13, readAt, [9]);
    partition.write(late.silent);
    living(partition, readAt + 1, readAt + 1, [9]);
    expect(partition.headlines().slice(0, 2)).toEqual(['opened detector/8', 'closed detector/8']);
    living(partition, readAt + 2, 22, [9]);
    expect(partition.stateOf(8)).toBe('silent');
    living(partition, 23, 23, [8, 9]);
    expect(partition.told.map(({ change, episode }) => [change, episode])).toEqual([
      ['opened', 1],
      ['closed', 1],
      ['opened', 2],
      ['closed', 2],
    ]);
    expect(partition.told[0]?.incident).toBe(late.incident);
    expect(partition.stateOf(8)).toBe('ok');
  });

  test('a silence that one who was succeeded closed with an older one is told once more, under the next number', () => {
    const late = lateNotes();
    const partition = successor();
    living(partition, 13, 22, [9]);
    expect(partition.stateOf(8)).toBe('silent');
    partition.write(late.silent);
    partition.write(late.ok);
    living(partition, 23, 24, [9]);
    expect(partition.stateOf(8)).toBe('silent');
    living(partition, 25, 25, [8, 9]);
    expect(partition.told.map(({ change, episode }) => [change, episode])).toEqual([
      ['opened', 1],
      ['opened', 2],
      ['closed', 2],
    ]);
    expect(partition.stateOf(8)).toBe('ok');
  });

  test('a silence of which one told that is ahead in the log is found out here, and is the same', () => {
    const late = lateNotes();
    const partition = cutOff();
    partition.write(late.silent);
    partition.write(late.ok);
    living(partition, 5, 10, [9]);
    living(partition, 11, 11, [8, 9]);
    expect(partition.headlines()).toEqual(['opened detector/8', 'closed detector/8']);
    expect(partition.told.map(({ incident }) => incident)).toEqual([late.incident, late.incident]);
  });

  test('a silence of which another one told that knew of the Last Will earlier is the same', () => {
    const { silent, incident } = lateNotes();
    const partition = cutOff({ willAfter: 5 });
    living(partition, 6, 10, [9]);
    expect(partition.told).toEqual([]);
    partition.write(silent);
    living(partition, 11, 12, [9]);
    expect(partition.headlines()).toEqual(['opened detector/8']);
    expect(partition.told[0]?.incident).toBe(incident);
  });

  test('one that was succeeded without knowing it, and wrote last, hides no open silence from the next', () => {
    const partition = twoDetectors();
    const stale = partition.tables.get('detector-states')?.get('8');
    living(partition, 5, 8, [9]);
    const silent = partition.tables.get('detector-states')?.get('8');
    if (!stale || !silent) throw new Error('nothing was noted');
    const next = new Partition();
    next.announce(8, 1_000, 0);
    for (const record of [silent, stale]) next.task.table(record, T0 + 9_000, true);
    next.task.restored(new Map(), new Map());
    living(next, 0, 20, [9]);
    expect(next.stateOf(8)).toBe('silent');
    expect(next.told.map(({ ceId }) => ceId)).toEqual(partition.told.map(({ ceId }) => ceId));
    next.signal(8, 21_000);
    next.read();
    expect(next.headlines()).toEqual(['opened detector/8', 'closed detector/8']);
    expect(next.told[1]?.incident).toBe(partition.told[0]?.incident);
  });
});

function watch(partition: number, monitor: PipelineMonitor): PipelineWatch {
  return new PipelineWatch({ site: 'hq', group: 'watchdog', partition, canaryPeriodMs: 1_000, monitor });
}

/** Its canary sings at T0, standing at `offset`, and no more. */
function fallSilent(one: PipelineWatch, offset = 0): PipelineNews | undefined {
  one.overdue(T0, -1);
  one.sang(T0, T0, offset);
  one.overdue(T0 + 2_000, offset);
  one.overdue(T0 + 2_500, offset);
  return one.overdue(T0 + 3_000, offset);
}

describe('several partitions of one process', () => {
  test('have one incident about the pipeline, which ends when all of them sing again', () => {
    const monitor = new PipelineMonitor();
    const watches = [0, 1, 2, 3].map((partition) => watch(partition, monitor));
    const fallen = watches.map((one) => fallSilent(one));
    expect(fallen.map((news) => news?.changes)).toEqual([[], [], [], []]);
    expect(new Set(fallen.map((news) => news?.incident)).size).toBe(1);
    const noted = fallen.map((news, i) => news && watches[i]?.noted(news.told));
    expect(noted.map((news) => news?.changes)).toEqual([['opened'], [], [], []]);

    // Partition 3 is dropped, and made anew from what it noted.
    monitor.forget(3);
    const anew = watch(3, monitor);
    if (noted[3]) anew.recall(noted[3].told);
    const all = [anew, ...watches.slice(0, 3)];
    const sung = all.map((one) => one.sang(T0 + 9_000, T0 + 9_000, 1));
    expect(sung.map((news) => news?.changes)).toEqual([[], [], [], ['closed']]);
    expect(sung.map((news) => news?.told.incident === null)).toEqual([false, false, false, true]);
    const again = all.map((one) => one.sang(T0 + 10_000, T0 + 10_000, 2));
    expect(again.map((news) => news?.changes)).toEqual([[], [], [], undefined]);
    expect(again.slice(0, 3).map((news) => news?.told.incident)).toEqual([null, null, null]);
    expect(anew.sang(T0 + 11_000, T0 + 11_000, 3)).toBeUndefined();
  });

  test('that sing again before their notes stand are told of all the same: each says it behind its own note', () => {
    const monitor = new PipelineMonitor();
    const watches = [0, 1].map((partition) => watch(partition, monitor));
    const fallen = watches.map((one) => fallSilent(one));
    const sung = watches.map((one) => one.sang(T0 + 3_100, T0 + 3_100, 1));
    expect(sung.map((news) => news?.changes)).toEqual([['opened'], ['opened', 'closed']]);
    expect(sung.map((news) => news?.note)).toEqual(fallen.map((news) => news?.told));
  });

  test('have another incident the next time, although the one that began the last has no note of it', () => {
    const [last, next] = [0, 5].map((offset) => fallSilent(watch(0, new PipelineMonitor()), offset));
    expect(last?.told.episode).toBe(next?.told.episode);
    expect(last?.incident).not.toBe(next?.incident);
  });
});

describe('an outage of the path', () => {
  test('is nobody’s silence: afterwards each detector has its whole window', () => {
    const partition = twoDetectors();
    living(partition, 605, 608, []);
    expect(partition.headlines().filter((line) => line.includes('detector'))).toEqual([]);
    living(partition, 609, 610, [9]);
    expect(partition.headlines().filter((line) => line.includes('detector'))).toEqual(['opened detector/8']);
  });

  test('is one fault about the pipeline, told by the wall clock and withdrawn by the next canary', () => {
    const partition = twoDetectors();
    partition.wait(7_504);
    expect(partition.headlines()).toEqual([]);
    partition.wait(600_000);
    expect(partition.headlines()).toEqual(['opened pipeline']);
    expect(partition.told[0]).toMatchObject({ cause: 'pipeline', floor: null, bridge: null });
    expect(partition.stateOf(CANARY)).toBe('silent');
    living(partition, 601, 602, [8, 9]);
    expect(partition.headlines()).toEqual(['opened pipeline', 'closed pipeline']);
    expect(partition.stateOf(CANARY)).toBe('ok');
  });

  test('is noted before it is told, also where the canary is back before the note stands in Kafka', () => {
    const partition = twoDetectors();
    const { task } = partition;
    for (let due = task.deadline(); due !== undefined && due <= T0 + 9_000; due = task.deadline()) task.wake(due);
    partition.canary(9_000);
    const [canary] = partition.log.slice(-1);
    if (!canary) throw new Error('no canary');
    const { notes = [], outputs } = task.input(canary, T0 + 9_005);
    const said = outputs.filter(({ topic }) => topic === 'verdicts').map(({ value }) => JSON.parse(String(value)));
    expect(said.map(({ change }) => change)).toEqual(['opened', 'closed']);
    expect(notes.map(({ value }) => JSON.parse(String(value)))).toEqual([
      expect.objectContaining({ id: CANARY, state: 'silent', incident: said[0]?.incident, untold: true }),
    ]);
  });

  test('through a restart is told once, and withdrawn once', () => {
    const partition = twoDetectors();
    partition.wait(10_000);
    partition.restart();
    partition.read();
    partition.wait(100_000);
    expect(partition.headlines()).toEqual(['opened pipeline']);
    living(partition, 101, 103, [8, 9]);
    partition.restart();
    living(partition, 104, 106, [8, 9]);
    expect(partition.headlines()).toEqual(['opened pipeline', 'closed pipeline']);
  });

  test.each(['before outputs', 'after outputs'] as const)(
    'that ends before its note stands is closed, although the watchdog dies %s',
    (crash) => {
      const partition = twoDetectors();
      partition.wait(7_400);
      partition.canary(7_600);
      partition.read(1, crash);
      expect(partition.stateOf(CANARY)).toBe('silent');
      partition.restart();
      living(partition, 8, 10, [8, 9]);
      expect(partition.headlines().slice(-2)).toEqual(['opened pipeline', 'closed pipeline']);
      expect(new Set(partition.told.map(({ ceId }) => ceId)).size).toBe(2);
      expect(partition.stateOf(CANARY)).toBe('ok');
    },
  );

  test('is not over because old canaries are read once more', () => {
    const partition = twoDetectors();
    partition.wait(10_000);
    expect(partition.headlines()).toEqual(['opened pipeline']);
    partition.uncommit(6);
    partition.restart();
    partition.read();
    partition.wait(60_000);
    expect(partition.headlines()).toEqual(['opened pipeline']);
    living(partition, 61, 61, [8, 9]);
    expect(partition.headlines()).toEqual(['opened pipeline', 'closed pipeline']);
  });

  test('is not told while a site starts, and is when no canary comes at all', () => {
    const partition = new Partition();
    partition.restart();
    partition.wait(29_999);
    expect(partition.headlines()).toEqual([]);
    partition.wait(30_000);
    expect(partition.headlines()).toEqual(['opened pipeline']);
  });

  test('is not told when the watchdog itself has slept', () => {
    const partition = twoDetectors();
    partition.now = T0 + 60_000;
    expect(partition.task.wake(partition.now)).toEqual({ outputs: [], changelog: [] });
    partition.wait(60_999);
    expect(partition.headlines()).toEqual([]);
    partition.wait(61_000);
    expect(partition.headlines()).toEqual(['opened pipeline']);
  });
});

describe('a bridge', () => {
  test('that stops is not its detectors’ silence, until it is taken as gone', () => {
    const partition = new Partition();
    partition.restart();
    for (const id of [8, 9]) partition.announce(id, 1_000, 0);
    const both = (s: number) => {
      partition.signal(8, s * 1_000, 0, 'a');
      partition.canary(s * 1_000 + 400, 'a');
      partition.signal(9, s * 1_000 + 500, 0, 'b');
      partition.canary(s * 1_000 + 600, 'b');
      partition.read();
    };
    for (let s = 0; s < 10; s++) both(s);
    const onlyB = (s: number) => {
      partition.signal(9, s * 1_000 + 500, 0, 'b');
      partition.canary(s * 1_000 + 600, 'b');
      partition.read();
    };
    for (let s = 10; s < 40; s++) onlyB(s);
    expect(partition.headlines()).toEqual([]);
    for (let s = 40; s < 46; s++) onlyB(s);
    expect(partition.headlines()).toEqual(['opened detector/8']);
  });

  test('that stops is no silence of who was announced through it and never heard, until it is taken as gone', () => {
    const partition = new Partition();
    partition.restart();
    partition.canary(0, 'a');
    partition.announce(8, 1_000, 500);
    partition.canary(1_000, 'a');
    for (let s = 0; s < 30; s++) partition.canary(s * 1_000 + 1_600, 'b');
    partition.read();
    expect(partition.stateOf(8)).toBe('never-seen');
    for (let s = 30; s < 36; s++) partition.canary(s * 1_000 + 1_600, 'b');
    partition.read();
    expect(partition.headlines()).toEqual(['opened detector/8']);
  });

  test('that is gone before it sang again hides nobody whom it announced, whenever the watchdog starts', () => {
    const partition = new Partition();
    partition.restart();
    partition.canary(0, 'a');
    partition.announce(8, 1_000, 500);
    // Its clock is an hour behind.
    const sing = (from: number, to: number) => {
      for (let s = from; s < to; s++) partition.canary(s * 1_000 - 3_600_000, 'b');
    };
    sing(1, 25);
    partition.read();
    partition.restart();
    sing(25, 32);
    partition.read();
    expect(partition.headlines()).toEqual([]);
    partition.restart();
    sing(32, 40);
    partition.read();
    expect(partition.headlines()).toEqual(['opened detector/8']);
  });

  test('that was gone for a while is no reason to judge whom it announced after its return', () => {
    const partition = new Partition();
    partition.restart();
    partition.canary(0, 'a');
    for (let s = 1; s < 60; s++) partition.canary(s * 1_000 - 3_600_000, 'b');
    // The registry is ahead of the log.
    partition.announce(8, 1_000, 60_500);
    partition.read();
    expect(partition.headlines()).toEqual([]);
    expect(partition.stateOf(8)).toBe('never-seen');
  });

  test('whose detectors move to another one makes nobody silent', () => {
    const partition = new Partition();
    partition.restart();
    partition.announce(8, 1_000, 0);
    for (let s = 0; s < 200; s++) {
      const bridge = s % 50 < 25 ? 'a' : 'b';
      // Its clock is an hour behind.
      const at = s * 1_000 - (bridge === 'b' ? 3_600_000 : 0);
      partition.signal(8, at, 0, bridge);
      partition.canary(at + 500, bridge);
      partition.read();
    }
    expect(partition.headlines().filter((line) => line.includes('detector'))).toEqual([]);
  });

  test('that announced somebody after all that is still to be read is not gone before', () => {
    const partition = new Partition();
    partition.whileDown(() => {
      for (let second = 0; second <= 60; second++) partition.canary(second * 1_000, 'b');
      partition.announce(8, 1_000, 61_000);
    });
    partition.read();
    expect(partition.headlines()).toEqual([]);
    for (let second = 61; second <= 110; second++) partition.canary(second * 1_000, 'b');
    partition.read();
    expect(partition.headlines()).toEqual(['opened detector/8']);
  });
});

describe('bad records', () => {
  test('a 0 that cannot be read is refused here, a 1 is left to the filter, and a canary’s 1 proves nothing', () => {
    const partition = twoDetectors();
    const broken = { ...received({ topic: 'signals', key: 'x', value: '0', timestamp: T0 }, 100) };
    expect(() => partition.task.input(broken, T0)).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }));
    expect(partition.task.input({ ...broken, value: Buffer.from('1') }, T0).outputs).toEqual([]);
    expect(partition.task.input({ ...broken, value: Buffer.from('2') }, T0).outputs).toEqual([]);
    partition.signal(CANARY, 5_000, 1);
    partition.read();
    partition.wait(7_505);
    expect(partition.headlines()).toEqual(['opened pipeline']);
  });

  test('a time stamp that is no date does not stop the state from being told', () => {
    const partition = twoDetectors();
    partition.log.push({
      ...received({ topic: 'signals', key: '8', value: '1', headers: { floor: '3' }, timestamp: -1 }, 99),
    });
    partition.log.push({
      ...received({ topic: 'signals', key: '9', value: '1', headers: { floor: '3' }, timestamp: 9e15 }, 99),
    });
    for (const record of partition.log.slice(-2)) {
      const emission = partition.task.input(record, partition.now);
      expect(emission.changelog).toHaveLength(1);
    }
  });
});

test('the canaries are the first ids below zero whose key lands on each partition', () => {
  expect([0, 1, 2, 3].map((partition) => canaryOf(partition))).toEqual([-14, -2, -6, -1]);
});

test('the pulse learns of each canary that it judges by, of none that it reads once more, and of what it lost', () => {
  const partition = new Partition();
  const state = () => partition.judged.state(partition.now, 3_000);
  for (let s = 1; s <= 5; s++) partition.canary(s * 1_000);
  expect(state()).toBe('unknown');
  partition.read();
  expect(state()).toBe('well');
  partition.now += 3_001;
  expect(state()).toBe('silent');
  partition.restart();
  partition.read();
  expect(state()).toBe('unknown');
  partition.canary(9_000);
  partition.read();
  expect(state()).toBe('well');
  partition.task.dropped();
  partition.now += 60_000;
  expect(state()).toBe('unknown');
});
