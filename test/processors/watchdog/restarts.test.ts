import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idOf } from '../../../contracts/ids.ts';
import { type CrashPoint, Partition, T0, WINDOWS } from './partition.ts';

const GAP = 3 * WINDOWS.canaryPeriodMs;
const END = 120_000;

interface Story {
  detectors: { heartbeatMs: number; phase: number; announcedAt: number; silences: [number, number][] }[];
  /** When nothing gets through, neither canary nor detector. */
  outages: [number, number][];
  /** When the canary alone is away. */
  mutes: [number, number][];
  /** The batches that a watchdog reads, and which of them it dies in. */
  batches: { records: number; crash: CrashPoint }[];
}

const span = fc.tuple(fc.integer({ min: 0, max: END }), fc.integer({ min: 500, max: 30_000 }));
const story: fc.Arbitrary<Story> = fc.record({
  detectors: fc.array(
    fc.record({
      heartbeatMs: fc.constantFrom(500, 1_000, 3_000),
      phase: fc.integer({ min: 0, max: 999 }),
      announcedAt: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: END })),
      silences: fc.array(span, { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  outages: fc.array(span, { maxLength: 2 }),
  mutes: fc.array(span, { maxLength: 2 }),
  batches: fc.array(
    fc.record({
      records: fc.integer({ min: 1, max: 60 }),
      crash: fc.constantFrom<CrashPoint>(
        'before notes',
        'before outputs',
        'after outputs',
        'after changelog',
        'after commit',
      ),
    }),
    { maxLength: 25 },
  ),
});

interface Beat {
  at: number;
  /** Undefined for the canary. */
  detector: number | undefined;
}

const within = (spans: readonly [number, number][], at: number) =>
  spans.some(([from, ms]) => at >= from && at < from + ms);

function beatsOf({ detectors, outages, mutes }: Story): Beat[] {
  const beats: Beat[] = [];
  for (let at = 10; at < END; at += WINDOWS.canaryPeriodMs) {
    if (!within([...outages, ...mutes], at)) beats.push({ at, detector: undefined });
  }
  for (const [i, { heartbeatMs, phase, announcedAt, silences }] of detectors.entries()) {
    for (let at = announcedAt + phase; at < END; at += heartbeatMs) {
      if (!within([...outages, ...silences], at)) beats.push({ at, detector: i + 1 });
    }
  }
  return beats.sort((a, b) => a.at - b.at);
}

const windowOf = (heartbeatMs: number) => WINDOWS.misses * heartbeatMs + WINDOWS.graceMs;

/** The definition of silence, as slow and as plain as it can be said: every detector is looked at in every canary. */
function oracle(story: Story, beats: readonly Beat[]): { verdicts: Set<string>; silent: Map<number, boolean> } {
  const verdicts = new Set<string>();
  const say = (detector: number, episode: number, change: string) =>
    verdicts.add(idOf('verdict', idOf('incident', 'silence', 'hq', detector, episode), change));
  const states = story.detectors.map((d, i) => ({
    ...d,
    id: i + 1,
    stamp: 0,
    began: false,
    silent: false,
    episode: 0,
  }));
  let proven = 0;
  let resumed = 0;
  let sang: number | undefined;
  for (const { at, detector } of beats) {
    const since = sang === undefined ? 0 : at - sang;
    const counted = Math.min(since, WINDOWS.canaryPeriodMs);
    if (detector !== undefined) {
      const d = states[detector - 1];
      if (!d) continue;
      d.stamp = proven + counted;
      // What comes after its announcement begins its window, as the first canary after that does.
      d.began ||= d.announcedAt <= at;
      if (d.silent) say(d.id, d.episode, 'closed');
      d.silent = false;
      continue;
    }
    proven += counted;
    if (since > GAP) resumed = proven;
    sang = at;
    for (const d of states) {
      if (!d.began && d.announcedAt <= at) {
        d.began = true;
        d.stamp = Math.max(d.stamp, proven);
      }
      if (d.began && !d.silent && proven - Math.max(d.stamp, resumed) > windowOf(d.heartbeatMs)) {
        d.silent = true;
        d.episode++;
        say(d.id, d.episode, 'opened');
      }
    }
  }
  return { verdicts, silent: new Map(states.map(({ id, silent }) => [id, silent])) };
}

/** Runs the story through a watchdog that dies as it says; tells what it told about detectors. */
function run(story: Story, beats: readonly Beat[]): Partition {
  const partition = new Partition();
  partition.restart();
  for (const [i, { heartbeatMs, announcedAt }] of story.detectors.entries()) {
    partition.announce(i + 1, heartbeatMs, announcedAt);
  }
  for (const { at, detector } of beats) {
    if (detector === undefined) partition.canary(at);
    else partition.signal(detector, at);
  }
  for (const { records, crash } of story.batches) {
    partition.read(records, crash);
    if (crash !== 'after commit' || records % 2 === 0) partition.restart();
  }
  partition.read();
  partition.restart();
  partition.canary(END + 10);
  partition.read();
  return partition;
}

test('a watchdog that dies anywhere tells what one that lives would have told, under the same ids', () => {
  fc.assert(
    fc.property(story, (story) => {
      const beats = beatsOf(story);
      const expected = oracle(story, [...beats, { at: END + 10, detector: undefined }]);
      const partition = run(story, beats);
      const told = partition.told.filter(({ subject }) => subject !== 'pipeline');
      expect(new Set(told.map(({ ceId }) => ceId))).toEqual(expected.verdicts);
      for (const [id, silent] of expected.silent) expect(partition.stateOf(id) === 'silent').toBe(silent);
      for (const { incident, change } of told) {
        if (change === 'closed') expect(told.find((word) => word.incident === incident)?.change).toBe('opened');
      }
    }),
    { numRuns: 400 },
  );
}, 60_000);

test('nobody is silent who was heard within its window of unbroken song, and nobody else is missed', () => {
  fc.assert(
    fc.property(story, (story) => {
      const beats = beatsOf(story);
      const partition = new Partition();
      partition.restart();
      for (const [i, { heartbeatMs }] of story.detectors.entries()) partition.announce(i + 1, heartbeatMs, 0);
      // How long the canary has sung, a pause counted as one period, and when it began again after a long one.
      let sungFor = 0;
      let sang: number | undefined;
      const heardAt = new Map<number, { at: number; sungFor: number }>();
      for (const { at, detector } of beats) {
        if (detector !== undefined) {
          partition.signal(detector, at);
          partition.read();
          heardAt.set(detector, { at, sungFor });
          continue;
        }
        const pause = at - (sang ?? at);
        sang = at;
        sungFor += Math.min(pause, WINDOWS.canaryPeriodMs);
        if (pause > GAP) for (const id of [1, 2, 3, 4]) heardAt.set(id, { at, sungFor });
        partition.canary(at);
        const before = partition.told.length;
        partition.read();
        const opened = partition.told.slice(before).map(({ subject }) => subject);
        for (const [i, { heartbeatMs }] of story.detectors.entries()) {
          const last = heardAt.get(i + 1) ?? { at: 0, sungFor: 0 };
          const window = windowOf(heartbeatMs);
          if (opened.includes(`detector/${i + 1}`)) expect(at - last.at).toBeGreaterThan(window);
          if (sungFor - last.sungFor > window + WINDOWS.canaryPeriodMs) {
            expect(partition.stateOf(i + 1)).toBe('silent');
          }
        }
      }
      expect(partition.now).toBeGreaterThanOrEqual(T0);
    }),
    { numRuns: 200 },
  );
}, 60_000);
