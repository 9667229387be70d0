import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { within } from '../../support/eventually.ts';

/**
 * What kcat (librdkafka) has to be able to do with a broker of ours; `brokers` as in the kafkajs suite. Fails where no
 * kcat is installed: whoever calls this has seen to it.
 */
export function kcatConformance(name: string, brokers: () => Promise<string[]>): void {
  describe(`${name} seen by kcat`, { timeout: 30_000 }, () => {
    let bootstrap = '';
    beforeAll(async () => {
      bootstrap = (await brokers()).join(',');
    });
    const kcat = (args: string[], stdin = '') => runKcat(['-b', bootstrap, ...args], stdin);
    const consume = (topic: string, format: string) =>
      kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', format]);

    test.each([
      ['plain', []],
      ['gzip', ['-z', 'gzip']],
      ['snappy', ['-z', 'snappy']],
      ['lz4', ['-z', 'lz4']],
      ['idempotent', ['-X', 'enable.idempotence=true']],
    ])('-P and -C: %s', async (_kind, options) => {
      const topic = `kcat-${randomUUID()}`;
      const lines = Array.from({ length: 50 }, (_, i) => `key${i}:value ${i}`);
      await kcat(['-P', '-t', topic, '-K:', '-H', 'floor=3', ...options], `${lines.join('\n')}\n`);
      const seen = (await consume(topic, '%k:%s|%h\n')).trim().split('\n');
      expect(seen.sort()).toEqual(lines.map((line) => `${line}|floor=3`).sort());
    });

    test('-L lists brokers, topics, partitions and leaders', async () => {
      const topic = `kcat-${randomUUID()}`;
      await kcat(['-P', '-t', topic], 'x\n');
      const listing = await kcat(['-L', '-t', topic]);
      expect(listing).toContain(`topic "${topic}" with`);
      expect(listing).toMatch(/partition 0, leader \d+, replicas: \d+/);
    });

    test('-G consumes as a group', async () => {
      const topic = `kcat-${randomUUID()}`;
      await kcat(['-P', '-t', topic], 'a\nb\nc\n');
      const args = ['-G', `group-${randomUUID()}`, '-X', 'auto.offset.reset=earliest', '-c', '3', '-q', '-f', '%s\n'];
      const seen = await kcat([...args, topic]);
      expect(seen.trim().split('\n').sort()).toEqual(['a', 'b', 'c']);
    });

    test('-Q finds offsets by time', async () => {
      const topic = `kcat-${randomUUID()}`;
      await kcat(['-P', '-t', topic, '-p', '0'], 'a\nb\n');
      expect(await kcat(['-Q', '-t', `${topic}:0:1000`])).toContain(`${topic} [0] offset 0`);
    });
  });
}

/** Runs kcat to its end; answers with what it printed. */
export async function runKcat(args: readonly string[], stdin = ''): Promise<string> {
  const child = spawn('kcat', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  // One that has ended before it read says why by its code.
  child.stdin.on('error', () => {}).end(stdin);
  const code = await within(`kcat ${args.join(' ')}`, ended, 20_000).finally(() => child.kill());
  if (code !== 0) throw new Error(`kcat ${args.join(' ')} ended with ${code}: ${output.stderr}`);
  return output.stdout;
}
