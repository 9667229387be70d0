import { expect, test } from 'vitest';
import { seededRandom } from '../../app/random.ts';
import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import { canaryOf } from '../../transport/kafka/canary-ids.ts';
import type { Heard } from './bridge.ts';
import { Chance } from './chance.ts';
import type { Plan } from './detector.ts';
import { KafkaLog } from './kafka-log.ts';
import { NEVER_ODD } from './odd-plan.ts';
import { Scheduler } from './scheduler.ts';
import { silencesOf } from './silences.ts';
import type { History } from './simulation.ts';
import { storyOf } from './story.ts';

const PLAN: Plan = {
  id: 2,
  floor: 1,
  gateway: null,
  home: 0,
  bornAt: 500,
  heartbeats: [{ from: 0, heartbeatMs: 1_000 }],
  ailments: [{ from: 0, to: 90_000, kind: 'silenced' }],
  fires: [],
  moves: [],
  ...NEVER_ODD,
};

const HEARD = { floor: 1, value: 0, isDouble: false } as const;

/** A detector is announced through `a` and never heard; each bridge sings every second in its spans, [from, to) in seconds. */
function neverHeard(
  songs: Readonly<Record<'a' | 'b', readonly (readonly [number, number])[]>>,
  announcedAt = 500,
): History {
  const chance = new Chance(seededRandom('never heard'));
  const sung = (['a', 'b'] as const).flatMap((bridge) =>
    songs[bridge].flatMap(([from, to]) =>
      Array.from({ length: to - from }, (_, i) => ({ bridge, at: (from + i) * 1_000 })),
    ),
  );
  const heard = sung
    .sort((one, other) => one.at - other.at)
    .map(
      ({ bridge, at }): Heard => ({
        ...HEARD,
        detector: canaryOf(0),
        bridge,
        at,
        partitions: PARTITIONS,
        appendedAt: at,
      }),
    );
  return {
    story: { ...storyOf(chance), crashRate: 0, growth: undefined },
    world: {
      scheduler: new Scheduler(),
      log: new KafkaLog(),
      chance,
      crashRate: 0,
      said: [],
      steppedAt: [],
      regrouped: [],
    },
    heard: [heard],
    announcements: [{ id: 2, at: announcedAt, bridge: 'a' }],
    announced: new Map([[2, [{ at: announcedAt, receivedAt: 500, heartbeatMs: 1_000 }]]]),
    registered: new Map([[2, [{ partition: 0, at: announcedAt }]]]),
    watched: [],
    correlated: [],
  };
}

test('nobody has to tell of a detector that was never heard while the bridge that announced it is away', () => {
  const [silence] = silencesOf(
    neverHeard({
      a: [
        [0, 2],
        [18, 20],
      ],
      b: [[0, 20]],
    }),
    PLAN,
  );
  expect(silence).toMatchObject({ mayBeToldAt: [], mustBeToldAt: undefined });
});

test('it has to be told of once that bridge sang for its window, or is gone', () => {
  for (const songs of [
    { a: [[0, 20]], b: [] },
    { a: [[0, 2]], b: [[0, 110]] },
  ] as const) {
    expect(silencesOf(neverHeard(songs), PLAN)[0]?.mustBeToldAt).toBeDefined();
  }
});

test('its silence counts from when its announcement was received, and not from when Kafka took that', () => {
  const [silence] = silencesOf(neverHeard({ a: [[0, 7]], b: [] }, 4_900), PLAN);
  expect(silence?.mayBeToldAt).toEqual([5, 6]);
});

test('a Last Will may come some seconds after the detector has connected anew', () => {
  const history = neverHeard({ a: [[0, 7]], b: [] });
  const signal: Heard = { ...HEARD, detector: 2, bridge: 'a', at: 1_500, partitions: PARTITIONS, appendedAt: 1_500 };
  const heard = (history.heard[0] ?? []).toSpliced(2, 0, signal);
  const cutOff = { from: 600, to: 1_500, kind: 'cut off' } as const;
  const plan: Plan = { ...PLAN, ailments: [cutOff, { from: 1_600, to: 90_000, kind: 'silenced' }] };
  expect(silencesOf({ ...history, heard: [heard] }, plan).at(-1)?.mayBeToldAt).toEqual([5, 6, 7]);
});

test('where partitions are added its window begins anew, in its new one, once its bridge knows of them', () => {
  const history = neverHeard({ a: [[0, 4]], b: [] });
  const song = { ...HEARD, detector: canaryOf(2), bridge: 'a', partitions: 7 };
  const sung = Array.from(
    { length: 8 },
    (_, i): Heard => ({ ...song, at: 4_000 + i * 1_000, appendedAt: 4_000 + i * 1_000 }),
  );
  const grown: History = {
    ...history,
    story: { ...history.story, growth: { at: 3_500, to: 7, bridgesLearnAfter: [400], groupsLearnAfter: [100] } },
    world: { ...history.world, regrouped: [{ at: 3_600, committed: [4, 0, 0, 0, 0, 0, 0] }] },
    heard: [...history.heard, [], sung],
    registered: new Map([[2, [{ partition: 2, at: 3_700 }]]]),
  };
  const [silence] = silencesOf(grown, PLAN);
  expect(silence).toMatchObject({ mayBeToldAt: [9, 10, 11], mustBeToldAt: 11 });
});
