import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { within } from '../../support/eventually.ts';
import type { Fact } from './capabilities.ts';

const INSTALL = 'test/clients/kafka/install says what it needs, and installs it';

/** Goes through these capabilities one after the other; topics by capability. Answers with what it tells of each. */
export type Client = (bootstrap: string, topics: ReadonlyMap<string, string>) => Promise<ReadonlyMap<string, Fact>>;

/**
 * A client that is a program: called as `… BOOTSTRAP CAPABILITY=TOPIC…`, it prints a line of JSON for each, with the
 * capability's name, and what it found or an `error`.
 */
export function program(command: string, ...args: readonly string[]): Client {
  return async (bootstrap, topics) => {
    const wanted = Array.from(topics, ([capability, topic]) => `${capability}=${topic}`);
    const child = spawn(command, [...args, bootstrap, ...wanted], { stdio: ['ignore', 'pipe', 'pipe'] });
    const facts = new Map<string, Fact>();
    createInterface(child.stdout).on('line', (line) => {
      const { capability, ...fact } = JSON.parse(line);
      facts.set(capability, fact);
    });
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    const outcome = await within(command, ended, 90_000)
      .catch((error: Error) => error.message)
      .finally(() => child.kill('SIGKILL'));
    for (const capability of topics.keys()) {
      if (facts.has(capability)) continue;
      facts.set(capability, { error: `${command}: ${outcome}; ${INSTALL}\n${complaints.slice(-2_000)}` });
    }
    return facts;
  };
}
