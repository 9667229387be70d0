import mqtt from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import type { Site } from '../../app/index.ts';
import { detectorTopic, MQTT_ROOT } from '../../contracts/mqtt-topics.ts';
import { RunningCommand, runCommand } from '../support/command.ts';
import { embedded, siteIn } from './world.ts';

/** Clears the screen, names the window, rings, and goes back to the start of the line. */
const COMMANDS = '\u001b[2J\u001b]0;owned\u0007\r\u009b31m';
const SHOWN = '\\u001b[2J\\u001b]0;owned\\u0007\\u000d\\u009b31m';
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

test('what detectors and anybody else say is shown on a terminal, and commands it nothing', async () => {
  const site = await siteIn(embedded, { allow: [{ deadLetter: { topic: 'signals.dead' } }] });
  const client = await mqtt.connectAsync(site.addresses.mqtt, { reconnectPeriod: 0 });
  onTestFinished(() => client.endAsync(true));
  const topic = (leaf: 'config' | 'signal') => detectorTopic(MQTT_ROOT, site.name, 3, 77, leaf);
  const config = { mode: 'active', heartbeatMs: 60_000, kind: 'smoke', label: `kitchen ${COMMANDS}` };
  await client.publishAsync(topic('config'), JSON.stringify(config), { qos: 1, retain: true });
  await client.publishAsync(topic('signal'), `0 ${COMMANDS}`, { qos: 1 });
  await site.settled();
  const [letter] = site.deadLetters();
  if (!letter) throw new Error('there is no dead letter');

  // A label travels as JSON inside of the record's value, where only JSON's own escapes are left of it.
  expect(await tailed(site, 'detectors', '"kitchen ')).toContain('owned');
  expect(await tailed(site, 'signals.dead', 'owned')).toContain(SHOWN);
  const url = ['--url', site.addresses.api];
  const place = [letter.topic, String(letter.partition), String(letter.offset)];
  for (const args of [['dlq', 'list'], ['dlq', 'show', ...place], ['detectors'], ['status']]) {
    const { code, stdout } = await runCommand([...args, ...url]);
    expect(code, args.join(' ')).toBe(0);
    expect(stdout, args.join(' ')).not.toMatch(CONTROL);
  }
  expect((await runCommand(['dlq', 'show', ...place, ...url])).stdout).toContain(SHOWN);
});

/** The first line of a topic that contains `words`. */
async function tailed(site: Site, topic: string, words: string): Promise<string> {
  const tail = new RunningCommand(['tail', topic, '--from-beginning', '--url', site.addresses.api]);
  onTestFinished(() => tail.kill());
  const line = await tail.line(words, (text) => text.includes(words));
  expect(line).not.toMatch(CONTROL);
  expect(await tail.stop('SIGINT')).toMatchObject({ code: 0, stderr: '' });
  return line;
}
