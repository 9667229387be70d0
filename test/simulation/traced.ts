import type { InRecord, OutRecord } from '../../contracts/kafka-records.ts';
import type { Emission, Task, TaskDefinition } from '../../transport/kafka/types.ts';

/** What a record was written because of: the record of an input that was stepped through; undefined for a table's record, or a timer. */
export interface Cause {
  readonly process: string;
  readonly partition: number;
  readonly offset: number | undefined;
}

/** The same role, whose records can be asked why they were written. */
export class Traced {
  readonly definition: TaskDefinition;
  readonly #process: string;
  readonly #causes = new WeakMap<OutRecord, Cause>();

  constructor(definition: TaskDefinition, process: string) {
    this.#process = process;
    this.definition = {
      ...definition,
      createTask: (partition, partitions) => this.#trace(definition.createTask(partition, partitions), partition),
    };
  }

  causeOf(record: OutRecord): Cause {
    return this.#causes.get(record) ?? { process: this.#process, partition: -1, offset: undefined };
  }

  #trace(task: Task, partition: number): Task {
    const because = (offset: number | undefined, emission: Emission): Emission => {
      const cause: Cause = { process: this.#process, partition, offset };
      const { notes = [], outputs, changelog } = emission;
      for (const records of [notes, outputs, changelog]) for (const record of records) this.#causes.set(record, cause);
      return emission;
    };
    const nothing: Emission = { outputs: [], changelog: [] };
    return {
      table: (record: InRecord, now, restoring) => because(undefined, task.table?.(record, now, restoring) ?? nothing),
      restored: (committed, extents) => task.restored?.(committed, extents) ?? new Map(),
      expect: (records) => task.expect?.(records),
      input: (record, now) => because(record.offset, task.input(record, now)),
      deadline: () => task.deadline?.(),
      wake: (now) => because(undefined, task.wake?.(now) ?? nothing),
      dropped: () => task.dropped?.(),
      metadata: (topic) => task.metadata?.(topic) ?? '',
    };
  }
}
