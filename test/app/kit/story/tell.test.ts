import { describe, expect, it } from 'vitest';
import type { Scene } from '../../../../app/kit/story/ends.ts';
import { STORY_TOPICS } from '../../../../app/kit/story/hops.ts';
import { tellStory } from '../../../../app/kit/story/tell.ts';
import { eventRecord } from '../../../../contracts/cloud-events.ts';
import { ATTEMPTS_HEADER, NOT_BEFORE_HEADER } from '../../../../contracts/dead-letters.ts';
import { disablementChanged } from '../../../../contracts/disablements.ts';
import {
  alarmDetected,
  deliveryRecorded,
  detectorRegistered,
  emailRequested,
  incidentChanged,
  valveCommanded,
  verdictReached,
} from '../../../../contracts/events.ts';
import { idOf } from '../../../../contracts/ids.ts';
import type { InRecord, OutRecord } from '../../../../contracts/kafka-records.ts';
import { TOPICS } from '../../../../contracts/kafka-topics.ts';
import { signalRecord } from '../../../../contracts/signals.ts';

const START = Date.UTC(2026, 0, 1, 12);
const at = (seconds: number) => new Date(START + seconds * 1_000).toISOString();

/** Records as they stand in Kafka: each topic in one partition, with offsets from 0. */
function log(...records: readonly OutRecord[]): InRecord[] {
  const ends = new Map<string, number>();
  return records.map(({ topic, key, value, headers = {}, timestamp }) => {
    const offset = ends.get(topic) ?? 0;
    ends.set(topic, offset + 1);
    return { topic, partition: 2, offset, timestamp, key, value: value === null ? null : Buffer.from(value), headers };
  });
}

const event = (seconds: number, id: string) => ({
  id: idOf('test', id),
  source: 'test',
  time: START + seconds * 1_000,
});
const INCIDENT = idOf('test', 'incident');
const NOTICE = idOf('test', 'notice');

const announced = (id: number) =>
  eventRecord(detectorRegistered, {
    ...event(0, 'announced'),
    data: { id, floor: 3, mode: 'active', heartbeatMs: 1_000, kind: 'smoke', label: '' },
  });
const signal = (seconds: number, detector: number, value: 0 | 1) =>
  signalRecord({ detector, value, floor: 3, bridge: 'b', receivedAt: START + seconds * 1_000, site: 'hq' });
const alarm = (seconds: number, detector: number, offset: number) =>
  eventRecord(alarmDetected, {
    ...event(seconds, `alarm ${seconds}`),
    data: { floor: 3, detector, at: at(seconds), offset },
  });
const verdict = (seconds: number, change: 'opened' | 'closed') =>
  eventRecord(verdictReached, {
    ...event(seconds, `verdict ${change}`),
    data: {
      ...{ site: 'hq', group: 'watchdog', subject: 'detector/7', incident: INCIDENT, episode: 1, change, floor: 3 },
      ...{ cause: 'silent', bridge: 'b', gateway: null, heartbeatMs: 1_000, windowMs: 4_000 },
      ...{ at: at(seconds), reason: 'Detector 7 on floor 3 has been silent for 5 s.' },
    },
  });
const incident = (seconds: number) =>
  eventRecord(incidentChanged, {
    ...event(seconds, 'opened'),
    data: {
      ...{ incident: INCIDENT, kind: 'fire', change: 'opened', subject: 'floor/3', floor: 3, detectors: [7] },
      ...{ at: at(seconds), reason: 'Detector 7 signals fire.' },
    },
  });
const notice = { id: NOTICE, incident: INCIDENT, kind: 'fire', subject: 'floor/3', expires: at(3_600) } as const;
const email = (seconds: number) =>
  eventRecord(emailRequested, {
    ...event(seconds, 'email'),
    data: { ...notice, to: 'fire@example.com', title: 'FIRE: floor 3', text: '' },
  });
const delivery = (seconds: number, outcome: 'sent' | 'retried' | 'dead', reason: string | null) =>
  eventRecord(deliveryRecorded, {
    ...event(seconds, `delivery ${seconds}`),
    data: {
      ...{ notification: NOTICE, incident: INCIDENT, kind: 'fire', subject: 'floor/3', channel: 'email' },
      ...{ to: 'fire@example.com', outcome, attempt: 1, at: at(seconds), reason },
    },
  });

/** A quiet site where every group has read everything. */
function scene(seconds: number, given: Partial<Scene> = {}): Scene {
  return {
    now: START + seconds * 1_000,
    groups: ['filter', 'watchdog', 'correlator', 'floor-controller', 'bridge', 'router', 'email'].map((group) =>
      groupOf(group, 1, { committed: 100, end: 100 }),
    ),
    pipelineSilentSince: undefined,
    windowMs: (heartbeatMs) => 3 * heartbeatMs + 1_000,
    isBeingSent: () => false,
    ...given,
  };
}

function groupOf(group: string, members: number, { committed, end }: { committed: number; end: number }) {
  const partitions = STORY_TOPICS.map((topic) => ({ topic, partition: 2, committed, end, lag: end - committed }));
  return { group, state: 'Stable', members, partitions };
}

const endsOf = (story: string) =>
  story
    .split('where it stopped:\n')[1]
    ?.split('\n')
    .map((line) => line.trim()) ?? [];

describe('the hops', () => {
  const fire = log(
    announced(7),
    signal(1, 7, 0),
    signal(2, 7, 0),
    signal(2, 8, 0),
    signal(3, 7, 1),
    alarm(3, 7, 3),
    signal(4, 7, 1),
    alarm(4, 7, 4),
    incident(3),
    email(3),
    delivery(3, 'sent', null),
  );

  it('follow a detector from its signal to the mail, in the order of time, repetitions in one line', () => {
    expect(tellStory('detector/7', fire, scene(5)).split('\n')).toEqual([
      'the story of detector/7, at 12:00:05.000:',
      '  12:00:00.000  detectors[2]@0           announced: active, a heartbeat each 1000 ms',
      '  12:00:02.000  signals[2]@0…1           detector 7 signals 0, 2 times',
      '  12:00:03.000  signals[2]@3             detector 7 signals 1',
      '  12:00:03.000  alarms[2]@0              alarm on floor 3 by detector 7',
      '  12:00:03.000  notifications[2]@0       fire opened, floor/3: Detector 7 signals fire.',
      '  12:00:03.000  emails[2]@0              to fire@example.com: FIRE: floor 3',
      '  12:00:03.000  deliveries[2]@0          e-mail to fire@example.com: sent, attempt 1',
      '  12:00:04.000  signals[2]@4             detector 7 signals 1',
      'nothing of it is open: what was asked for was done',
    ]);
  });

  it('leave out what is about others', () => {
    const story = tellStory('detector/8', fire, scene(2));
    expect(story).toContain('signals[2]@2 ');
    expect(story).not.toMatch(/alarm|fire|emails/);
  });

  it('are told from the beginning and from the end where there are many', () => {
    const states = Array.from({ length: 100 }, (_, i) => signal(i, 7, i % 2 === 0 ? 0 : 1));
    expect(tellStory('detector/7', log(...states), scene(99)).split('\n')[9]).toBe('  … 60 more');
  });
});

describe('where it stopped', () => {
  it('before Kafka', () => {
    expect(endsOf(tellStory('detector/8', [], scene(1)))).toEqual(['nothing about detector/8 has come into Kafka']);
  });

  it.each([
    ['nobody is in its group', [groupOf('filter', 0, { committed: 0, end: 1 })], 'nobody is in group filter'],
    ['there is no such group', [], 'nobody is in group filter'],
    [
      'its group is behind',
      [groupOf('filter', 1, { committed: 0, end: 1 })],
      'group filter is behind: it has finished with signals[2] up to 0, which ends at 1',
    ],
    [
      'it was swallowed',
      [groupOf('filter', 1, { committed: 1, end: 1 })],
      'group filter has finished with it, and nothing came of it',
    ],
  ])('at the filter: %s', (_, groups, why) => {
    const story = tellStory('detector/7', log(signal(1, 7, 1)), scene(1, { groups }));
    expect(endsOf(story)).toEqual([`no alarm follows from signals[2]@0: ${why}`]);
  });

  it('at the floor controller', () => {
    const [end] = endsOf(tellStory('floor/3', log(alarm(1, 7, 0)), scene(1, { groups: [] })));
    expect(end).toBe('no fire follows from alarms[2]@0: nobody is in group floor-controller');
  });

  it('at a planned silence, of the detector or its floor, as long as that lasts', () => {
    const about = { site: 'hq', at: at(1), by: 'operator/panel' };
    const order = (subject: string, change: { change: 'disabled'; until: string } | { change: 'enabled' }) =>
      eventRecord(disablementChanged, {
        ...event(1, `${subject} ${change.change}`),
        data: { ...about, subject, ...(change.change === 'enabled' ? change : { ...change, reason: 'painters' }) },
      });
    const own = order('detector/7', { change: 'disabled', until: at(60) });
    const floors = order('floor/3', { change: 'disabled', until: at(90) });
    const others = order('detector/8', { change: 'disabled', until: at(60) });
    const told = (...orders: OutRecord[]) =>
      tellStory('detector/7', log(announced(7), signal(1, 7, 0), ...orders), scene(1));
    const story = told(own, floors, others);
    expect(story).toContain('detector 7 is disabled until 12:01:00.000, says operator/panel: painters');
    expect(endsOf(story)).toEqual([
      'faults of detector/7 are not told: it is disabled until 12:01:00.000',
      'faults of floor/3 are not told: it is disabled until 12:01:30.000',
    ]);
    expect(endsOf(told(own, order('detector/7', { change: 'enabled' })))).toEqual([]);
  });

  it('at the router', () => {
    const [end] = endsOf(tellStory('floor/3', log(incident(1)), scene(1, { groups: [] })));
    expect(end).toBe('no notice follows from notifications[2]@0: nobody is in group router');
  });

  it('at the valve, or before it', () => {
    const command = eventRecord(valveCommanded, {
      ...event(1, 'command'),
      data: { id: idOf('test', 'command'), floor: 3, position: 'open', by: 'operator/x', expires: at(11) },
    });
    expect(endsOf(tellStory('valve/3', log(command), scene(1)))).toEqual([
      'valve 3 has not answered valve-commands[2]@0: the bridge has passed it on, which is good until 12:00:11.000',
    ]);
    expect(endsOf(tellStory('valve/3', log(command), scene(1, { groups: [] })))).toEqual([
      'valve 3 has not answered valve-commands[2]@0: nobody is in group bridge',
    ]);
  });

  it('at the watchdog, whose window is not over, who holds its verdict, or who does not judge', () => {
    const heard = log(announced(8), signal(1, 8, 0));
    const since = 'nothing was heard of detector/8 since 12:00:01.000';
    expect(endsOf(tellStory('detector/8', heard, scene(5)))).toEqual([
      `${since}, which is not too long yet: its window is 4000 ms, and it is 12:00:05.000`,
    ]);
    expect(endsOf(tellStory('detector/8', heard, scene(6, { pipelineSilentSince: START + 3_000 })))).toEqual([
      `${since}, and the watchdog holds its verdict: the pipeline is silent since 12:00:03.000`,
    ]);
    expect(endsOf(tellStory('detector/8', heard, scene(6, { groups: [] })))).toEqual([
      `${since}, and no verdict follows: its window is 4000 ms, and it is 12:00:06.000: nobody is in group watchdog`,
    ]);
  });

  it('at the correlator, that holds what the watchdog found out, or does not read it', () => {
    const found = log(verdict(5, 'opened'));
    expect(endsOf(tellStory('detector/7', found, scene(6)))).toEqual([
      'nobody is told of verdicts[2]@0 yet: it is held until it is clear who else is silent for the same cause',
    ]);
    expect(endsOf(tellStory('detector/7', found, scene(6, { groups: [] })))).toEqual([
      'nobody is told of verdicts[2]@0: nobody is in group correlator',
    ]);
    expect(endsOf(tellStory('detector/7', log(verdict(5, 'opened'), verdict(6, 'closed')), scene(7)))).toEqual([]);
  });
});

describe('a notice that was not sent', () => {
  const told = [incident(1), email(1)];
  const parked: OutRecord = {
    ...email(1),
    topic: 'emails.retry-1',
    headers: { ...email(1).headers, [ATTEMPTS_HEADER]: '1', [NOT_BEFORE_HEADER]: String(START + 31_000) },
  };

  it('is still in retry', () => {
    const records = log(...told, delivery(1, 'retried', 'EMAIL_DEFERRED: 451'), parked);
    expect(endsOf(tellStory('floor/3', records, scene(20)))).toEqual([
      'e-mail to fire@example.com was not sent yet: still in retry until 12:00:31.000 (emails.retry-1[2]@0): EMAIL_DEFERRED: 451',
    ]);
  });

  it('is given up', () => {
    const records = log(...told, delivery(1, 'dead', 'EMAIL_REFUSED: 550'));
    expect(endsOf(tellStory('floor/3', records, scene(20)))).toEqual([
      'e-mail to fire@example.com was not sent and is given up after 1 attempts: EMAIL_REFUSED: 550',
    ]);
  });

  it('is being sent', () => {
    const isBeingSent: Scene['isBeingSent'] = (channel, id) => channel === 'email' && id === NOTICE;
    expect(endsOf(tellStory('floor/3', log(...told), scene(20, { isBeingSent })))).toEqual([
      'e-mail to fire@example.com was not sent yet: it is being sent, attempt 1',
    ]);
  });

  it('is not read by anybody', () => {
    const groups = scene(1).groups.filter(({ group }) => group !== 'email');
    expect(endsOf(tellStory('floor/3', log(...told), scene(20, { groups })))).toEqual([
      'e-mail to fire@example.com was not sent: nobody is in group email',
    ]);
  });
});

describe('without a subject', () => {
  it('it is told how far each topic got, and who is behind', () => {
    const groups = [groupOf('filter', 1, { committed: 1, end: 1 }), groupOf('router', 0, { committed: 1, end: 1 })];
    expect(tellStory(undefined, log(signal(1, 7, 0), signal(2, 8, 0)), scene(3, { groups })).split('\n')).toEqual([
      'how far it got, at 12:00:03.000:',
      '  signals            2, the last one signals[2]@1 at 12:00:02.000',
      '  group router: 0 members, 0 records behind',
    ]);
    expect(tellStory(undefined, [], scene(3))).toContain('every group is at the end of its topics');
  });
});

it('reads only topics that there are', () => {
  expect(STORY_TOPICS.filter((topic) => ![...TOPICS.keys()].some((name) => name === topic))).toEqual([]);
  expect(new Set(STORY_TOPICS).size).toBe(STORY_TOPICS.length);
});
