import { describe, expect, it } from 'vitest';
import { painter, printable, printRows } from '../../app/cli/terminal.ts';
import { terminalOf } from './terminal-of.ts';

const ESC = '\u001b';

describe('printable', () => {
  it.each([
    ['a colour', `${ESC}[31mred`, '\\u001b[31mred'],
    ['a C1 control', '\u009b2J', '\\u009b2J'],
    ['a line break', 'one\r\ntwo', 'one\\u000d\\u000atwo'],
    ['a bell and a rubout', '\u0007\u007f', '\\u0007\\u007f'],
    ['text that runs backwards', '\u202egnp.exe', '\\u202egnp.exe'],
    ['a tag beyond the basic plane', '\u{e0041}', '\\ue0041'],
  ])('shows %s instead of obeying it', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('leaves what people write alone', () => {
    expect(printable('Prüfung – 火災 🔥')).toBe('Prüfung – 火災 🔥');
    expect(printable(0)).toBe('0');
    expect(printable(null)).toBe('-');
  });
});

describe('colour', () => {
  it('is for terminals, and for those who have not said no', () => {
    expect(painter(terminalOf({ isTTY: true }).terminal)('red', 'fire')).toBe(`${ESC}[31mfire${ESC}[39m`);
    expect(painter(terminalOf().terminal)('red', 'fire')).toBe('fire');
    expect(painter(terminalOf({ isTTY: true, env: { NO_COLOR: '1' } }).terminal)('red', 'fire')).toBe('fire');
  });
});

describe('a table', () => {
  const rows = [
    { id: 7, label: `detector ${ESC}]0;owned\u0007` },
    { id: 12, label: null },
  ];
  const columns = [
    { head: 'id', right: true, cell: (row: (typeof rows)[number]) => row.id },
    { head: 'label', cell: (row: (typeof rows)[number]) => row.label },
  ];

  it('is aligned, and safe whatever stands in it', () => {
    const { terminal, written } = terminalOf();
    printRows(terminal, false, rows, columns);
    expect(written.out).toBe('id  label\n 7  detector \\u001b]0;owned\\u0007\n12  -\n');
  });

  it('is one object a line as JSON, which escapes by itself', () => {
    const { terminal, written } = terminalOf();
    printRows(terminal, true, rows, columns);
    expect(
      written.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(rows);
    expect(written.out).not.toContain(ESC);
  });
});
