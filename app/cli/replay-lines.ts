import { rfc3339 } from '../../contracts/clock.ts';
import type { Change, Difference } from '../kit/record/differences.ts';
import type { Outcome } from '../kit/record/outcome.ts';
import { painter, printable, type Terminal } from './terminal.ts';

/** A difference as people read it: like a diff, `-` is what was recorded, `+` what is told now. */
export function differenceLines(terminal: Terminal, difference: Difference): string[] {
  const paint = painter(terminal);
  switch (difference.difference) {
    case 'missing':
      return ['', paint('red', `- ${nameOf(difference.recorded)}: not told now`), ...toldLines(difference.recorded)];
    case 'extra':
      return ['', paint('green', `+ ${nameOf(difference.replayed)}: was not told`), ...toldLines(difference.replayed)];
    case 'changed': {
      const changes = difference.changes.flatMap(({ of, ...change }) => [
        `    ${printable(of)}`,
        ...changedLines(change).map(([sign, line]) => paint(sign === '-' ? 'red' : 'green', `      ${sign} ${line}`)),
      ]);
      return ['', paint('yellow', `~ ${nameOf(difference.recorded)}: told otherwise now`), ...changes];
    }
  }
}

function nameOf({ at, kind, change, subject }: Outcome): string {
  return `${rfc3339(at)}  ${kind} ${change}: ${printable(subject.replace('/', ' '))}`;
}

function toldLines({ reason, told }: Outcome): string[] {
  return [printable(reason), ...told.map(({ channel, to }) => `${channel} to ${printable(to)}`)].map(
    (line) => `    ${line}`,
  );
}

/** The lines that are only in one of them; all, where the same lines stand in another order. */
function changedLines({ before, now }: Pick<Change, 'before' | 'now'>): (readonly ['-' | '+', string])[] {
  const [was, is] = [before.split('\n'), now.split('\n')];
  const gone = was.filter((line) => !is.includes(line));
  const come = is.filter((line) => !was.includes(line));
  const [minus, plus] = gone.length + come.length > 0 ? [gone, come] : [was, is];
  return [
    ...minus.map((line) => ['-', printable(line)] as const),
    ...plus.map((line) => ['+', printable(line)] as const),
  ];
}
