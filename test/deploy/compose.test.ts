import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { settingsFromEnvironment } from '../../app/environment.ts';
import { type Config, parseConfig } from '../../contracts/config.ts';
import { SETTING_NAMES, settingOf } from '../../contracts/settings.ts';

/** Only what Compose allows and we use: a key that is misspelt is found here, where no Docker is. */
const serviceSchema = z.strictObject({
  image: z.string().optional(),
  build: z.literal('.').optional(),
  restart: z.string(),
  user: z.string().optional(),
  command: z.array(z.string()).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.enum(['service_healthy', 'service_started']) })).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()]).nullable()).default({}),
  ports: z.array(z.string()),
  volumes: z.array(z.string()).optional(),
  tmpfs: z.array(z.string()).optional(),
  ulimits: z.object({ nofile: z.int() }).optional(),
  healthcheck: z
    .object({ test: z.array(z.string()), interval: z.string(), timeout: z.string(), retries: z.int() })
    .optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  stop_grace_period: z.string().optional(),
});
const composeSchema = z.object({
  name: z.string(),
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.null()),
});

const file = (path: string) => readFileSync(path, 'utf8');
const compose = composeSchema.parse(parse(file('docker-compose.yml'), { merge: true }));
const service = (name: string) => {
  const found = compose.services[name];
  if (!found) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
};
const app = service('app');
const brokers = ['kafka-1', 'kafka-2', 'kafka-3'];

/** A service's variables as its process gets them, while nothing is set outside. */
function environmentOf(name: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(service(name).environment).flatMap(([key, value]) =>
      value === null ? [] : [[key, String(value).replace(/\$\{\w+:-([^}]*)\}/g, '$1')]],
    ),
  );
}

const appConfig = (): Config => parseConfig(settingsFromEnvironment(environmentOf('app')));

describe('the app in docker-compose.yml', () => {
  it('is given no variable that it does not know', () => {
    const known = SETTING_NAMES.map((name) => settingOf(name).env);
    expect(Object.keys(app.environment).filter((name) => !known.includes(name))).toEqual([]);
  });

  it('gets a configuration that is valid, and embeds none of what runs beside it', () => {
    const config = appConfig();
    expect(config).toMatchObject({ host: '0.0.0.0', mqttUsername: 'bridge' });
    expect([config.kafka, config.mqtt, config.smtp]).not.toContain(undefined);
  });

  it('finds each Kafka broker at the address that it advertises inside', () => {
    const advertised = brokers.map(
      (name) => listeners(environmentOf(name)['KAFKA_ADVERTISED_LISTENERS'])['SITE'] ?? 'none',
    );
    expect(appConfig().kafka).toEqual(advertised);
    expect(advertised).toEqual(brokers.map((name) => `${name}:9092`));
  });

  it('finds mosquitto and Mailpit by name, at the ports on which they listen', () => {
    const { mqtt = '', smtp = '' } = appConfig();
    const listener = /^listener (\d+)$/m.exec(file('deploy/mosquitto/mosquitto.conf'))?.[1];
    expect(mqtt).toBe(`mqtt://mosquitto:${listener}`);
    expect(smtp).toBe('smtp://mailpit:1025'); // Mailpit's default
  });

  it('waits for everything that it talks to', () => {
    expect(Object.keys(app.depends_on ?? {}).sort()).toEqual([...brokers, 'mailpit', 'mosquitto']);
    for (const [name, { condition }] of Object.entries(app.depends_on ?? {})) {
      if (condition === 'service_healthy') expect(service(name).healthcheck, name).toBeDefined();
    }
  });

  it('signs in as the bridge that mosquitto knows', () => {
    const mosquitto = environmentOf('mosquitto');
    const mine = environmentOf('app');
    expect(mine['MQTT_USERNAME']).toBe(mosquitto['MQTT_USERNAME']);
    expect(mine['MQTT_PASSWORD']).toBe(mosquitto['MQTT_PASSWORD']);
    expect(file('deploy/mosquitto/acl')).toMatch(new RegExp(`^user ${mosquitto['MQTT_USERNAME']}$`, 'm'));
  });
});

describe('the Kafka brokers in docker-compose.yml', () => {
  it('are one cluster of three', () => {
    const environments = brokers.map(environmentOf);
    expect(environments.map((env) => env['KAFKA_NODE_ID'])).toEqual(['1', '2', '3']);
    for (const [i, env] of environments.entries()) {
      expect(env['KAFKA_CONTROLLER_QUORUM_VOTERS']?.split(',')[i]).toBe(`${i + 1}@${brokers[i]}:9093`);
      expect(env['CLUSTER_ID']).toMatch(/^[A-Za-z0-9_-]{22}$/);
      expect(env['CLUSTER_ID']).toBe(environments[0]?.['CLUSTER_ID']);
    }
  });

  it('keep three copies of everything, and acknowledge what two of them have', () => {
    for (const env of brokers.map(environmentOf)) {
      expect(env).toMatchObject({
        KAFKA_DEFAULT_REPLICATION_FACTOR: '3',
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '3',
        KAFKA_MIN_INSYNC_REPLICAS: '2',
      });
    }
  });

  it('listen under each name that they advertise, and map each to a protocol', () => {
    for (const env of brokers.map(environmentOf)) {
      const listening = Object.keys(listeners(env['KAFKA_LISTENERS']));
      const mapped = (env['KAFKA_LISTENER_SECURITY_PROTOCOL_MAP'] ?? '').split(',').map((pair) => pair.split(':')[0]);
      expect(mapped.sort()).toEqual(listening.sort());
      expect(listening).toEqual(
        expect.arrayContaining([
          ...Object.keys(listeners(env['KAFKA_ADVERTISED_LISTENERS'])),
          env['KAFKA_CONTROLLER_LISTENER_NAMES'],
          env['KAFKA_INTER_BROKER_LISTENER_NAME'],
        ]),
      );
    }
  });

  it('are published where they say that programs of this machine find them', () => {
    for (const name of brokers) {
      const env = environmentOf(name);
      const inside = listeners(env['KAFKA_LISTENERS'])['HOST']?.replace(':', '');
      expect(service(name).ports).toEqual([`${listeners(env['KAFKA_ADVERTISED_LISTENERS'])['HOST']}:${inside}`]);
    }
  });

  it('are of the release that the tests run against', () => {
    const tested = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([\d.]+)</.exec(
      file('test/real/kafka/pom.xml'),
    )?.[1];
    for (const name of brokers) expect(service(name).image).toBe(`apache/kafka:${tested}`);
  });
});

describe('docker-compose.yml', () => {
  it('publishes to this machine only, and no port twice', () => {
    const published = Object.values(compose.services).flatMap(({ ports }) => ports);
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    const outside = published.map((port) => port.split(':')[1]);
    expect(new Set(outside).size).toBe(outside.length);
  });

  it('publishes the app at the port on which it listens', () => {
    expect(app.ports).toEqual([`127.0.0.1:${appConfig().port}:${appConfig().port}`]);
  });

  it('declares each volume that it mounts, and mounts files that are there', () => {
    for (const { volumes = [] } of Object.values(compose.services)) {
      for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
        if (source.startsWith('./')) expect(file(`${source}/mosquitto.conf`)).toBeTruthy();
        else expect(Object.keys(compose.volumes)).toContain(source);
      }
    }
  });
});

/** `NAME://host:port,…` by name. */
function listeners(text = ''): Record<string, string> {
  return Object.fromEntries(text.split(',').map((listener) => listener.split('://')));
}
