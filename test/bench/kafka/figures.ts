import type { BenchBroker } from './brokers.ts';

/** What a figure of ours has to be; of the ratio of ours to Apache Kafka's, or by itself. */
export type Bound = { readonly ratioAtLeast: number } | { readonly ratioAtMost: number } | { readonly atMost: number };

/** What was measured at one broker. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly value: number;
  readonly bound?: Bound;
}

/**
 * Takes the figures of each broker `rounds` times in turn, so that what else happens on the machine hits both, and prints
 * the medians side by side.
 */
export async function compare(
  brokers: readonly BenchBroker[],
  rounds: number,
  measure: (broker: BenchBroker, round: number) => Promise<readonly Figure[]>,
): Promise<void> {
  const taken = brokers.map((): Figure[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, broker] of brokers.entries()) taken[i]?.push(...(await measure(broker, round)));
  }
  const [ours = [], theirs = []] = taken;
  for (const figure of new Map(ours.map((figure) => [figure.what, figure])).values()) {
    printRow(figure, median(ours, figure.what), median(theirs, figure.what));
  }
}

const WIDTHS = [72, 10, 12, 8] as const;

export function printHead(): void {
  const [what, ours, theirs, ratio] = ['', 'smokewire', 'Apache Kafka', 'ratio'] as const;
  process.stdout.write(`${what.padEnd(WIDTHS[0])}${ours.padStart(WIDTHS[1])}${theirs.padStart(WIDTHS[2] + 2)}`);
  process.stdout.write(`${ratio.padStart(WIDTHS[3])}  has to be\n`);
}

/** A row of the table; `theirs` is missing where Apache Kafka has no such figure. */
export function printRow({ what, unit, bound }: Omit<Figure, 'value'>, ours: number, theirs = Number.NaN): void {
  const ratio = ours / theirs;
  const cells = [
    `${what}, ${unit}`.padEnd(WIDTHS[0]),
    shown(ours).padStart(WIDTHS[1]),
    shown(theirs).padStart(WIDTHS[2] + 2),
    shown(ratio).padStart(WIDTHS[3]),
  ];
  process.stdout.write(`${cells.join('')}  ${bound ? verdict(bound, ours, ratio) : ''}\n`);
}

function verdict(bound: Bound, value: number, ratio: number): string {
  if ('atMost' in bound) return said(value <= bound.atMost, `≤ ${shown(bound.atMost)}`);
  if ('ratioAtMost' in bound) return said(ratio <= bound.ratioAtMost, `ratio ≤ ${bound.ratioAtMost}`);
  return said(ratio >= bound.ratioAtLeast, `ratio ≥ ${bound.ratioAtLeast}`);
}

function said(isMet: boolean, bound: string): string {
  return isMet ? bound : `${bound}  MISSED`;
}

function shown(value: number): string {
  if (Number.isNaN(value)) return '';
  return value >= 1_000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}

function median(figures: readonly Figure[], what: string): number {
  const values = figures.flatMap((figure) => (figure.what === what ? [figure.value] : [])).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? Number.NaN;
}
