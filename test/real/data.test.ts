import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { seededRandom } from '../../app/random.ts';
import { upCommand } from '../acceptance/up-command.ts';
import { runCommand } from '../support/command.ts';
import { eventually, within } from '../support/eventually.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'smokewire-data-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a site with --data that was killed knows of its fire, and tells nobody twice', async () => {
  const data = newFolder();
  const killed = upCommand('--data', data);
  const { data: before } = await killed.event('site.ready');
  await runCommand(['trip', '7', '--url', String(before.api)]);
  await killed.event('valve.opened', ({ subject }) => subject === 'floor/3');
  await killed.event('notification.sent', ({ data: sent }) => sent['channel'] === 'email');
  await runCommand(['kill', '8', '--url', String(before.api)]);
  await killed.event('lamp.on', ({ subject }) => subject === 'lamp/detector/8');
  await killed.kill();

  const site = upCommand('--data', data);
  const { data: ready } = await site.event('site.ready');
  // What is told last is the sentinel: detector 8 lives again, in the new process.
  await site.event('detector.recovered', ({ subject }) => subject === 'detector/8');
  const url = ['--url', String(ready.api)];
  const inbox = await eventually('the recovery by e-mail', async () => {
    const { stdout } = await runCommand(['inbox', 'email', ...url]);
    return stdout.includes('Recovered') && stdout;
  });
  expect(inbox).not.toMatch(/fire/i);
  // The simulated valve is a new one, and closed: it is opened again, since the fire goes on.
  await eventually('valve 3 to be open again', async () => {
    const { stdout } = await runCommand(['floors', ...url]);
    return /^\s*3\s+2\s.*open/m.test(stdout);
  });
  const incidents: unknown = await (await fetch(`${ready.api}/api/v1/incidents`)).json();
  expect(incidents).toContainEqual(expect.objectContaining({ kind: 'fire', subject: 'floor/3', closedAt: null }));
  expect(await runCommand(['reset', '3', ...url])).toMatchObject({ code: 0 });
  await site.event('alarm.reset', ({ subject }) => subject === 'floor/3');
  expect(await site.stop()).toMatchObject({ code: 0, stderr: '' });
});

test('a broker that is killed under load has every record that it acknowledged, once and in order', async () => {
  const data = newFolder();
  const seed = `kafka kill ${process.pid}`;
  const random = seededRandom(seed);
  let broker = await startedBroker(0, data);
  const kafka = new Kafka({
    brokers: [broker.address],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20, maxRetryTime: 200, retries: 50 },
  });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const acknowledged: string[] = [];
  let producing = true;
  const load = (async () => {
    for (let i = 0; producing; i++) {
      await producer.send({ topic: 'load', acks: -1, messages: [{ partition: 0, value: `${i}:${'x'.repeat(500)}` }] });
      acknowledged.push(String(i));
    }
  })();
  for (let kill = 0; kill < 5; kill++) {
    const enough = acknowledged.length + 20 + Math.floor(random.next() * 100);
    await eventually(`records before kill ${kill} (seed ${seed})`, () => acknowledged.length >= enough);
    broker.child.kill('SIGKILL');
    await once(broker.child, 'exit');
    broker = await startedBroker(Number(broker.address.split(':')[1]), data);
  }
  producing = false;
  await load;

  const seen: string[] = [];
  const consumer = kafka.consumer({ groupId: 'reader' });
  await consumer.connect();
  await consumer.subscribe({ topic: 'load', fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void seen.push(String(message.value).split(':')[0] ?? '') });
  await eventually('all of them', () => seen.length >= acknowledged.length);
  await Promise.all([consumer.disconnect(), producer.disconnect()]);
  expect(seen).toEqual(acknowledged);
});

async function startedBroker(port: number, data: string): Promise<{ child: ChildProcess; address: string }> {
  const script = resolve('test/acceptance/kafka-process.mjs');
  const child = spawn(process.execPath, [script, String(port), data], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  if (!child.stdout) throw new Error('the child has no pipe');
  const [line] = await within('the broker to start', once(child.stdout, 'data'));
  return { child, address: String(line).trim() };
}
