/**
 * A message of an assertion without what another run may have otherwise: where records stand, ids that come of that, the order of
 * records that one instant brings, a record that says the same once more, and what a site does while it starts.
 */
export function normalised(message: string): string {
  const lines = message
    .replaceAll(/\[\d+\]@\d+(…\d+)?/g, '')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/(\S) {2,}/g, '$1 ')
    .split('\n')
    .filter((line) => !line.startsWith('  00:00:00.000'));
  return inOneOrder(lines).join('\n');
}

/** Neighbours of one time and topic, in alphabetical order, each once. */
function inOneOrder(lines: readonly string[]): string[] {
  const sorted: string[] = [];
  for (const line of lines) {
    let at = sorted.length;
    while (
      at > 0 &&
      groupOf(line) !== undefined &&
      groupOf(sorted[at - 1]) === groupOf(line) &&
      (sorted[at - 1] ?? '') > line
    )
      at--;
    if (sorted[at - 1] !== line || groupOf(line) === undefined) sorted.splice(at, 0, line);
  }
  return sorted;
}

function groupOf(line: string | undefined): string | undefined {
  return /^ {2}\d\d:\d\d:\d\d\.\d{3} \S+/.exec(line ?? '')?.[0];
}
