import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { RunningCommand, runCommand } from '../support/command.ts';
import { upCommand } from './up-command.ts';

test('up tells what happens as events; commands act on it; SIGTERM ends it cleanly', async () => {
  const site = upCommand();
  const ready = await site.event('site.ready');
  expect(ready).toMatchObject({
    subject: 'site',
    data: {
      api: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      mqtt: expect.stringMatching(/^mqtt:\/\/127\.0\.0\.1:\d+$/),
      kafka: [expect.stringMatching(/^127\.0\.0\.1:\d+$/)],
      smtp: expect.stringMatching(/^smtp:\/\/127\.0\.0\.1:\d+$/),
      detectors: 8,
      floors: 4,
      seed: 'cli',
    },
  });
  const url = ['--url', String(ready.data.api)];

  expect(await runCommand(['trip', '7', ...url])).toMatchObject({ code: 0, stdout: 'detector 7: trip', stderr: '' });
  await site.event('alarm.raised', ({ subject }) => subject === 'floor/3');
  await site.event('valve.opened', ({ subject }) => subject === 'floor/3');
  await site.event('notification.sent', ({ data }) => data['channel'] === 'email');
  await site.event('notification.sent', ({ data }) => data['channel'] === 'sms');
  await site.event('lamp.on', ({ subject }) => subject === 'lamp/floor/3');
  expect((await runCommand(['floors', ...url])).stdout).toMatch(/^\s*3\s+2\s+7\s+open/m);

  expect((await runCommand(['reset', '3', ...url])).stderr).toMatch(/FLOOR_IN_ALARM/);
  await runCommand(['clear', '7', ...url]);
  await runCommand(['kill', '8', ...url]);
  await site.event('detector.suspect', ({ subject }) => subject === 'detector/8');
  await site.event('detector.silent', ({ subject }) => subject === 'detector/8');
  await site.event('notification.sent', ({ data }) => data['channel'] === 'email');
  expect((await runCommand(['detectors', '--state', 'silent', '--json', ...url])).stdout).toMatch(/^\{"id":8,/);
  expect((await runCommand(['inbox', 'email', ...url])).stdout).toMatch(/floor 3/);
  expect(await runCommand(['reset', '3', ...url])).toMatchObject({ code: 0 });
  await site.event('alarm.reset');
  expect(await runCommand(['valve', '3', 'close', ...url])).toMatchObject({ code: 0 });
  await site.event('valve.closed');
  expect((await runCommand(['status', ...url])).stdout).toMatch(/detectors\s+8/);
  expect((await runCommand(['groups', '--json', ...url])).stdout).toMatch(/"group":"filter"/);
  expect(await runCommand(['dlq', 'list', ...url])).toMatchObject({ code: 0 });
  expect(await runCommand(['trip', '99', ...url])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/DETECTOR_UNKNOWN/),
  });

  const tail = new RunningCommand(['tail', 'notifications', '--from-beginning', '--json', ...url]);
  onTestFinished(() => tail.kill());
  expect(JSON.parse(await tail.line('a notification', (line) => line.includes('fire')))).toMatchObject({
    topic: 'notifications',
  });
  expect(await tail.stop('SIGINT')).toMatchObject({ code: 0 });

  const ended = await site.stop();
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(site.lines.at(-1) ?? '')).toMatchObject({ type: 'site.stopped' });
});

test('wrong flags are told all at once, with flag and variable; exit 2', async () => {
  const ended = await runCommand(['up', '-n', 'many', '--heartbeat', 'soon', '--passive', '-1'], {
    KAFKA_BROKERS: 'nowhere',
  });
  expect(ended.code).toBe(2);
  expect(ended.stdout).toBe('');
  expect(ended.stderr.trim().split('\n')).toHaveLength(4);
  expect(ended.stderr).toMatch(/CONFIG_INVALID: --detectors \(SMOKEWIRE_DETECTORS\)/);
  expect(ended.stderr).toMatch(/--kafka \(KAFKA_BROKERS\)/);
});

test.each([
  [['dance'], /unknown command/],
  [['trip'], /missing required argument/],
  [['trip', 'seven'], /"seven" is no integer/],
  [['up', '--colour'], /unknown option/],
  [['valve', '3', 'ajar'], /Allowed choices are open, close/],
  [['run', 'cook'], /Allowed choices are/],
  [['run', 'filter'], /CONFIG_INVALID: --kafka \(KAFKA_BROKERS\): needed by filter/],
])('%j is wrong usage; exit 2', async (args, message) => {
  const ended = await runCommand(args);
  expect(ended.stderr).toMatch(message);
  expect(ended.code).toBe(2);
});

test('no site at that address; exit 3', async () => {
  const ended = await runCommand(['status', '--url', 'http://127.0.0.1:9']);
  expect(ended).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/SITE_UNREACHABLE: no site answers at http:\/\/127/),
  });
});

test('a port in use is named, with what to do about it; exit 1', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void squatter.close());
  await new Promise((resolve) => squatter.once('listening', resolve));
  const address = squatter.address();
  const port = typeof address === 'object' && address ? String(address.port) : '';
  const site = upCommand('--kafka-port', port);
  const ended = await site.ended;
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(new RegExp(`PORT_IN_USE: .*${port}.*--kafka-port`));
});

test('brokers that are not there are named; exit 1', async () => {
  const [kafka, mqtt] = await Promise.all([
    upCommand('--kafka', '127.0.0.1:9').ended,
    upCommand('--mqtt', 'mqtt://127.0.0.1:9').ended,
  ]);
  expect(kafka).toMatchObject({ code: 1, stderr: expect.stringMatching(/KAFKA_UNREACHABLE: .*127\.0\.0\.1:9/) });
  expect(mqtt).toMatchObject({ code: 1, stderr: expect.stringMatching(/MQTT_UNREACHABLE: .*127\.0\.0\.1:9/) });
});

test('every command has help with examples', async () => {
  const root = await runCommand(['--help']);
  expect(root.code).toBe(0);
  const commands = [...root.stdout.matchAll(/^ {2}([a-z]+)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help' && name !== 'smokewire');
  expect(commands.length).toBeGreaterThan(12);
  const named = [...new Set(commands)].filter((name) => name !== 'dlq');
  const helps = await Promise.all(named.map((name) => runCommand([name, '--help'])));
  for (const [i, { stdout }] of helps.entries()) expect(stdout, named[i]).toMatch(/Examples:\n {2}smokewire /);
});
