/** The names that occur more than once: a request that names a thing twice means neither. */
export function repeated(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.filter((name, i) => names.indexOf(name) !== i));
}
