/** The one of `names` that was probably meant by `misspelt`: at most two letters away, and at most a third of it. */
export function nearest(misspelt: string, names: readonly string[]): string | undefined {
  const most = Math.min(2, Math.ceil(misspelt.length / 3));
  const [best] = names
    .map((name) => ({ name, away: distance(misspelt.toLowerCase(), name.toLowerCase()) }))
    .filter(({ away }) => away <= most)
    .sort((a, b) => a.away - b.away);
  return best?.name;
}

/** Levenshtein's: how many letters have to be put in, taken out or exchanged. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      next.push(Math.min((row[j] ?? 0) + (letter === other ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
