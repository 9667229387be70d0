import { expect, it } from 'vitest';
import { PATH, tellStory } from '../../app/story.ts';
import type { InRecord } from '../../contracts/kafka-records.ts';
import { TOPICS } from '../../contracts/kafka-topics.ts';

const at = Date.UTC(2026, 0, 1);
const record = (topic: string, offset: number, key: string, value = ''): InRecord => ({
  ...{ topic, partition: 2, offset, key, timestamp: at + offset, headers: {} },
  value: Buffer.from(value),
});
const lineOf = (story: string, topic: string) => story.split('\n').find((line) => line.startsWith(`  ${topic} `));

it('follows a detector by its key, and by its name where others are the key', () => {
  const story = tellStory(
    'detector/8',
    [
      record('signals', 1, '8', '0'),
      record('signals', 5, '8', '0'),
      record('signals', 6, '80', '0'),
      record('notifications', 3, 'some-incident', '{"subject":"detector/8"}'),
      record('emails', 4, 'some-incident', '{"subject":"detector/80"}'),
    ],
    [],
  );
  expect(lineOf(story, 'signals')).toMatch(/ 2 about detector\/8, the last one at partition 2, offset 5, 2026-01-01T/);
  expect(lineOf(story, 'notifications')).toMatch(/ 1 about detector\/8, .* offset 3, /);
  expect(lineOf(story, 'emails')).toMatch(/ nothing about detector\/8$/);
});

it('follows a floor by its key on the way of alarms and valves, and not on that of signals', () => {
  const story = tellStory('floor/3', [record('alarms', 7, '3'), record('signals', 8, '3', '1')], []);
  expect(lineOf(story, 'alarms')).toMatch(/ 1 about floor\/3, .* offset 7, /);
  expect(lineOf(story, 'signals')).toMatch(/ nothing about floor\/3$/);
});

it('counts everything without a subject', () => {
  const story = tellStory(undefined, [record('alarms', 7, '3'), record('alarms', 8, '4')], []);
  expect(lineOf(story, 'alarms')).toMatch(/ 2, the last one at partition 2, offset 8, /);
  expect(lineOf(story, 'sms')).toMatch(/ nothing$/);
});

it('has a line for each topic on the path, and each is one of ours', () => {
  const lines = tellStory(undefined, [], []).split('\n');
  expect(lines.slice(1, 1 + PATH.length).map((line) => line.trim().split(/\s/)[0])).toEqual([...PATH]);
  expect(PATH.filter((topic) => !TOPICS.has(topic))).toEqual([]);
});

it('names the groups that are behind or that nobody is in, or says that there are none', () => {
  const partition = { topic: 'signals', partition: 0, committed: 1, end: 3 };
  const group = (name: string, members: number, lag: number) => ({
    ...{ group: name, state: 'Stable', members },
    partitions: [
      { ...partition, lag },
      { ...partition, lag: 1 },
    ],
  });
  const behind = tellStory(undefined, [], [group('filter', 1, 2), { ...group('router', 0, 0), partitions: [] }]);
  expect(behind).toContain('  group filter: 1 members, 3 records behind');
  expect(behind).toContain('  group router: 0 members, 0 records behind');
  expect(tellStory(undefined, [], [])).toContain('every group is at the end of its topics');
});
