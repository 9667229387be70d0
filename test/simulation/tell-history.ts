import type { History } from './simulation.ts';

/** A history in lines, in the order of its times: to find out why a seed fails. Times are ms from the story's beginning. */
export function tellHistory({ story, world, heard }: History): string[] {
  const happened: [at: number, line: string][] = [];
  for (const [partition, records] of heard.entries()) {
    for (const [offset, { detector, value, bridge, at, appendedAt }] of records.entries()) {
      const who = detector < 0 ? 'canary' : `detector ${detector} = ${value}`;
      const stepped = world.steppedAt[partition]?.[offset] ?? 'never';
      happened.push([
        appendedAt,
        `${partition}/${offset} ${who} through ${bridge}, received ${at}, first read ${stepped}`,
      ]);
    }
  }
  for (const { at, cause, record } of world.said) {
    const because = cause.offset === undefined ? '' : ` at ${cause.partition}/${cause.offset}`;
    happened.push([at, `${cause.process} says${because}: ${record.topic} ${record.key} ${record.value}`]);
  }
  return [
    JSON.stringify(story, null, 2),
    ...happened.sort(([a], [b]) => a - b).map(([at, line]) => `${String(at).padStart(7)}  ${line}`),
  ];
}
