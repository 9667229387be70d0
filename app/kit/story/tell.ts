import type { InRecord } from '../../../contracts/kafka-records.ts';
import { timeOfDay } from '../notifications.ts';
import { looseEnds, type Scene } from './ends.ts';
import { placeOf, STORY_TOPICS } from './hops.ts';
import { traceOf } from './trace.ts';
import { hopLines } from './words.ts';

/** So many hops of a story are told: its beginning, and more of its end. */
const FIRST_HOPS = 8;
const LAST_HOPS = 32;

/**
 * The story of a subject (`detector/8`, `floor/3`, `valve/3`, `pipeline`) in lines for people: each hop with its time, topic,
 * partition and offset, where it stopped, and why. Without a subject: how far the records of each topic got.
 */
export function tellStory(subject: string | undefined, records: readonly InRecord[], scene: Scene): string {
  const told = subject === undefined ? overview(records, scene) : storyOf(subject, records, scene);
  return told.join('\n');
}

function storyOf(subject: string, records: readonly InRecord[], scene: Scene): string[] {
  const hops = traceOf(subject, records);
  const ends = looseEnds(subject, hops, scene);
  return [
    `the story of ${subject}, at ${timeOfDay(scene.now)}:`,
    ...abridged(hopLines(hops)).map((line) => `  ${line}`),
    ...(ends.length > 0
      ? ['where it stopped:', ...ends.map((line) => `  ${line}`)]
      : ['nothing of it is open: what was asked for was done']),
  ];
}

function abridged(lines: readonly string[]): readonly string[] {
  const left = lines.length - FIRST_HOPS - LAST_HOPS;
  return left <= 0 ? lines : [...lines.slice(0, FIRST_HOPS), `… ${left} more`, ...lines.slice(-LAST_HOPS)];
}

function overview(records: readonly InRecord[], { now, groups }: Scene): string[] {
  const lines = STORY_TOPICS.flatMap((topic) => {
    const own = records.filter((record) => record.topic === topic);
    const last = own.at(-1);
    if (!last) return [];
    return [`  ${topic.padEnd(18)} ${own.length}, the last one ${placeOf(last)} at ${timeOfDay(last.timestamp)}`];
  });
  const behind = groups.flatMap(({ group, members, partitions }) => {
    const lag = partitions.reduce((sum, partition) => sum + partition.lag, 0);
    return lag > 0 || members === 0 ? [`  group ${group}: ${members} members, ${lag} records behind`] : [];
  });
  const state = behind.length > 0 ? behind : ['  every group is at the end of its topics'];
  return [`how far it got, at ${timeOfDay(now)}:`, ...lines, ...state];
}
