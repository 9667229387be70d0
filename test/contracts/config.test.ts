import { expect, test } from 'vitest';
import { checkRoleConfig, parseConfig } from '../../contracts/config.ts';
import { SmokewireError } from '../../contracts/errors.ts';

function problemsOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SmokewireError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

test('defaults are those of the contract, and frozen', () => {
  const config = parseConfig({});
  expect(config).toMatchObject({
    detectors: 20,
    floors: 4,
    heartbeat: [1_000],
    passive: 0,
    misses: 3,
    grace: 1_000,
    site: 'hq',
    topicPrefix: '',
    mqttPort: 1883,
    kafkaPort: 9092,
    smtpPort: 2525,
    port: 8080,
    host: '127.0.0.1',
    emailTo: ['safety@example.com'],
    smsTo: ['+15005550006'],
  });
  expect(Object.isFrozen(config)).toBe(true);
});

test('text from flags and environment is understood', () => {
  expect(
    parseConfig({ detectors: '3', heartbeat: '100ms, 5s', grace: '1.5s', kafka: 'a:1,b:2', emailTo: 'a@b.cd,e@f.gh' }),
  ).toMatchObject({
    detectors: 3,
    heartbeat: [100, 5_000],
    grace: 1_500,
    kafka: ['a:1', 'b:2'],
    emailTo: ['a@b.cd', 'e@f.gh'],
  });
});

test('all problems are told at once, each with its flag and variable', () => {
  const problems = problemsOf(() =>
    parseConfig({ detectors: 'many', heartbeat: 'soon', mqtt: 'http://x', port: '70000' }),
  );
  expect(problems.split('\n')).toHaveLength(4);
  expect(problems).toMatch(/--detectors \(SMOKEWIRE_DETECTORS\)/);
  expect(problems).toMatch(/--heartbeat \(SMOKEWIRE_HEARTBEAT\): "soon" is no duration/);
  expect(problems).toMatch(/--mqtt \(MQTT_URL\)/);
  expect(problems).toMatch(/--port \(PORT\)/);
});

test('settings that contradict each other are refused together', () => {
  const problems = problemsOf(() =>
    parseConfig({ detectors: 2, passive: 3, port: 9000, kafkaPort: 9000, twilioAccountSid: `AC${'0'.repeat(32)}` }),
  );
  expect(problems).toMatch(/--passive \(SMOKEWIRE_PASSIVE\): 3 passive of 2 detectors/);
  expect(problems).toMatch(/--port \(PORT\): 9000 is --kafka-port \(KAFKA_PORT\) already/);
  expect(problems).toMatch(/TWILIO_AUTH_TOKEN: needed beside TWILIO_ACCOUNT_SID/);
  expect(problems).toMatch(/TWILIO_FROM: needed beside/);
});

test('a secret never stands in the message of a problem', () => {
  const problems = problemsOf(() =>
    parseConfig({
      ...{ twilioAccountSid: 'ACsecret', twilioAuthToken: 'hunter2', twilioFrom: '' },
      pulseUrl: 'hc-ping.com/pulse-secret',
    }),
  );
  expect(problems).toMatch(/^SMOKEWIRE_PULSE_URL: a URL with http: or https:$/m);
  expect(problems).not.toMatch(/hunter2|ACsecret|pulse-secret/);
});

test('run names the brokers that its roles need', () => {
  const config = parseConfig({});
  expect(problemsOf(() => checkRoleConfig(config, ['bridge', 'filter']))).toBe(
    '--kafka (KAFKA_BROKERS): needed by bridge, filter\n--mqtt (MQTT_URL): needed by bridge',
  );
  expect(() => checkRoleConfig(parseConfig({ kafka: 'a:1' }), ['filter'])).not.toThrow();
  expect(() => checkRoleConfig(parseConfig({ mqtt: 'mqtt://a' }), ['detectors', 'canary'])).not.toThrow();
});
