import { describe, expect, test } from 'vitest';
import { ErrorCode } from '../../../brokers/kafka/error-codes.ts';
import { eventually } from '../../support/eventually.ts';
import type { Harness } from './harness.ts';
import { coordinated, settled } from './protocol/asking.ts';
import { type MemberOptions, subscription, WireMember } from './protocol/member.ts';
import { at, type Fields, listAt, textAt } from './protocol/values.ts';

export function membershipTests(harness: () => Harness): void {
  const memberOf = async (groupId: string, options: MemberOptions = {}) =>
    new WireMember(await harness().protocol(), groupId, options);
  /** A client whose coordinator is at work. */
  const ready = async () => {
    const client = await harness().protocol();
    await coordinated(client, 0, 'any');
    return client;
  };
  const described = async (member: WireMember) =>
    at(await member.client.ask('DescribeGroups', 5, { groups: [member.groupId] }), 'groups', 0);
  const inState = (member: WireMember, state: string) =>
    eventually(`${state}`, async () => at(await described(member), 'groupState') === state);
  /** A stable group of two, the first its leader. */
  const pair = async (options: [MemberOptions, MemberOptions] = [{}, {}]) => {
    const groupId = harness().unique('group');
    const [leader, follower] = [await memberOf(groupId, options[0]), await memberOf(groupId, options[1])];
    await leader.join();
    await leader.sync({ [leader.memberId]: 'all' });
    const joining = follower.join();
    await inState(leader, 'PreparingRebalance');
    await leader.join();
    await joining;
    const shares = { [leader.memberId]: 'of the leader', [follower.memberId]: 'of the follower' };
    await Promise.all([follower.sync(), leader.sync(shares)]);
    return { leader, follower };
  };

  describe('members of a group', () => {
    test('are given their ids first from JoinGroup 4 on, and before that at once', async () => {
      const groupId = harness().unique('group');
      const member = await memberOf(groupId);
      await coordinated(member.client, 0, groupId);
      const told = await settled(() => member.askToJoin(4), 'errorCode');
      expect(told).toMatchObject({ errorCode: ErrorCode.MEMBER_ID_REQUIRED, generationId: -1, members: [] });
      expect(textAt(told, 'memberId')).not.toBe('');
      const old = await memberOf(harness().unique('group'));
      const joined = await old.askToJoin(3);
      expect(joined).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range' });
      expect(at(joined, 'leader')).toBe(at(joined, 'memberId'));
    });

    test('learn of each other through their leader, and their shares from it', async () => {
      const groupId = harness().unique('group');
      const member = await memberOf(groupId, { protocols: ['range', 'sticky'] });
      const joined = await member.join();
      expect(joined).toMatchObject({ protocolType: 'consumer', protocolName: 'range', leader: member.memberId });
      expect(listAt(joined, 'members')).toEqual([
        { memberId: member.memberId, groupInstanceId: null, metadata: subscription([], 'range') },
      ]);
      expect(at(await described(member), 'groupState')).toBe('CompletingRebalance');
      expect(await member.sync({ [member.memberId]: 'mine' })).toMatchObject({
        errorCode: 0,
        protocolType: 'consumer',
        protocolName: 'range',
        assignment: Buffer.from('mine'),
      });
      expect(await described(member)).toMatchObject({
        errorCode: 0,
        groupState: 'Stable',
        protocolType: 'consumer',
        protocolData: 'range',
        members: [
          {
            memberId: member.memberId,
            groupInstanceId: null,
            clientId: 'wire',
            clientHost: '/127.0.0.1',
            memberMetadata: subscription([], 'range'),
            memberAssignment: Buffer.from('mine'),
          },
        ],
      });
      const listed = async (states: string[]) => {
        const answer = await member.client.ask('ListGroups', 4, { statesFilter: states });
        return listAt(answer, 'groups').filter((group) => at(group, 'groupId') === groupId);
      };
      expect(await listed([])).toEqual([{ groupId, protocolType: 'consumer', groupState: 'Stable' }]);
      expect((await listed(['Stable', 'Empty'])).length).toBe(1);
      expect(await listed(['Empty'])).toEqual([]);
    });

    test('have to name a group', async () => {
      const member = new WireMember(await ready(), '');
      const refused = { errorCode: ErrorCode.INVALID_GROUP_ID };
      expect(await member.askToJoin()).toMatchObject(refused);
      expect(await member.sync()).toMatchObject(refused);
      expect(await member.heartbeat()).toBe(ErrorCode.INVALID_GROUP_ID);
      expect(await member.client.ask('LeaveGroup', 2, { groupId: '', memberId: 'm' })).toMatchObject(refused);
      const members = [{ memberId: 'm' }];
      expect(await member.client.ask('LeaveGroup', 4, { groupId: '', members })).toMatchObject(refused);
    });

    test('of a group that is not there are unknown', async () => {
      const topic = await harness().topic();
      const groupId = harness().unique('group');
      const member = new WireMember(await ready(), groupId);
      member.memberId = 'nobody';
      member.generation = 1;
      const unknown = ErrorCode.UNKNOWN_MEMBER_ID;
      expect(await member.askToJoin()).toMatchObject({ errorCode: unknown, memberId: 'nobody' });
      expect(await member.sync()).toMatchObject({ errorCode: unknown });
      expect(await member.heartbeat()).toBe(unknown);
      expect(await member.commit(topic, 1)).toBe(ErrorCode.ILLEGAL_GENERATION);
      expect(await member.client.ask('LeaveGroup', 2, { groupId, memberId: 'm' })).toMatchObject({
        errorCode: unknown,
      });
      expect(await member.client.ask('LeaveGroup', 4, { groupId, members: [{ memberId: 'm' }] })).toMatchObject({
        errorCode: 0,
        members: [{ memberId: 'm', groupInstanceId: null, errorCode: unknown }],
      });
      expect(await described(member)).toMatchObject({ errorCode: 0, groupState: 'Dead', members: [] });
      expect(await member.client.ask('DeleteGroups', 2, { groupsNames: [groupId] })).toMatchObject({
        results: [{ groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND }],
      });
    });

    test('of another generation, and strangers, are refused', async () => {
      const topic = await harness().topic();
      const member = await memberOf(harness().unique('group'));
      await member.join();
      await member.sync({ [member.memberId]: 'mine' });
      const ahead = { generationId: member.generation + 1 };
      expect(await member.heartbeat(ahead)).toBe(ErrorCode.ILLEGAL_GENERATION);
      expect(await member.sync({}, ahead)).toMatchObject({ errorCode: ErrorCode.ILLEGAL_GENERATION });
      expect(await member.commit(topic, 1, ahead)).toBe(ErrorCode.ILLEGAL_GENERATION);
      const stranger = { memberId: 'stranger' };
      expect(await member.heartbeat(stranger)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
      expect(await member.sync({}, stranger)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID });
      expect(await member.commit(topic, 1, stranger)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
      expect(await member.askToJoin(7, stranger)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID });
      expect(await member.commit(topic, 1, { memberId: '', generationId: -1 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
      expect(await member.heartbeat()).toBe(ErrorCode.NONE);
      expect(await member.commit(topic, 1)).toBe(ErrorCode.NONE);
    });

    test('agree on an assignor, or do not get in', async () => {
      const groupId = harness().unique('group');
      const first = await memberOf(groupId, { protocols: ['range', 'sticky'] });
      await first.join();
      await first.sync();
      const refused = { errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL };
      const client = await harness().protocol();
      const other = (options: MemberOptions) => new WireMember(client, groupId, options).askToJoin();
      expect(await other({ protocols: ['other'] })).toMatchObject(refused);
      expect(await other({ protocols: [] })).toMatchObject(refused);
      expect(await other({ protocolType: 'connect' })).toMatchObject(refused);
      expect(await other({ protocolType: '' })).toMatchObject(refused);
      expect(await first.askToJoin(7, { protocols: [] })).toMatchObject(refused);
      expect(await first.sync({}, { protocolName: 'sticky' })).toMatchObject(refused);
      expect(await first.sync({}, { protocolType: 'connect' })).toMatchObject(refused);
      expect(await first.sync({}, { protocolType: null, protocolName: null })).toMatchObject(refused);
      expect(await first.sync({}, {}, 4)).toMatchObject({ errorCode: 0 });
      expect(await first.sync()).toMatchObject({ errorCode: 0 });
    });

    test('have sessions that the broker takes', async () => {
      const client = await ready();
      for (const sessionTimeoutMs of [-1, 5_999, 1_800_001]) {
        const member = new WireMember(client, harness().unique('group'), { sessionTimeoutMs });
        expect(await member.askToJoin()).toMatchObject({ errorCode: ErrorCode.INVALID_SESSION_TIMEOUT });
      }
    });

    test('are told of a rebalance, and of its end', async () => {
      const topic = await harness().topic();
      const { leader, follower } = await pair();
      expect([leader.generation, follower.generation]).toEqual([2, 2]);
      expect(await Promise.all([leader.heartbeat(), follower.heartbeat()])).toEqual([0, 0]);

      const third = await memberOf(leader.groupId);
      const joining = third.join();
      await inState(leader, 'PreparingRebalance');
      expect(await leader.heartbeat()).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
      expect(await leader.sync()).toMatchObject({ errorCode: ErrorCode.REBALANCE_IN_PROGRESS, protocolName: null });
      expect(await leader.commit(topic, 3), 'they may still say how far they came').toBe(ErrorCode.NONE);
      const joined = await Promise.all([leader.join(), follower.join(), joining]);
      expect(joined.map((answer) => at(answer, 'generationId'))).toEqual([3, 3, 3]);
      expect(joined.map((answer) => listAt(answer, 'members').length)).toEqual([3, 0, 0]);

      expect(await follower.heartbeat(), 'between a join and its sync').toBe(ErrorCode.NONE);
      expect(await follower.commit(topic, 3)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
      const waiting = follower.sync();
      await leader.sync({ [follower.memberId]: 'share', [third.memberId]: 'another' });
      expect(await waiting).toMatchObject({ assignment: Buffer.from('share') });
      expect(await third.sync()).toMatchObject({ assignment: Buffer.from('another') });
      expect(await leader.sync(), 'whoever is given nothing').toMatchObject({ assignment: Buffer.alloc(0) });
    });

    test('that ask again for the generation they are in get it once more', async () => {
      const { leader, follower } = await pair();
      const again = await follower.askToJoin();
      expect(again).toMatchObject({ errorCode: 0, generationId: 2, leader: leader.memberId, members: [] });
      expect(at(await described(leader), 'groupState')).toBe('Stable');
    });

    test('leave, several in one request, and the rest share anew', async () => {
      const { leader, follower } = await pair();
      const { groupId } = leader;
      const members = [{ memberId: follower.memberId }, { memberId: 'stranger' }];
      expect(await leader.client.ask('LeaveGroup', 4, { groupId, members })).toMatchObject({
        errorCode: 0,
        members: [
          { memberId: follower.memberId, errorCode: 0 },
          { memberId: 'stranger', errorCode: ErrorCode.UNKNOWN_MEMBER_ID },
        ],
      });
      expect(await follower.heartbeat()).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
      expect(await leader.heartbeat()).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
      expect(await leader.join()).toMatchObject({ generationId: 3 });
      expect(await leader.leave()).toBe(ErrorCode.NONE);
      expect(at(await described(leader), 'groupState')).toBe('Empty');
    });

    test('that do not ask for their share in time are gone', async () => {
      for (const rebalanceTimeoutMs of [1, 0, -5]) {
        const member = await memberOf(harness().unique('group'), { rebalanceTimeoutMs });
        expect(await member.join(), String(rebalanceTimeoutMs)).toMatchObject({ errorCode: 0, generationId: 1 });
        await eventually('it to be gone', async () => (await member.heartbeat()) === ErrorCode.UNKNOWN_MEMBER_ID);
        expect(await member.sync()).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID });
      }
    });

    test('that leave before they have joined are unknown', async () => {
      const member = await memberOf(harness().unique('group'));
      await coordinated(member.client, 0, member.groupId);
      member.memberId = textAt(await settled(() => member.askToJoin(), 'errorCode'), 'memberId');
      expect(await member.leave()).toBe(ErrorCode.NONE);
      expect(await member.askToJoin()).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID });
    });

    test('are given what their leader sends for them, and not what it sends again', async () => {
      const member = await memberOf(harness().unique('group'));
      await member.join();
      const first = await member.sync({ stranger: 'of a stranger', [member.memberId]: 'first' });
      expect(first).toMatchObject({ errorCode: 0, assignment: Buffer.from('first') });
      expect(await member.sync({ [member.memberId]: 'again' })).toMatchObject({ assignment: Buffer.from('first') });
    });

    test('keep their group from being deleted', async () => {
      const member = await memberOf(harness().unique('group'));
      await member.join();
      const { groupId, client } = member;
      const deleted = async () => at(await client.ask('DeleteGroups', 2, { groupsNames: [groupId] }), 'results', 0);
      expect(await deleted()).toMatchObject({ errorCode: ErrorCode.NON_EMPTY_GROUP });
      await member.leave();
      expect(await deleted()).toMatchObject({ errorCode: ErrorCode.NONE });
      expect(await deleted()).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND });
    });
  });

  describe('static members (KIP-345)', () => {
    const instances: [MemberOptions, MemberOptions] = [{ instanceId: 'one' }, { instanceId: 'two' }];

    test('that come back take their place and their share without a rebalance, and fence who had it', async () => {
      const topic = await harness().topic();
      const { leader, follower } = await pair(instances);
      const returned = await memberOf(leader.groupId, { instanceId: 'two' });
      expect(await returned.join()).toMatchObject({
        errorCode: 0,
        generationId: 2,
        protocolName: 'range',
        leader: leader.memberId,
        members: [],
      });
      expect(returned.memberId).not.toBe(follower.memberId);
      expect(await returned.sync()).toMatchObject({ errorCode: 0, assignment: Buffer.from('of the follower') });
      expect(await leader.heartbeat()).toBe(ErrorCode.NONE);
      expect(await returned.heartbeat()).toBe(ErrorCode.NONE);

      const fenced = ErrorCode.FENCED_INSTANCE_ID;
      expect(await follower.heartbeat()).toBe(fenced);
      expect(await follower.sync()).toMatchObject({ errorCode: fenced });
      expect(await follower.commit(topic, 1)).toBe(fenced);
      expect(await follower.askToJoin()).toMatchObject({ errorCode: fenced });
      expect(await follower.leave()).toBe(fenced);
      expect(await follower.heartbeat({ groupInstanceId: null }), 'under its old id').toBe(ErrorCode.UNKNOWN_MEMBER_ID);
      expect(await follower.heartbeat({ groupInstanceId: 'three' })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    });

    test('that led and come back do not assign anew', async () => {
      const { leader, follower } = await pair(instances);
      const returned = await memberOf(leader.groupId, { instanceId: 'one' });
      const joined = await returned.join();
      expect(joined).toMatchObject({ errorCode: 0, generationId: 2, leader: leader.memberId, members: [] });
      expect(await returned.sync()).toMatchObject({ assignment: Buffer.from('of the leader') });
      const again = await memberOf(leader.groupId, { instanceId: 'one' });
      const told = await again.join(9);
      expect(told).toMatchObject({ errorCode: 0, generationId: 2, leader: again.memberId, skipAssignment: true });
      expect(listAt(told, 'members').length).toBe(2);
      expect(await follower.heartbeat()).toBe(ErrorCode.NONE);
    });

    test('that come back with another assignor have the group share anew', async () => {
      const groupId = harness().unique('group');
      const member = await memberOf(groupId, { instanceId: 'one', protocols: ['range', 'sticky'] });
      await member.join();
      await member.sync();
      const returned = await memberOf(groupId, { instanceId: 'one', protocols: ['sticky', 'range'] });
      expect(await returned.join()).toMatchObject({
        generationId: 2,
        protocolName: 'sticky',
        leader: returned.memberId,
      });
    });

    test('that wait for the same generation: the last one gets it', async () => {
      const { leader, follower } = await pair(instances);
      const third = await memberOf(leader.groupId);
      const joining = third.join();
      await inState(leader, 'PreparingRebalance');
      const early = follower.join();
      const returned = await memberOf(leader.groupId, { instanceId: 'two' });
      // In the group when it is described with three members, of which two wait.
      await eventually('the follower to wait', async () => listAt(await described(leader), 'members').length === 3);
      const late = returned.join();
      expect(await early).toMatchObject({ errorCode: ErrorCode.FENCED_INSTANCE_ID });
      await leader.join();
      expect(at(await late, 'generationId')).toBe(3);
      await joining;
    });

    test('that are replaced between a join and its sync are fenced', async () => {
      const first = await memberOf(harness().unique('group'), { instanceId: 'one' });
      await first.join();
      const second = await memberOf(first.groupId, { instanceId: 'one' });
      expect(await second.join()).toMatchObject({ errorCode: 0, generationId: 2, leader: second.memberId });
      expect(await first.sync({ [first.memberId]: 'x' })).toMatchObject({ errorCode: ErrorCode.FENCED_INSTANCE_ID });
      expect(await second.sync({ [second.memberId]: 'y' })).toMatchObject({ assignment: Buffer.from('y') });
      expect(await second.askToJoin(7, { groupInstanceId: 'two' })).toMatchObject({
        errorCode: ErrorCode.UNKNOWN_MEMBER_ID,
      });
    });

    test('are named in the group, and removed by their instance', async () => {
      const { leader, follower } = await pair(instances);
      const { groupId } = leader;
      const named = listAt(await described(leader), 'members').map((member) => at(member, 'groupInstanceId'));
      expect(named.sort()).toEqual(['one', 'two']);
      const members: Fields[] = [
        { memberId: '', groupInstanceId: 'two' },
        { memberId: '', groupInstanceId: 'three' },
        { memberId: 'stranger', groupInstanceId: 'one' },
      ];
      expect(await leader.client.ask('LeaveGroup', 4, { groupId, members })).toMatchObject({
        errorCode: 0,
        members: [
          { memberId: '', groupInstanceId: 'two', errorCode: 0 },
          { memberId: '', groupInstanceId: 'three', errorCode: ErrorCode.UNKNOWN_MEMBER_ID },
          { memberId: 'stranger', groupInstanceId: 'one', errorCode: ErrorCode.FENCED_INSTANCE_ID },
        ],
      });
      expect(await follower.heartbeat()).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
      expect(await leader.heartbeat()).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    });
  });

  describe('offsets of a group', () => {
    const fetched = async (client: WireMember['client'], groups: Fields[]) =>
      settled(() => client.ask('OffsetFetch', 8, { groups }), 'groups', 0, 'errorCode');

    test('are committed from outside while it has no members, and fetched for several groups at once', async () => {
      const [topic, other] = [await harness().topic(2), await harness().topic()];
      const member = new WireMember(await ready(), harness().unique('group'));
      expect(await member.commit(topic, 5)).toBe(ErrorCode.NONE);
      expect(await member.commit(other, 6)).toBe(ErrorCode.NONE);
      const unknown = harness().unique('group');
      const answer = await fetched(member.client, [
        { groupId: member.groupId, topics: null },
        { groupId: member.groupId, topics: [{ name: topic, partitionIndexes: [0, 1, 7] }] },
        { groupId: unknown, topics: [{ name: topic, partitionIndexes: [0] }] },
        { groupId: unknown, topics: null },
      ]);
      const none = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 };
      const partitions = (name: string, list: Fields[]) => [{ name, partitions: list }];
      expect(
        listAt(answer, 'groups', 0, 'topics')
          .map((entry) => at(entry, 'name'))
          .sort(),
      ).toEqual([topic, other].sort());
      expect(at(answer, 'groups', 1)).toMatchObject({
        groupId: member.groupId,
        topics: partitions(topic, [
          { partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: -1, metadata: '', errorCode: 0 },
          { partitionIndex: 1, ...none },
          { partitionIndex: 7, ...none },
        ]),
        errorCode: 0,
      });
      expect(at(answer, 'groups', 2)).toMatchObject({ topics: partitions(topic, [{ partitionIndex: 0, ...none }]) });
      expect(at(answer, 'groups', 3)).toEqual({ groupId: unknown, topics: [], errorCode: 0 });
    });

    test('of unknown partitions, and with notes that are too long, are refused', async () => {
      const topic = await harness().topic();
      const member = new WireMember(await ready(), harness().unique('group'));
      expect(await member.commit(`${topic}-unknown`, 1)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      const commit = async (partitionIndex: number, committedMetadata: string | null) => {
        const topics = [{ name: topic, partitions: [{ partitionIndex, committedOffset: 1, committedMetadata }] }];
        return await member.commit(topic, 1, { topics });
      };
      expect(await commit(9, '')).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      expect(await commit(-1, '')).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      expect(await commit(0, 'x'.repeat(4097))).toBe(ErrorCode.OFFSET_METADATA_TOO_LARGE);
      expect(await commit(0, 'x'.repeat(4096))).toBe(ErrorCode.NONE);
      expect(await commit(0, null)).toBe(ErrorCode.NONE);
    });
  });
}
