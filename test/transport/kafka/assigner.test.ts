import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PARTITIONS } from '../../../contracts/kafka-topics.ts';
import { assignPartitions, decodeAssignment, encodeAssignment } from '../../../transport/kafka/assigner.ts';

const members = fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 9 });

test('every partition has one owner, and shares differ by one at most', () => {
  fc.assert(
    fc.property(members, fc.integer({ min: 1, max: 12 }), (ids, partitions) => {
      const shares = [...assignPartitions(ids, partitions).values()];
      expect(shares.flat().toSorted((a, b) => a - b)).toEqual([...Array(partitions).keys()]);
      const sizes = shares.map((share) => share.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});

test('the order in which members are named changes nothing', () => {
  fc.assert(
    fc.property(members, (ids) => {
      expect(assignPartitions(ids.toReversed(), 4)).toEqual(assignPartitions(ids, 4));
    }),
  );
});

test('an assignment gives the same partitions of each topic, and is read back', () => {
  for (const assignment of [
    { partitions: [1, 3], of: 6 },
    { partitions: [], of: 4 },
  ]) {
    expect(decodeAssignment(encodeAssignment(['alarms', 'signals'], assignment))).toEqual(assignment);
  }
  expect(decodeAssignment(Buffer.alloc(0))).toEqual({ partitions: [], of: PARTITIONS });
});
