import { describe, expect, test } from 'vitest';
import type { Oddity } from '../../../contracts/events.ts';
import type { Signal } from '../../../contracts/signals.ts';
import { Judge } from '../../../processors/watchdog/judge.ts';
import { oddityNews } from '../../../processors/watchdog/oddities.ts';
import { WINDOWS } from './partition.ts';

/** A judge that hears detectors of floor 3, each with a heartbeat of 1 s, while the canary sings once a second. */
class Scene {
  readonly judge = new Judge(WINDOWS);
  /** What became wrong, or right again, and when: `12 wrong-floor`, `30 -`. */
  readonly history: string[] = [];
  #offset = 0;

  constructor(heartbeatMs = 1_000) {
    this.judge.register(8, 3, { heartbeatMs }, { at: 0, bridge: 'a' });
    this.judge.sweep();
  }

  get oddities(): readonly Oddity[] {
    return [...this.judge.all()].find(({ id }) => id === 8)?.oddities ?? [];
  }

  hear(at: number, signal: Partial<Signal> = {}): void {
    const defaults = { detector: 8, value: 0, floor: 3, bridge: 'a', receivedAt: at } as const;
    this.judge.signal({ ...defaults, ...signal }, this.#offset++);
  }

  /** In each of the seconds: what `second` lets be heard, then the canary. */
  pass(from: number, to: number, second: (at: number, s: number) => void): void {
    for (let s = from; s < to; s++) {
      second(s * 1_000 + 100, s);
      this.canary(s * 1_000 + 900);
      const line = this.oddities.join(' ') || '-';
      if (line !== (this.history.at(-1)?.replace(/^\d+ /, '') ?? '-')) this.history.push(`${s} ${line}`);
    }
  }

  canary(at: number): void {
    this.judge.canary(this.#offset++, 'a', at);
  }
}

describe('a detector on another floor than the registry says', () => {
  test('is found after two looks, and is right again once it is heard from its own', () => {
    const scene = new Scene();
    scene.pass(1, 10, (at) => scene.hear(at));
    scene.pass(10, 30, (at) => scene.hear(at, { floor: 4 }));
    scene.pass(30, 45, (at) => scene.hear(at));
    expect(scene.history.map((line) => line.replace(/^\d+ /, ''))).toEqual(['wrong-floor', '-']);
    const [found, over] = scene.history.map((line) => Number.parseInt(line, 10));
    expect(found).toBeGreaterThanOrEqual(14);
    expect(found).toBeLessThanOrEqual(22);
    expect(over).toBeLessThanOrEqual(36);
  });

  test('is right again once it is announced there', () => {
    const scene = new Scene();
    scene.pass(1, 30, (at) => scene.hear(at, { floor: 4 }));
    expect(scene.oddities).toEqual(['wrong-floor']);
    scene.judge.register(8, 4, { heartbeatMs: 1_000 }, { at: 29_950, bridge: 'a' });
    scene.pass(30, 40, (at) => scene.hear(at, { floor: 4 }));
    expect(scene.oddities).toEqual([]);
  });

  test('is none because it moved, with its registry ahead of the log or behind it', () => {
    const ahead = new Scene();
    ahead.judge.register(8, 4, { heartbeatMs: 1_000 }, { at: 30_000, bridge: 'a' });
    ahead.pass(1, 30, (at) => ahead.hear(at, { floor: 3 }));
    ahead.pass(30, 60, (at) => ahead.hear(at, { floor: 4 }));
    const behind = new Scene();
    behind.pass(1, 30, (at) => behind.hear(at, { floor: 3 }));
    behind.pass(30, 32, (at) => behind.hear(at, { floor: 4 }));
    behind.judge.register(8, 4, { heartbeatMs: 1_000 }, { at: 30_000, bridge: 'a' });
    behind.pass(32, 60, (at) => behind.hear(at, { floor: 4 }));
    expect([...ahead.history, ...behind.history]).toEqual([]);
  });

  test('is none because of old strays, where its own signals are older than its newest announcement', () => {
    const scene = new Scene();
    scene.judge.register(8, 3, { heartbeatMs: 1_000 }, { at: 12_000, bridge: 'a' });
    // Read back after a restart: the registry knows more than the log does yet.
    scene.pass(1, 3, (at) => scene.hear(at, { floor: 4, bridge: 'b' }));
    scene.pass(3, 30, (at) => scene.hear(at));
    expect(scene.history).toEqual([]);
  });

  test('is none because of single signals that come from elsewhere', () => {
    const scene = new Scene();
    scene.pass(1, 200, (at, s) => scene.hear(at, { floor: s % 40 === 0 ? 4 : 3 }));
    expect(scene.history).toEqual([]);
  });

  test('is none because of one signal that comes from elsewhere, however long it is the last', () => {
    const slow = new Scene(10_000_000);
    slow.hear(1_000, { floor: 4 });
    slow.pass(1, 20_000, (at, s) => s % 10_000 === 9_999 && slow.hear(at));
    expect(slow.history).toEqual([]);
  });

  test('is nobody’s fault whom nobody announced', () => {
    const scene = new Scene();
    scene.pass(1, 60, (at, s) => scene.hear(at, { detector: 9, floor: s }));
    expect([...scene.judge.all()].flatMap(({ oddities }) => oddities)).toEqual([]);
  });
});

describe('two detectors with one id', () => {
  test('on two floors are found, until one of them is gone', () => {
    const scene = new Scene();
    scene.pass(1, 10, (at) => scene.hear(at));
    scene.pass(10, 40, (at) => {
      scene.hear(at);
      scene.hear(at + 300, { floor: 4 });
    });
    scene.pass(40, 120, (at) => scene.hear(at));
    expect(scene.history.map((line) => line.replace(/^\d+ /, ''))).toEqual(['duplicate-id', '-']);
    const [found, over] = scene.history.map((line) => Number.parseInt(line, 10));
    expect(found).toBeLessThanOrEqual(18);
    expect(over).toBeGreaterThanOrEqual(60);
  });

  test('are found after four changes, however many things tell of each', () => {
    const scene = new Scene();
    for (const [s, there] of [false, true, false, true].entries()) {
      scene.pass(s + 1, s + 2, (at) => scene.hear(at, there ? { floor: 4, seq: 5_000 + s } : { seq: s }));
    }
    scene.pass(5, 60, (at, s) => scene.hear(at, { floor: 4, seq: 5_000 + s }));
    expect(scene.history.map((line) => line.replace(/^\d+ /, ''))).toEqual(['wrong-floor']);
  });

  test('are found if neither is where the registry says', () => {
    const scene = new Scene();
    scene.pass(1, 30, (at, s) => scene.hear(at, { floor: 4 + (s % 2) }));
    expect(scene.oddities).toEqual(['duplicate-id']);
  });

  test('on one floor are found by their numbers, if they number their signals', () => {
    const scene = new Scene();
    scene.pass(1, 30, (at, s) => {
      scene.hear(at, { seq: 5_000 + s });
      if (s % 3 === 0) scene.hear(at + 300, { seq: 10 + s / 3 });
    });
    expect(scene.history.map((line) => line.replace(/^\d+ /, ''))).toEqual(['duplicate-id']);
    scene.pass(30, 120, (at, s) => scene.hear(at, { seq: 5_000 + s }));
    expect(scene.oddities).toEqual([]);
  });

  test('are none because a device begins anew, messages are lost, come late or twice', () => {
    const restarts = new Scene();
    restarts.pass(1, 300, (at, s) => restarts.hear(at, { seq: s % 45 }));
    const losses = new Scene();
    losses.pass(1, 300, (at, s) => losses.hear(at, { seq: s * 40 }));
    const twice = new Scene();
    twice.pass(1, 300, (at, s) => {
      twice.hear(at, { seq: s * 2 });
      twice.hear(at + 10, { seq: s * 2 + 1 });
      if (s % 7 === 0) for (const seq of [s * 2 - 4, s * 2 - 3, s * 2]) twice.hear(at + 20, { seq });
    });
    const late = new Scene();
    late.pass(1, 30, (at, s) => late.hear(at, { seq: s < 20 ? 5_000 + s : s - 20 }));
    late.pass(30, 36, (at, s) => {
      late.hear(at, { seq: s - 20 });
      late.hear(at + 300, { seq: 5_000 + s - 20 });
    });
    expect([...restarts.history, ...losses.history, ...twice.history, ...late.history]).toEqual([]);
  });

  test('may count as far as they like', () => {
    const scene = new Scene();
    scene.pass(1, 60, (at, s) => scene.hear(at, { seq: 2 ** 32 - 31 + s }));
    scene.pass(60, 90, (at, s) => scene.hear(at, { seq: Number.MAX_SAFE_INTEGER - 90 + s }));
    expect(scene.history).toEqual([]);
  });
});

describe('a babbling detector', () => {
  const babble = (scene: Scene, at: number, times: number) => {
    for (let i = 0; i < times; i++) scene.hear(at + i);
  };

  test('is found after two looks, and is over once it calms down', () => {
    const scene = new Scene();
    scene.pass(1, 20, (at) => scene.hear(at));
    scene.pass(20, 40, (at) => babble(scene, at, 100));
    scene.pass(40, 60, (at) => scene.hear(at));
    expect(scene.history.map((line) => line.replace(/^\d+ /, ''))).toEqual(['babbling', '-']);
  });

  test('is none because of a burst, such as what a device kept while it was offline', () => {
    const scene = new Scene();
    scene.pass(1, 60, (at, s) => babble(scene, at, s === 30 ? 5_000 : 1));
    expect(scene.history).toEqual([]);
  });

  test('is none because the canary is away, time and again', () => {
    const scene = new Scene();
    scene.pass(1, 10, (at) => scene.hear(at));
    for (let s = 10; s < 2_000; s++) {
      scene.hear(s * 1_000);
      if (s % 200 === 0) scene.canary(s * 1_000 + 500);
    }
    expect(scene.oddities).toEqual([]);
  });

  test('may have any heartbeat: it is measured by its own', () => {
    const quick = new Scene(10);
    quick.pass(1, 30, (at) => babble(quick, at, 100));
    expect(quick.history).toEqual([]);
    const slow = new Scene(60_000);
    slow.pass(1, 1_000, (at) => slow.hear(at));
    expect(slow.oddities).toEqual(['babbling']);
  });

  test('is heard at once when it signals fire, and waits for the canary with everything else', () => {
    const scene = new Scene();
    scene.pass(1, 40, (at) => babble(scene, at, 100));
    const hear = (value: 0 | 1) =>
      scene.judge.signal({ detector: 8, value, floor: 3, bridge: 'a', receivedAt: 40_000 }, 100_000);
    for (let watched = scene.judge.takeNews(); watched; watched = scene.judge.takeNews()) {
      const { state = 'ok', judged } = watched;
      watched.told = { state, since: 0, incident: null, episode: 0, judged, offset: 0 };
    }
    expect(hear(0)).toBeUndefined();
    const burning = hear(1);
    expect(burning?.state).toBe('alarm');
    if (burning)
      burning.told = { state: 'alarm', since: 0, incident: null, episode: 0, judged: burning.judged, offset: 0 };
    expect(hear(0)).toBeUndefined();
    expect(scene.judge.takeNews()).toBeUndefined();
    scene.canary(40_900);
    expect(scene.judge.takeNews()?.state).toBe('ok');
  });
});

describe('what was found before a restart', () => {
  const told = {
    state: 'ok',
    since: 0,
    incident: null,
    episode: 0,
    judged: { heartbeatMs: 1_000, from: 0 },
    offset: -1,
  } as const;

  test('goes on, and is over once nothing speaks for it any more', () => {
    for (const cause of ['wrong-floor', 'duplicate-id', 'babbling'] as const) {
      const scene = new Scene();
      scene.judge.recall(8, 3, { ...told, oddities: [{ cause, episode: 2, open: true }] });
      expect(scene.oddities).toEqual([cause]);
      scene.pass(1, 60, (at) => scene.hear(at));
      expect(scene.oddities).toEqual([]);
    }
  });

  test('is not judged again by what was read when it was told', () => {
    const scene = new Scene();
    const oddities = [
      { cause: 'wrong-floor', episode: 1, open: true },
      { cause: 'duplicate-id', episode: 1, open: false },
    ] as const;
    scene.judge.recall(8, 3, { ...told, oddities, offset: 59 });
    // Two records a second: by turns, then from the other floor only.
    scene.pass(0, 10, (at, s) => scene.hear(at, { floor: 3 + (s % 2) }));
    scene.pass(10, 20, (at) => scene.hear(at));
    scene.pass(20, 40, (at) => scene.hear(at, { floor: 4 }));
    expect(scene.history).toEqual(['0 wrong-floor']);
  });

  test('has not ended because of a backlog that is older than the newest announcement', () => {
    const scene = new Scene();
    scene.judge.recall(8, 3, { ...told, oddities: [{ cause: 'duplicate-id', episode: 1, open: true }] });
    scene.judge.register(8, 3, { heartbeatMs: 1_000 }, { at: 150_000, bridge: 'a' });
    scene.pass(1, 150, (at, s) => scene.hear(at, { floor: 3 + (s % 2) }));
    expect(scene.oddities).toEqual(['duplicate-id']);
    scene.pass(150, 260, (at) => scene.hear(at));
    expect(scene.oddities).toEqual([]);
  });

  test('has not ended while nobody is heard, and has while the detector is taken out of the registry', () => {
    const scene = new Scene();
    scene.judge.recall(8, 3, { ...told, oddities: [{ cause: 'wrong-floor', episode: 1, open: true }] });
    scene.pass(1, 60, () => {});
    expect(scene.oddities).toEqual(['wrong-floor']);
    scene.judge.unregister(8);
    expect(scene.oddities).toEqual([]);
  });

  test('of several records counts the last', () => {
    const scene = new Scene();
    scene.judge.recall(8, 3, { ...told, oddities: [{ cause: 'babbling', episode: 1, open: true }] });
    scene.judge.recall(8, 3, { ...told, oddities: [{ cause: 'babbling', episode: 1, open: false }] });
    expect(scene.oddities).toEqual([]);
  });
});

test('each time that something is wrong is an episode of its own', () => {
  const first = oddityNews([], ['babbling', 'wrong-floor']);
  expect(first.opened.map(({ cause, episode }) => [cause, episode])).toEqual([
    ['wrong-floor', 1],
    ['babbling', 1],
  ]);
  const second = oddityNews(first.told, ['babbling']);
  expect([second.opened, second.closed]).toEqual([[], [{ cause: 'wrong-floor', episode: 1, open: false }]]);
  const third = oddityNews(second.told, ['wrong-floor', 'babbling']);
  expect(third.opened).toEqual([{ cause: 'wrong-floor', episode: 2, open: true }]);
  expect(oddityNews(third.told, ['babbling', 'wrong-floor'])).toEqual({ opened: [], closed: [], told: third.told });
});
