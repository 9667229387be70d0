import { expect, it } from 'vitest';
import { settingsFromEnvironment } from '../../app/environment.ts';
import { parseConfig } from '../../contracts/config.ts';
import { SETTING_NAMES, settingOf } from '../../contracts/settings.ts';

it('finds every setting under its variable', () => {
  const env = Object.fromEntries(SETTING_NAMES.map((name) => [settingOf(name).env, `value of ${name}`]));
  expect(settingsFromEnvironment(env)).toEqual(Object.fromEntries(SETTING_NAMES.map((n) => [n, `value of ${n}`])));
});

it('takes a variable that is set to nothing for one that is not set, and others for none of ours', () => {
  expect(settingsFromEnvironment({ PORT: '', MQTT_URL: undefined, PATH: '/bin', SMOKEWIRE_SEED: '0' })).toEqual({
    seed: '0',
  });
});

it('gives text that the configuration understands', () => {
  const given = settingsFromEnvironment({ SMOKEWIRE_HEARTBEAT: '1s,500ms', KAFKA_BROKERS: 'a:1,b:2', PORT: '0' });
  expect(parseConfig(given)).toMatchObject({ heartbeat: [1_000, 500], kafka: ['a:1', 'b:2'], port: 0 });
});
