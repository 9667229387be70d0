import { expect, it } from 'vitest';
import { chain } from '../../app/chain.ts';

function noting(lines: string[], name: string, start: () => Promise<void> = async () => {}) {
  return {
    name,
    start: () => {
      lines.push(`start ${name}`);
      return start();
    },
    stop: async () => void lines.push(`stop ${name}`),
    missing: () => [name],
  };
}

it('starts each after the ones that it needs, and stops in the reverse order', async () => {
  const lines: string[] = [];
  const both = chain('role', noting(lines, 'producer'), noting(lines, 'consumer'));
  expect(both.name).toBe('role');
  await both.start();
  await both.stop();
  expect(lines).toEqual(['start producer', 'start consumer', 'stop consumer', 'stop producer']);
  expect(both.missing()).toEqual(['producer', 'consumer']);
});

it('does not start what needs one that failed, and can be stopped all the same', async () => {
  const lines: string[] = [];
  const failing = noting(lines, 'producer', () => Promise.reject(new Error('no broker')));
  const both = chain('role', failing, noting(lines, 'consumer'));
  await expect(both.start()).rejects.toThrow('no broker');
  await both.stop();
  expect(lines).toEqual(['start producer', 'stop consumer', 'stop producer']);
});
