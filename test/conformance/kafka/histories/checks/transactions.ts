import type { History, TransactionEnd } from '../history.ts';

/** read_committed is shown each committed transaction whole, nothing of one that was aborted, and all of the rest. */
export function* transactionFaults({ sends, ends, logs }: History): Generator<string> {
  const there = new Set(logs.flatMap(({ all }) => all.map(({ value }) => value)));
  const shown = new Set(logs.flatMap(({ committed }) => committed.map(({ value }) => value)));
  const valuesOf = new Map<string | null, string[]>();
  for (const { transaction, values } of sends) {
    const written = values.filter((value) => there.has(value));
    valuesOf.set(transaction, [...(valuesOf.get(transaction) ?? []), ...written]);
  }
  for (const value of valuesOf.get(null) ?? []) {
    if (!shown.has(value)) yield `${value} is of no transaction and is not shown to read_committed`;
  }
  const verdicts = new Map(ends.map((end) => [end.transaction, verdictOf(end)]));
  for (const [transaction, values] of valuesOf) {
    if (transaction === null) continue;
    const visible = values.filter((value) => shown.has(value)).length;
    const verdict = verdicts.get(transaction) ?? 'aborted';
    if (verdict === 'committed' && visible < values.length) {
      yield `${transaction} was committed and read_committed is shown ${visible} of its ${values.length} records`;
    }
    if (verdict === 'aborted' && visible > 0) {
      yield `${transaction} was aborted and read_committed is shown ${visible} of its records`;
    }
    if (verdict === 'either' && visible > 0 && visible < values.length) {
      yield `${transaction} is shown to read_committed in part: ${visible} of its ${values.length} records`;
    }
  }
}

/** What became of a transaction, as far as its producer can say. One that nobody asked to commit is aborted. */
export function verdictOf({ wanted, outcome }: TransactionEnd): 'committed' | 'aborted' | 'either' {
  if (wanted !== 'commit' || outcome === 'refused') return 'aborted';
  return outcome === 'acknowledged' ? 'committed' : 'either';
}
