import fc from 'fast-check';
import type { Fields } from '../protocol/values.ts';
import type { World } from './world.ts';

/** One request of a sequence, said in words that hold for both brokers. */
export interface Step {
  readonly api: string;
  readonly version: number;
  /** Asking changes nothing, so that it can be asked again until a broker has got so far. */
  readonly reads: boolean;
  request(world: World): Fields;
  /** Takes note of what the broker chose. */
  learn?(world: World, answer: Fields): void;
}

export const TOPICS = ['a', 'b', 'c'];
export const GROUPS = ['g', 'h'];

export const topic = fc.constantFrom(...TOPICS);
export const partition = fc.constantFrom(0, 0, 0, 1, 7);
export const group = fc.constantFrom(...GROUPS);
/** Those with a transactional id, and those without. */
export const producer = fc.constantFrom('p', 'q');
export const idempotent = fc.constantFrom('i', 'j');
export const offset = fc.integer({ min: -2, max: 12 });
export const versions = (min: number, max: number) => fc.integer({ min, max });

export function reading(api: string, version: number, request: Step['request']): Step {
  return { api, version, reads: true, request };
}

export function writing(api: string, version: number, request: Step['request']): Step {
  return { api, version, reads: false, request };
}

/** An offset to commit. */
export function committed(committedOffset: number): Fields {
  return { partitionIndex: 0, committedOffset, committedMetadata: 'note' };
}
