import { styleText } from 'node:util';
import type { Clock } from '../../contracts/clock.ts';
import type { Random } from '../../contracts/random.ts';
import type { Environment } from '../environment.ts';

/** What a command has of the world: where it writes, what it reads, and when it is told to stop. */
export interface Terminal {
  readonly env: Environment;
  readonly clock: Clock;
  readonly random: Random;
  /** Writes to stdout or stderr as it is given. */
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
  /** Aborts on SIGINT and SIGTERM. */
  readonly stopping: AbortSignal;
}

type Style = Parameters<typeof styleText>[0];

/** Colours text where stdout is a terminal and NO_COLOR is not set. */
export function painter(terminal: Terminal): (style: Style, text: string) => string {
  const coloured = terminal.stdout.isTTY === true && !terminal.env['NO_COLOR'];
  return (style, text) => (coloured ? styleText(style, text, { validateStream: false }) : text);
}

/** A column of a table: its heading, and what stands in it for a row. */
export interface Column<Row> {
  readonly head: string;
  readonly right?: boolean;
  cell(row: Row): string | number | null;
}

/** Rows for people in aligned columns, or with `json` one object a line. */
export function printRows<Row>(
  terminal: Terminal,
  json: boolean,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): void {
  if (json) {
    for (const row of rows) terminal.stdout.write(`${JSON.stringify(row)}\n`);
    return;
  }
  const paint = painter(terminal);
  const cells = rows.map((row) => columns.map((column) => printable(column.cell(row))));
  const widths = columns.map(({ head }, i) => Math.max(head.length, ...cells.map((line) => line[i]?.length ?? 0)));
  const layout = (line: readonly string[]) =>
    line
      .map((text, i) => (columns[i]?.right ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  terminal.stdout.write(`${paint('dim', layout(columns.map((column) => column.head)))}\n`);
  for (const line of cells) terminal.stdout.write(`${layout(line)}\n`);
}

/** Text from outside, made safe for a terminal: control characters are shown, not obeyed. */
export function printable(value: string | number | null): string {
  if (value === null) return '-';
  return String(value).replace(
    /[\p{Cc}\p{Cf}]/gu,
    (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
