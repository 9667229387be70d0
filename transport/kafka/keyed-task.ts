import { z } from 'zod';
import { messageOf, SmokewireError } from '../../contracts/errors.ts';
import type { InRecord, OutRecord } from '../../contracts/kafka-records.ts';
import { type Emission, NOTHING, type Task } from './types.ts';

/** What a step answers: the key's state from now on, `undefined` for none, and what should happen. */
export interface Stepped<S> {
  readonly state: S | undefined;
  readonly outputs: readonly OutRecord[];
}

export interface KeyedTaskOptions<S> {
  /** The partition that this task runs on. */
  readonly partition: number;
  readonly stateSchema: z.ZodType<S>;
  /** The compacted topic that keeps the states; it has to be one of the role's tables. */
  readonly changelogTopic: string;
  /** The key of whose state a record is a matter; undefined where it is of none. */
  readonly keyOf: (record: InRecord) => string | undefined;
  /** Answers with the same state object where nothing changed. Throws a SmokewireError where the record is invalid. */
  readonly step: (state: S | undefined, record: InRecord, now: number) => Stepped<S>;
  /** The time at which the state has to be woken, milliseconds since the Unix epoch. */
  readonly deadline?: (state: S) => number | undefined;
  readonly wake?: (state: S, now: number) => Stepped<S>;
}

/** A key's state, and the newest offset of each topic that went into it. */
interface Entry<S> {
  readonly state: S | undefined;
  readonly offsets: Record<string, number>;
}

/**
 * Pure steps with a state for each key, kept in a changelog together with the offsets that it includes: a record that a
 * crash repeats is recognised, and stepped over. The offsets stay when the state is gone, so that a fire which was reset is
 * not raised again by its own, repeated alarm; a tombstone, which only an operator writes, forgets them too.
 */
export function keyedTask<S>(options: KeyedTaskOptions<S>): Task {
  const { partition, changelogTopic, keyOf, step, deadline, wake } = options;
  const entrySchema = z.object({ state: options.stateSchema.optional(), offsets: z.record(z.string(), z.int()) });
  const entries = new Map<string, Entry<S>>();

  const apply = (key: string, before: Entry<S>, { state, outputs }: Stepped<S>, now: number): Emission => {
    entries.set(key, { state, offsets: before.offsets });
    if (state === before.state && outputs.length === 0) return NOTHING;
    const value = JSON.stringify({ state, offsets: before.offsets });
    return { outputs, changelog: [{ topic: changelogTopic, key, value, timestamp: now, partition }] };
  };

  return {
    table(record, _now, restoring) {
      // Once restored, the task is the only writer, and ahead of what it reads back.
      if (!restoring || record.topic !== changelogTopic || record.key === null) return NOTHING;
      if (record.value === null) entries.delete(record.key);
      else entries.set(record.key, parse(record));
      return NOTHING;
    },

    input(record, now) {
      const key = keyOf(record);
      if (key === undefined) return NOTHING;
      const before = entries.get(key) ?? { state: undefined, offsets: {} };
      const { topic, offset } = record;
      if (offset <= (before.offsets[topic] ?? -1)) return NOTHING;
      const stepped = step(before.state, record, now);
      return apply(key, { ...before, offsets: { ...before.offsets, [topic]: offset } }, stepped, now);
    },

    deadline() {
      let earliest: number | undefined;
      for (const { state } of entries.values()) {
        const at = state === undefined ? undefined : deadline?.(state);
        if (at !== undefined && (earliest === undefined || at < earliest)) earliest = at;
      }
      return earliest;
    },

    wake(now) {
      const outputs: OutRecord[] = [];
      const changelog: OutRecord[] = [];
      for (const [key, entry] of entries) {
        if (entry.state === undefined || !wake || (deadline?.(entry.state) ?? Number.POSITIVE_INFINITY) > now) continue;
        const emission = apply(key, entry, wake(entry.state, now), now);
        outputs.push(...emission.outputs);
        changelog.push(...emission.changelog);
      }
      return { outputs, changelog };
    },
  };

  function parse(record: InRecord): Entry<S> {
    try {
      const { state, offsets } = entrySchema.parse(JSON.parse(record.value?.toString() ?? ''));
      return { state, offsets };
    } catch (cause) {
      throw new SmokewireError('RECORD_INVALID', `${record.topic}: not a state: ${messageOf(cause)}`, { cause });
    }
  }
}
