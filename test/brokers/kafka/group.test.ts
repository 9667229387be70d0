import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../app/random.ts';
import { ErrorCode } from '../../../brokers/kafka/error-codes.ts';
import { Groups } from '../../../brokers/kafka/groups.ts';
import type { JoinAnswer, JoinRequest } from '../../../brokers/kafka/member.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const GROUP = 'g';

function setup() {
  const clock = new ManualClock();
  const random = seededRandom('group');
  const groups = new Groups({ clock, random, minSessionTimeoutMs: 6000, maxSessionTimeoutMs: 60_000 });
  const join = (fields: Partial<JoinRequest> = {}) =>
    groups.join({
      groupId: GROUP,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 20_000,
      memberId: '',
      instanceId: null,
      protocolType: 'consumer',
      protocols: [{ name: 'roundrobin', metadata: Buffer.from('m') }],
      clientId: 'client',
      clientHost: '/127.0.0.1',
      idFirst: false,
      maySkipAssignment: false,
      ...fields,
    });
  const group = () => {
    const found = groups.get(GROUP);
    if (!found) throw new Error('no group');
    return found;
  };
  const sync = (joined: JoinAnswer, shares: Record<string, string> = {}) =>
    group().sync({
      memberId: joined.memberId,
      instanceId: null,
      generation: joined.generation,
      protocolType: null,
      protocol: null,
      assignments: Object.entries(shares).map(([memberId, text]) => ({ memberId, assignment: Buffer.from(text) })),
    });
  const beat = (joined: JoinAnswer) => group().heartbeat({ ...joined, instanceId: null });
  /** A stable group of two; the first leads. */
  const stable = async () => {
    const first = await join();
    await sync(first, { [first.memberId]: 'all' });
    const pending = join();
    const [leader, follower] = await Promise.all([join({ memberId: first.memberId }), pending]);
    const shares = { [leader.memberId]: 'one', [follower.memberId]: 'two' };
    const synced = await Promise.all([sync(follower), sync(leader, shares)]);
    return { leader, follower, synced };
  };
  return { clock, groups, join, group, sync, beat, stable };
}

describe('a group', () => {
  test('makes its first member the leader and gives it what it assigns', async () => {
    const { join, sync, group, beat } = setup();
    const joined = await join();
    expect(joined).toMatchObject({ error: 0, generation: 1, protocol: 'roundrobin', leader: joined.memberId });
    expect(joined.members.map((member) => member.id)).toEqual([joined.memberId]);
    expect(group().state).toBe('CompletingRebalance');
    expect(await sync(joined, { [joined.memberId]: 'mine' })).toMatchObject({
      error: 0,
      assignment: Buffer.from('mine'),
    });
    expect(group().state).toBe('Stable');
    expect(beat(joined)).toBe(ErrorCode.NONE);
  });

  test('tells everybody of a newcomer, waits for all, and tells the members to the leader alone', async () => {
    const { stable, beat } = setup();
    const { leader, follower, synced } = await stable();
    expect(leader.generation).toBe(2);
    expect(follower).toMatchObject({ generation: 2, leader: leader.memberId, members: [] });
    expect(leader.members.map((member) => member.id).sort()).toEqual([leader.memberId, follower.memberId].sort());
    expect(synced.map(({ assignment }) => assignment.toString())).toEqual(['two', 'one']);
    expect([beat(leader), beat(follower)]).toEqual([0, 0]);
  });

  test('answers heartbeats with "rebalance" while it prepares one', async () => {
    const { stable, join, beat, group } = setup();
    const { leader, follower } = await stable();
    const third = join();
    expect(group().state).toBe('PreparingRebalance');
    expect([beat(leader), beat(follower)]).toEqual([27, 27]);
    const rejoined = await Promise.all([leader, follower].map(({ memberId }) => join({ memberId })));
    expect((await third).generation).toBe(3);
    expect(beat(leader), 'the old generation is over').toBe(ErrorCode.ILLEGAL_GENERATION);
    expect(rejoined.every(({ generation }) => generation === 3)).toBe(true);
  });

  test('leaves behind who does not rejoin within the rebalance timeout', async () => {
    const { stable, join, beat, clock } = setup();
    const { leader, follower } = await stable();
    const third = join();
    const again = join({ memberId: leader.memberId });
    for (let i = 0; i < 4; i++) {
      clock.advance(4_999);
      expect(beat(follower)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    }
    clock.advance(10);
    expect((await again).members.map(({ id }) => id).sort()).toEqual([leader.memberId, (await third).memberId].sort());
    expect(beat(follower)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test('removes a member whose session ends, and keeps one that sends heartbeats', async () => {
    const { stable, beat, clock, group } = setup();
    const { leader, follower } = await stable();
    clock.advance(9_000);
    expect(beat(leader)).toBe(0);
    clock.advance(1_001);
    expect(beat(follower)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(beat(leader)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    clock.advance(60_000);
    expect(group().state).toBe('Empty');
    expect(clock.pending()).toEqual([]);
  });

  test('a leader that dies before it assigns does not hold up the others', async () => {
    const { stable, join, sync, clock } = setup();
    const { leader, follower } = await stable();
    const third = join();
    const [, again] = await Promise.all([leader, follower].map(({ memberId }) => join({ memberId })));
    const waiting = [sync(await third), again && sync(again)];
    clock.advance(10_001);
    for (const answer of await Promise.all(waiting)) expect(answer?.error).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    const anew = [join({ memberId: (await third).memberId }), join({ memberId: follower.memberId })];
    const leaders = (await Promise.all(anew)).map((answer) => answer.leader);
    expect(new Set(leaders).size).toBe(1);
    expect(leaders[0]).not.toBe(leader.memberId);
  });

  test('a member that waited for its share and is sent to rejoin is held to its session again', async () => {
    const { stable, join, sync, group, clock } = setup();
    const { leader, follower } = await stable();
    const third = join();
    const [, again] = await Promise.all([leader, follower].map(({ memberId }) => join({ memberId })));
    const waiting = again && sync(again);
    group().leave(leader.memberId, null);
    expect((await waiting)?.error).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    const alone = join({ memberId: (await third).memberId });
    clock.advance(10_001);
    expect((await alone).members.map(({ id }) => id)).toEqual([(await third).memberId]);
    expect(group().heartbeat({ ...follower, instanceId: null, generation: 3 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test('rebalances at once when a member leaves, and is Empty when the last one left', async () => {
    const { stable, group, join, clock } = setup();
    const { leader, follower } = await stable();
    expect(group().leave(leader.memberId, null)).toBe(0);
    expect(group().leave(leader.memberId, null)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    const alone = await join({ memberId: follower.memberId });
    expect(alone).toMatchObject({ error: 0, leader: follower.memberId, generation: 3 });
    expect(group().leave(follower.memberId, null)).toBe(0);
    expect(group().state).toBe('Empty');
    expect(clock.pending()).toEqual([]);
  });

  test('gives a newcomer its id first where it asks so, and waits for it', async () => {
    const { join, sync, group, clock } = setup();
    const told = await join({ idFirst: true });
    expect(told).toMatchObject({ error: ErrorCode.MEMBER_ID_REQUIRED, generation: -1 });
    expect(told.memberId).toMatch(/^client-/);
    expect(group().isEmpty).toBe(true);
    const joined = await join({ idFirst: true, memberId: told.memberId });
    expect(joined).toMatchObject({ error: 0, memberId: told.memberId });

    await sync(joined);
    const ghost = await join({ idFirst: true });
    const again = join({ memberId: joined.memberId });
    clock.advance(9_999);
    expect(group().state, 'the ghost is waited for').toBe('PreparingRebalance');
    clock.advance(2);
    expect((await again).error, 'and no longer than its session').toBe(0);
    expect((await join({ idFirst: true, memberId: ghost.memberId })).error).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test('answers a member that asks again for what it has without a rebalance', async () => {
    const { stable, join, group } = setup();
    const { follower } = await stable();
    expect(await join({ memberId: follower.memberId })).toEqual(follower);
    expect(group().state).toBe('Stable');
    const protocols = [{ name: 'roundrobin', metadata: Buffer.from('other topics') }];
    void join({ memberId: follower.memberId, protocols });
    expect(group().state).toBe('PreparingRebalance');
  });

  test('chooses the assignor that all offer and most prefer, and refuses who shares none', async () => {
    const { join } = setup();
    const offer = (...names: string[]) => names.map((name) => ({ name, metadata: Buffer.from(name) }));
    const first = await join({ protocols: offer('range', 'sticky', 'old') });
    expect((await join({ protocols: offer('other') })).error).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    expect((await join({ protocolType: 'connect' })).error).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    expect((await join({ protocols: [] })).error).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    const pending = [join({ protocols: offer('sticky', 'range') }), join({ protocols: offer('sticky', 'range') })];
    const leader = await join({ memberId: first.memberId, protocols: offer('range', 'sticky', 'old') });
    expect(leader.protocol).toBe('sticky');
    expect(leader.members.map(({ metadata }) => metadata.toString())).toEqual(['sticky', 'sticky', 'sticky']);
    await Promise.all(pending);
  });

  test('refuses sessions outside its bounds, and ids that it did not give', async () => {
    const { join, groups } = setup();
    expect((await join({ sessionTimeoutMs: 5_999 })).error).toBe(ErrorCode.INVALID_SESSION_TIMEOUT);
    expect((await join({ sessionTimeoutMs: 60_001 })).error).toBe(ErrorCode.INVALID_SESSION_TIMEOUT);
    expect((await join({ groupId: '' })).error).toBe(ErrorCode.INVALID_GROUP_ID);
    expect((await join({ memberId: 'mine' })).error).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(groups.all()).toEqual([]);
  });

  test('removes who takes a generation and does not ask for its share in the rebalance timeout', async () => {
    const { stable, join, sync, beat, clock, group } = setup();
    const { leader, follower } = await stable();
    const third = join();
    const [again, mute] = await Promise.all([leader, follower].map(({ memberId }) => join({ memberId })));
    if (!again || !mute) throw new Error('no answer');
    await sync(again);
    await sync(await third);
    for (let i = 0; i < 4; i++) {
      clock.advance(4_999);
      expect([again, mute, await third].map(beat)).toEqual([0, 0, 0]);
    }
    clock.advance(10);
    expect(beat(mute)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(beat(again)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    expect([...group().members()].length).toBe(2);
  });
});

describe('static members (KIP-345)', () => {
  test('stay in the group when they miss a rebalance, until their session ends', async () => {
    const { join, sync, clock } = setup();
    const absent = await join({ instanceId: 'i' });
    await sync(absent);
    const pending = join({ instanceId: 'j' });
    clock.advance(9_000);
    // Its session would end before the rebalance does.
    expect(await join({ memberId: absent.memberId, instanceId: 'i' })).toMatchObject({ generation: 2 });
    await pending;
    const third = join({ sessionTimeoutMs: 60_000 });
    const longer = { memberId: (await pending).memberId, instanceId: 'j', sessionTimeoutMs: 60_000 };
    const rejoined = join(longer);
    clock.advance(10_001);
    expect((await rejoined).error).toBe(ErrorCode.NONE);
    const leader = [await rejoined, await third].find(({ members }) => members.length > 0);
    expect(leader?.members.map(({ instanceId }) => instanceId).sort()).toEqual(['j', null]);
  });

  test('that are absent keep their place, and another member leads', async () => {
    const { join, sync, clock } = setup();
    const long = { sessionTimeoutMs: 60_000 };
    const absent = await join({ instanceId: 'i', ...long });
    await sync(absent);
    const newcomer = join(long);
    clock.advance(20_001);
    const joined = await newcomer;
    expect(joined).toMatchObject({ generation: 2, leader: joined.memberId });
    expect(joined.members.map(({ instanceId }) => instanceId)).toEqual(['i', null]);
  });

  test('take the place of the former one, and fence that one off', async () => {
    const { join, sync, group } = setup();
    const former = await join({ instanceId: 'i' });
    await sync(former, { [former.memberId]: 'share' });
    const latter = await join({ instanceId: 'i' });
    expect(latter).toMatchObject({ generation: former.generation, leader: former.memberId, members: [] });
    expect(latter.memberId).toMatch(/^i-/);
    expect(latter.memberId).not.toBe(former.memberId);
    expect(group().heartbeat({ ...former, instanceId: 'i' })).toBe(ErrorCode.FENCED_INSTANCE_ID);
    expect(group().heartbeat({ ...latter, instanceId: 'i' })).toBe(0);
    expect((await sync(latter)).assignment.toString()).toBe('share');
  });
});

describe('committing', () => {
  test('is for members of the present generation, and for anybody while there are none', async () => {
    const { stable, groups, group } = setup();
    const may = (memberId: string, generation: number) =>
      groups.forCommit(GROUP, { memberId, instanceId: null, generation }).error;
    expect(may('', 3)).toBe(ErrorCode.ILLEGAL_GENERATION);
    expect(may('', -1)).toBe(0);
    const { leader, follower } = await stable();
    expect(may(leader.memberId, leader.generation)).toBe(0);
    expect(may(leader.memberId, 1)).toBe(ErrorCode.ILLEGAL_GENERATION);
    expect(may('stranger', leader.generation)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(may('', -1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    group().leave(follower.memberId, null);
    expect(may(leader.memberId, leader.generation), 'before it rejoins a member may still commit').toBe(0);
    group().leave(leader.memberId, null);
    expect(may('', -1)).toBe(0);
  });

  test('is refused between a join and its sync', async () => {
    const { join, groups } = setup();
    const { memberId, generation } = await join();
    expect(groups.forCommit(GROUP, { memberId, instanceId: null, generation }).error).toBe(
      ErrorCode.REBALANCE_IN_PROGRESS,
    );
  });
});

test('a coordinator that goes answers all who wait and leaves no timer', async () => {
  const { stable, join, sync, groups, group, clock } = setup();
  const { leader, follower } = await stable();
  const joining = [join(), join({ memberId: leader.memberId })];
  groups.dissolve();
  for (const answer of await Promise.all(joining)) expect(answer.error).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  expect((await sync(follower)).error).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  expect(group().state).toBe('Empty');
  expect(clock.pending()).toEqual([]);
});
