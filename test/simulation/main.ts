import { parseArgs } from 'node:util';
import { problemsOf } from './oracle.ts';
import { simulate } from './simulation.ts';
import { tellHistory } from './tell-history.ts';

/**
 * `--seeds N [--from S]` runs the stories of N seeds, and says what was wrong with which; `--seed S` runs one, and tells it in full:
 * what was received when, what the watchdogs said because of it, what is wrong with that.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
  },
});

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function one(seed: string): Promise<boolean> {
  const history = await simulate(seed);
  for (const line of tellHistory(history)) say(line);
  const problems = problemsOf(history);
  for (const problem of problems) say(problem);
  return problems.length === 0;
}

async function many(from: number, count: number): Promise<boolean> {
  let failed = 0;
  for (let seed = from; seed < from + count; seed++) {
    const problems = problemsOf(await simulate(String(seed)));
    if (problems.length > 0) failed++;
    for (const problem of problems) say(`--seed ${seed}: ${problem}`);
  }
  say(`seeds ${from} to ${from + count - 1}: ${failed === 0 ? 'all well' : `${failed} failed`}`);
  return failed === 0;
}

const well = values.seed === undefined ? many(Number(values.from), Number(values.seeds)) : one(values.seed);
process.exitCode = (await well) ? 0 : 1;
