import { vi } from 'vitest';
import { ErrorCode } from '../../../../brokers/kafka/error-codes.ts';
import { Generation } from '../../../../brokers/kafka/generation.ts';
import { Group } from '../../../../brokers/kafka/group.ts';
import { PartitionLog } from '../../../../brokers/kafka/log.ts';
import type { Member } from '../../../../brokers/kafka/member.ts';
import { Offsets } from '../../../../brokers/kafka/offsets.ts';
import { OpenTransactions } from '../../../../brokers/kafka/open-transactions.ts';
import { Producers } from '../../../../brokers/kafka/producers.ts';

/** The embedded broker, wrong in one place. */
export interface Mutant {
  readonly name: string;
  /** Puts the fault in force; `vi.restoreAllMocks` ends it. */
  breaks(): void;
  /** What a history has to show of it. */
  readonly fault: RegExp;
}

/** Every so many calls. */
const every = (count: number) => {
  let calls = 0;
  return () => ++calls % count === 0;
};

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'acknowledges a batch that it does not keep',
    breaks: () => {
      const { append } = PartitionLog.prototype;
      const now = every(20);
      vi.spyOn(PartitionLog.prototype, 'append').mockImplementation(function (this: PartitionLog, batch) {
        const { startOffset, endOffset: baseOffset } = this;
        return now() ? { error: ErrorCode.NONE, baseOffset, appendTime: -1, startOffset } : append.call(this, batch);
      });
    },
    fault: /was acknowledged at .* and is not there/,
  },
  {
    name: 'does not look at sequence numbers',
    breaks: () => void vi.spyOn(Producers.prototype, 'judge').mockReturnValue({ kind: 'new' }),
    fault: /is there 2 times/,
  },
  {
    name: 'keeps no list of what was aborted',
    breaks: () => void vi.spyOn(OpenTransactions.prototype, 'aborted').mockReturnValue([]),
    fault: /was aborted and read_committed is shown/,
  },
  {
    name: 'shows read_committed what is not decided yet',
    breaks: () =>
      void vi.spyOn(PartitionLog.prototype, 'stableOffset', 'get').mockImplementation(function (this: PartitionLog) {
        return this.endOffset;
      }),
    fault: /read_committed was shown/,
  },
  {
    name: 'gives every member the first of the shares',
    breaks: () => {
      const { shareOf } = Generation.prototype;
      const first = new Map<Generation, { readonly number: number; readonly member: Member }>();
      vi.spyOn(Generation.prototype, 'shareOf').mockImplementation(function (this: Generation, member) {
        const known = first.get(this);
        if (known?.number !== this.number) first.set(this, { number: this.number, member });
        return shareOf.call(this, first.get(this)?.member ?? member);
      });
    },
    fault: /partition \d in generation \d+ of .* belongs to/,
  },
  {
    name: 'takes commits of any generation',
    breaks: () => void vi.spyOn(Group.prototype, 'mayCommit').mockReturnValue(ErrorCode.NONE),
    fault: /committed when .* was there|committed when .* had taken its place/,
  },
  {
    name: 'forgets a commit that it acknowledged',
    breaks: () => {
      const { commit } = Offsets.prototype;
      const now = every(3);
      vi.spyOn(Offsets.prototype, 'commit').mockImplementation(function (this: Offsets, ...what) {
        if (!now()) commit.apply(this, what);
      });
    },
    fault: /went back to/,
  },
];
