import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { realClock } from '../../../app/clock.ts';
import { MqttBroker } from '../../../brokers/mqtt/index.ts';
import { eventRecord } from '../../../contracts/cloud-events.ts';
import { valveCommanded } from '../../../contracts/events.ts';
import { idOf } from '../../../contracts/ids.ts';
import { PARTITIONS } from '../../../contracts/kafka-topics.ts';
import { detectorTopic, MQTT_ROOT, valveTopic } from '../../../contracts/mqtt-topics.ts';
import { parseSignal } from '../../../contracts/signals.ts';
import { Bridge, type BridgeOptions } from '../../../processors/bridge/bridge.ts';
import { MqttClient, type MqttClientOptions } from '../../../transport/mqtt/client.ts';
import { eventually, within } from '../../support/eventually.ts';
import { recordingLogger } from '../../support/logger.ts';
import { embeddedSite, type KafkaSite } from '../../transport/kafka/site.ts';
import { openPort } from '../../transport/mqtt/wire.ts';
import { testMetrics } from './fixtures.ts';

const bridgeCredentials = { username: 'bridge', password: 's3cret' };
const broker = new MqttBroker({ logger: recordingLogger(), bridgeCredentials });
beforeAll(() => broker.start());
afterAll(() => broker.stop());

let made = 0;
const QOS_1 = { qos: 1, retain: false } as const;

async function device(options: Partial<MqttClientOptions> = {}): Promise<MqttClient> {
  made += 1;
  const client = new MqttClient({ url: broker.url, clientId: `device-${made}`, logger: recordingLogger(), ...options });
  onTestFinished(() => client.stop());
  await client.start();
  return client;
}

async function bridgeOn(kafka: KafkaSite, options: Partial<BridgeOptions> = {}) {
  made += 1;
  const site = `bridge-${made}`;
  const bridge = new Bridge({
    name: 'b1',
    site,
    root: MQTT_ROOT,
    mqtt: { url: broker.url, ...bridgeCredentials },
    kafka: kafka.client,
    sink: await kafka.producer(),
    partitions: () => PARTITIONS,
    metrics: testMetrics(),
    clock: realClock,
    wireClock: realClock,
    logger: recordingLogger(),
    ...options,
  });
  onTestFinished(() => bridge.stop());
  return { bridge, site };
}

function command(floor: number, note: string) {
  const id = idOf('test', floor, note);
  const expires = new Date(realClock.now() + 60_000).toISOString();
  const data = { floor, position: 'open', by: `operator/${note}`, id, expires } as const;
  return eventRecord(valveCommanded, { id, source: 'test', time: realClock.now(), data });
}

describe('Bridge', () => {
  it('brings signals to Kafka and valve commands to MQTT', async () => {
    const kafka = await embeddedSite();
    const { bridge, site } = await bridgeOn(kafka);
    await bridge.start();
    expect(bridge.missing()).toEqual([]);

    const signals = await kafka.records('signals');
    const detector = await device();
    await detector.publish(detectorTopic(MQTT_ROOT, site, 3, 412, 'signal'), '1', QOS_1);
    const [record] = await eventually('the signal', () => (signals.length > 0 ? signals : undefined));
    expect(record && parseSignal(record)).toMatchObject({ detector: 412, value: 1, floor: 3, bridge: 'b1' });

    const seen: string[] = [];
    await device({
      subscriptions: { [valveTopic(MQTT_ROOT, site, 3, 'command')]: 1 },
      onMessage: ({ payload, retained }) => seen.push(`${JSON.parse(payload.toString()).by} ${retained}`),
    });
    const producer = await kafka.producer();
    await producer.send([command(3, 'a'), command(3, 'b')]);
    await eventually('both commands', () => seen.length === 2);
    expect(seen).toEqual(['operator/a false', 'operator/b false']);
  });

  it('publishes a command once, although bridges come and go', async () => {
    const kafka = await embeddedSite();
    const { bridge, site } = await bridgeOn(kafka);
    const seen: string[] = [];
    await device({
      subscriptions: { [valveTopic(MQTT_ROOT, site, 3, 'command')]: 1 },
      onMessage: ({ payload }) => seen.push(JSON.parse(payload.toString()).by),
    });
    const producer = await kafka.producer();
    await bridge.start();
    await producer.send([command(3, 'first')]);
    await eventually('the first', () => seen.length === 1);
    await bridge.stop();
    await producer.send([command(3, 'second')]);
    const { bridge: next } = await bridgeOn(kafka, { site });
    await next.start();
    await eventually('the second', () => seen.length === 2);
    expect(seen).toEqual(['operator/first', 'operator/second']);
  });

  it('goes on where it was after Kafka was away', async () => {
    const kafka = await embeddedSite();
    const { bridge, site } = await bridgeOn(kafka);
    await bridge.start();
    const detector = await device();
    const topic = detectorTopic(MQTT_ROOT, site, 3, 1, 'signal');
    await kafka.broker.stop();
    for (let seq = 0; seq < 100; seq++) await detector.publish(topic, `{"signal":1,"seq":${seq}}`, QOS_1);
    await kafka.broker.start();
    const signals = await kafka.records('signals');
    await eventually('all of them', () => signals.length >= 100, 20_000);
    expect(signals.map(({ headers }) => Number(headers['seq']))).toEqual(Array.from({ length: 100 }, (_, seq) => seq));
    await eventually('readiness', () => bridge.missing().length === 0, 20_000);
  }, 30_000);

  it('does not start without an MQTT broker, and leaves nothing behind', async () => {
    const kafka = await embeddedSite();
    const { bridge } = await bridgeOn(kafka, { mqtt: { url: `mqtt://127.0.0.1:${await openPort()}` } });
    await expect(bridge.start()).rejects.toMatchObject({ code: 'MQTT_UNREACHABLE' });
    expect(bridge.missing()).toHaveLength(3);
  });

  it('can be stopped while it starts, and twice', async () => {
    const kafka = await embeddedSite();
    const { bridge } = await bridgeOn(kafka);
    const start = expect(bridge.start()).rejects.toMatchObject({ code: 'STOPPED' });
    await within('both stops', Promise.all([bridge.stop(), bridge.stop()]));
    await start;
  });
});
