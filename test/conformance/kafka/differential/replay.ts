import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import { coordinated } from '../protocol/asking.ts';
import { ProtocolClient } from '../protocol/client.ts';
import { type Fields, isFields, type Value } from '../protocol/values.ts';
import { administering } from './administering.ts';
import { asking, LOOKS } from './asking.ts';
import { consuming } from './consuming.ts';
import { producing } from './producing.ts';
import type { Step } from './step.ts';
import { transacting } from './transacting.ts';
import { World } from './world.ts';

/** "Ask again": not the leader yet, loading, not available, not the coordinator, a transaction that is being completed. */
const PASSING = new Set<Value>([6, 14, 15, 16, 51]);
const PATIENCE_MS = 3_000;

const STEPS = fc.oneof(
  { weight: 3, arbitrary: producing(false) },
  { weight: 3, arbitrary: producing(true) },
  { weight: 5, arbitrary: asking },
  { weight: 2, arbitrary: administering },
  { weight: 5, arbitrary: transacting },
  { weight: 4, arbitrary: consuming },
);

/**
 * Sends random sequences of requests to ours and to Apache Kafka and holds the answers against each other, field by field.
 * What must differ is listed in `world.ts`; what Apache Kafka does a moment later is waited for.
 */
export async function replay(ours: string, apache: string, options: { seed: number; numRuns: number }): Promise<void> {
  let run = 0;
  const property = fc.asyncProperty(fc.array(STEPS, { minLength: 10, maxLength: 40 }), async (sequence) => {
    const prefix = `replay-${options.seed}-${Date.now()}-${run++}`;
    const [one, other] = [await ProtocolClient.connect(ours), await ProtocolClient.connect(apache)];
    try {
      for (const keyType of [0, 1] as const) await coordinated(other, keyType, prefix);
      await compare(new World(one, prefix), new World(other, prefix), sequence);
    } finally {
      one.end();
      other.end();
    }
  });
  // A difference comes with the whole sequence up to it, and a shorter one takes minutes to be found.
  await fc.assert(property, { ...options, endOnFailure: true });
}

async function compare(ours: World, apache: World, sequence: readonly Step[]): Promise<void> {
  const told: string[] = [];
  for (const step of sequence) {
    told.push(`${step.api} ${step.version} ${JSON.stringify(step.request(ours))}`);
    if (step.reads) {
      await agree(ours, apache, step, told);
      continue;
    }
    const [expected, actual] = [await ask(apache, step), await ask(ours, step)];
    expect(ours.comparable(actual), told.join('\n')).toEqual(apache.comparable(expected));
    step.learn?.(ours, actual);
    step.learn?.(apache, expected);
    for (const look of LOOKS) await agree(ours, apache, look, told);
  }
}

/** Apache Kafka may be behind, but has to come to the same answer. */
async function agree(ours: World, apache: World, step: Step, told: readonly string[]): Promise<void> {
  const actual = ours.comparable(await ask(ours, step));
  let expected: Fields = {};
  const look = async () => {
    expected = apache.comparable(await ask(apache, step));
    return isDeepStrictEqual(actual, expected);
  };
  await eventually('the same answer', look, PATIENCE_MS).catch(() => {
    expect(actual, `${step.api} ${step.version} after\n${told.join('\n')}`).toEqual(expected);
  });
}

/** Asks until no error is one that passes by itself. */
async function ask(world: World, step: Step): Promise<Fields> {
  let answer: Fields = {};
  const settled = async () => {
    answer = await world.client.ask(step.api, step.version, step.request(world));
    return !isPassing(answer);
  };
  await eventually(`${step.api} to be settled`, settled, PATIENCE_MS);
  return answer;
}

function isPassing(value: Value): boolean {
  if (Array.isArray(value)) return value.some(isPassing);
  if (!isFields(value)) return false;
  return PASSING.has(value['errorCode'] ?? null) || Object.values(value).some(isPassing);
}
