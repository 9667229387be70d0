import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { realClock } from '../../../app/clock.ts';
import { MqttBroker } from '../../../brokers/mqtt/index.ts';
import { DEAD_LETTER_HEADERS } from '../../../contracts/dead-letters.ts';
import { SmokewireError } from '../../../contracts/errors.ts';
import { PARTITIONS } from '../../../contracts/kafka-topics.ts';
import { detectorTopic, MQTT_ROOT, valveTopic } from '../../../contracts/mqtt-topics.ts';
import { Inbound, type InboundOptions } from '../../../processors/bridge/inbound.ts';
import { canaryOf } from '../../../transport/kafka/canary-ids.ts';
import { MqttClient } from '../../../transport/mqtt/client.ts';
import { eventually, within } from '../../support/eventually.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ScriptedBroker } from '../../transport/mqtt/scripted-broker.ts';
import { cuttable } from '../../transport/mqtt/wire.ts';
import { HeldSink, testMetrics } from './fixtures.ts';

const broker = new MqttBroker({
  logger: recordingLogger(),
  bridgeCredentials: { username: 'bridge', password: 's3cret' },
});
beforeAll(() => broker.start());
afterAll(() => broker.stop());

let made = 0;

/** The inbound half on a site of its own, and a sink that answers when the test wants. */
async function started(sink: HeldSink, options: Partial<InboundOptions> = {}) {
  made += 1;
  const site = options.site ?? `inbound-${made}`;
  const metrics = testMetrics();
  const logger = recordingLogger();
  const inbound = new Inbound({
    name: 'b1',
    site,
    root: MQTT_ROOT,
    mqtt: { url: broker.url },
    sink,
    partitions: () => PARTITIONS,
    metrics,
    clock: realClock,
    wireClock: realClock,
    logger,
    ...options,
  });
  onTestFinished(async () => {
    sink.release();
    await inbound.stop();
  });
  await inbound.start();
  const signal = (detector: number) => detectorTopic(MQTT_ROOT, site, 3, detector, 'signal');
  return { inbound, site, metrics, logger, signal };
}

async function publisher(): Promise<MqttClient> {
  made += 1;
  const client = new MqttClient({ url: broker.url, clientId: `p-${made}`, logger: recordingLogger() });
  onTestFinished(() => client.stop());
  await client.start();
  return client;
}

const QOS_0 = { qos: 0, retain: false } as const;
const QOS_1 = { qos: 1, retain: false } as const;
const seqs = (sink: HeldSink) => sink.written.map(({ headers }) => Number(headers?.['seq']));

describe('Inbound', () => {
  it('acknowledges to MQTT once Kafka has acknowledged, and not before', async () => {
    const server = await ScriptedBroker.open();
    const sink = new HeldSink({ open: false });
    const { signal } = await started(sink, { mqtt: { url: server.url } });
    const connection = await server.subscribed(0);
    connection.publish(1, '1', signal(1));
    await eventually('the first record', () => sink.waiting.length === 1);
    connection.publish(2, '1', signal(2));
    await eventually('the second record', () => sink.waiting.length === 2);
    sink.releaseOne();
    await eventually('a PUBACK', () => connection.acknowledged.length > 0);
    connection.publish(3, '1', signal(3));
    await eventually('the third record', () => sink.waiting.length === 2);
    expect(connection.acknowledged).toEqual([1]);
    sink.release();
    await eventually('all PUBACKs', () => connection.acknowledged.length === 3);
  });

  it('subscribes to its site alone, each at QoS 1, under a session of its own', async () => {
    const server = await ScriptedBroker.open();
    await started(new HeldSink({ open: true }), { mqtt: { url: server.url }, site: 'hq' });
    const connection = await server.subscribed(0);
    expect(connection.sent('connect')[0]).toMatchObject({ clientId: 'smokewire-hq-bridge-b1', clean: false });
    expect(connection.sent('subscribe')[0]).toMatchObject({
      subscriptions: ['detectors/+/signal', 'detectors/+/status', 'detectors/+/config', 'valve/state'].map((end) => ({
        topic: `${MQTT_ROOT}/hq/+/${end}`,
        qos: 1,
      })),
    });
  });

  it('takes a canary to each partition that has its home’s number, and says how many there are', async () => {
    let partitions = PARTITIONS;
    const server = await ScriptedBroker.open();
    const sink = new HeldSink({ open: true });
    const { site } = await started(sink, { mqtt: { url: server.url }, partitions: () => partitions });
    const connection = await server.subscribed(0);
    const songs = () =>
      sink.written.map(({ key, partition, headers }) => `${key} in ${partition} of ${headers?.['partitions']}`);
    connection.publish(0, '0', detectorTopic(MQTT_ROOT, site, 0, canaryOf(1), 'signal'));
    await eventually('the first', () => songs().length === 1);
    partitions = 10;
    connection.publish(0, '0', detectorTopic(MQTT_ROOT, site, 0, canaryOf(1), 'signal'));
    connection.publish(0, '0', detectorTopic(MQTT_ROOT, site, 3, 7, 'signal'));
    await eventually('the second, and a detector', () => songs().length === 5);
    expect(songs()).toEqual([
      '-2 in 1 of 4',
      '-2 in 1 of 10',
      '-2 in 5 of 10',
      '-2 in 9 of 10',
      '7 in undefined of undefined',
    ]);
  });

  it('stamps records with the moment at which it received them', async () => {
    const clock = new ManualClock();
    const server = await ScriptedBroker.open();
    const sink = new HeldSink({ open: true });
    const { signal } = await started(sink, { mqtt: { url: server.url }, clock });
    const connection = await server.subscribed(0);
    connection.publish(0, '0', signal(1));
    await eventually('the first', () => sink.written.length === 1);
    clock.advance(1_234);
    connection.publish(0, '0', signal(1));
    await eventually('the second', () => sink.written.length === 2);
    expect(sink.written.map(({ timestamp }) => timestamp)).toEqual([clock.now() - 1_234, clock.now()]);
  });

  it('loses nothing when its connection breaks between delivery and acknowledgement', async () => {
    const proxy = await cuttable(broker.url);
    const sink = new HeldSink({ open: false });
    const { signal, inbound } = await started(sink, { mqtt: { url: proxy.url } });
    const detector = await publisher();
    for (let seq = 0; seq < 50; seq++) await detector.publish(signal(1), `{"signal":1,"seq":${seq}}`, QOS_1);
    await eventually('all of them', () => sink.waiting.length === 50);
    proxy.cut();
    await eventually('all of them again', () => sink.waiting.length === 100);
    sink.release();
    await detector.publish(signal(2), '{"signal":0,"seq":99}', QOS_1);
    await eventually('the sentinel', () => seqs(sink).includes(99));
    expect(new Set(seqs(sink)).size).toBe(51);
    expect(sink.written).toHaveLength(101);
    await eventually('the connection', () => inbound.missing().length === 0);
  });

  it('takes over what a bridge left behind that died before Kafka answered', async () => {
    const dead = new HeldSink({ open: false });
    const { signal, inbound, site } = await started(dead);
    const detector = await publisher();
    await detector.publish(signal(1), '{"signal":1,"seq":1}', QOS_1);
    await eventually('the record', () => dead.waiting.length === 1);
    dead.fail(new SmokewireError('STOPPED', 'killed'));
    await inbound.stop();
    await detector.publish(signal(1), '{"signal":1,"seq":2}', QOS_1);
    const sink = new HeldSink({ open: true });
    await started(sink, { site });
    await eventually('both', () => sink.written.length === 2);
    expect(new Set(seqs(sink))).toEqual(new Set([1, 2]));
  });

  it.each([0, 1] as const)('keeps the order of each detector at QoS %i', async (qos) => {
    const sink = new HeldSink({ open: false });
    const { signal } = await started(sink);
    const detectors = await Promise.all([1, 2, 3].map(async (id) => ({ id, client: await publisher() })));
    const sent = Array.from({ length: 300 }, (_, seq) => seq);
    await Promise.all(
      detectors.flatMap(({ id, client }) =>
        sent.map((seq) => client.publish(signal(id), `{"signal":0,"seq":${seq}}`, { qos, retain: false })),
      ),
    );
    sink.release();
    await eventually('all of them', () => sink.written.length === 900);
    for (const { id } of detectors) {
      const ofOne = sink.written.filter(({ key }) => key === String(id));
      expect(ofOne.map(({ headers }) => Number(headers?.['seq']))).toEqual(sent);
    }
  });

  it('pauses at its bound while Kafka is away, and goes on with everything when it is back', async () => {
    const sink = new HeldSink({ open: false });
    const { signal, metrics } = await started(sink, { maxInFlight: 100 });
    const detector = await publisher();
    const total = 5_000;
    const payload = (seq: number) => `{"signal":1,"seq":${seq}}${' '.repeat(150)}`;
    await Promise.all(Array.from({ length: total }, (_, seq) => detector.publish(signal(1), payload(seq), QOS_1)));
    await eventually('the bound', () => sink.waiting.length >= 100);
    await detector.publish('elsewhere', 'a turn around the broker', QOS_1);
    // One read beyond the bound at most: 64 KiB.
    expect(sink.waiting.length).toBeLessThan(100 + 65_536 / payload(0).length);
    expect((await metrics.bridgeInFlight.get()).values[0]?.value).toBe(sink.waiting.length);
    sink.release();
    await eventually('all of them', () => sink.written.length >= total, 20_000);
    expect(seqs(sink)).toEqual(Array.from({ length: total }, (_, seq) => seq));
    await eventually('rest', async () => (await metrics.bridgeInFlight.get()).values[0]?.value === 0);
  }, 30_000);

  it('goes on after whatever bad input, and buries it', async () => {
    const sink = new HeldSink({ open: true });
    const { signal, site, metrics } = await started(sink);
    const stranger = await publisher();
    const bad: [topic: string, payload: string | Buffer, code: string][] = [
      [signal(1), '2', 'PAYLOAD_INVALID'],
      [signal(1), Buffer.from([0xc3, 0x28]), 'PAYLOAD_NOT_UTF8'],
      [signal(1), 'x'.repeat(1_000_000), 'PAYLOAD_TOO_LARGE'],
      [`${MQTT_ROOT}/${site}/3/detectors/abc/signal`, '1', 'MQTT_TOPIC_INVALID'],
      [`${MQTT_ROOT}/${site}/cellar/valve/state`, '{}', 'MQTT_TOPIC_INVALID'],
      [detectorTopic(MQTT_ROOT, site, 3, 1, 'config'), '{', 'PAYLOAD_INVALID'],
      [detectorTopic(MQTT_ROOT, site, 3, 1, 'status'), '', 'PAYLOAD_INVALID'],
    ];
    for (const [topic, payload] of bad) await stranger.publish(topic, payload, QOS_1);
    await stranger.publish(signal(7), '1', QOS_0);
    await eventually('the sentinel', () => sink.written.some(({ topic }) => topic === 'signals'));
    expect(sink.written.slice(0, -1).map(({ headers }) => headers?.[DEAD_LETTER_HEADERS.code])).toEqual(
      bad.map(([, , code]) => code),
    );
    expect(sink.written.at(-1)).toMatchObject({ key: '7', value: '1' });
    const counted = await metrics.bridgeDiscarded.get();
    expect(Object.fromEntries(counted.values.map(({ labels, value }) => [labels.code, value]))).toEqual({
      PAYLOAD_INVALID: 3,
      PAYLOAD_NOT_UTF8: 1,
      PAYLOAD_TOO_LARGE: 1,
      MQTT_TOPIC_INVALID: 2,
    });
    const received = await metrics.bridgeReceived.get();
    expect(Object.fromEntries(received.values.map(({ labels, value }) => [labels.subject, value]))).toEqual({
      signal: 5,
      status: 1,
      config: 1,
      'valve-state': 1,
    });
  });

  it('takes retained states when it subscribes, and no retained signal', async () => {
    made += 1;
    const site = `retained-${made}`;
    const device = await publisher();
    const keep = { qos: 1, retain: true } as const;
    await device.publish(detectorTopic(MQTT_ROOT, site, 3, 1, 'status'), 'online', keep);
    await device.publish(valveTopic(MQTT_ROOT, site, 3, 'state'), '{"position":"open","commandId":null}', keep);
    await device.publish(detectorTopic(MQTT_ROOT, site, 3, 1, 'signal'), '1', keep);
    const sink = new HeldSink({ open: true });
    await started(sink, { site });
    await eventually('all three', () => sink.written.length === 3);
    expect(sink.written.map(({ topic }) => topic).sort()).toEqual(['presence', 'signals.dead', 'valve-states']);
  });

  it('waits for Kafka when it stops, and acknowledges before it goes', async () => {
    const server = await ScriptedBroker.open();
    const sink = new HeldSink({ open: false });
    const { inbound, signal } = await started(sink, { mqtt: { url: server.url } });
    const connection = await server.subscribed(0);
    connection.publish(1, '1', signal(1));
    await eventually('the record', () => sink.waiting.length === 1);
    const stopped = inbound.stop();
    sink.release();
    await within('the stop', stopped);
    await eventually('DISCONNECT', () => connection.sent('disconnect').length === 1);
    expect(connection.acknowledged).toEqual([1]);
  });

  it('does not wait long, and does not acknowledge what it could not wait for', async () => {
    const server = await ScriptedBroker.open();
    const sink = new HeldSink({ open: false });
    const wireClock = new ManualClock();
    const { inbound, signal } = await started(sink, { mqtt: { url: server.url }, wireClock });
    const connection = await server.subscribed(0);
    connection.publish(1, '1', signal(1));
    await eventually('the record', () => sink.waiting.length === 1);
    const stopped = inbound.stop();
    wireClock.advance(1_000);
    await within('the stop', stopped);
    sink.release();
    await eventually('DISCONNECT', () => connection.sent('disconnect').length === 1);
    expect(connection.acknowledged).toEqual([]);
    expect(wireClock.pending()).toEqual([]);
  });

  it('does not ask for ever for what Kafka will never take', async () => {
    const server = await ScriptedBroker.open();
    const sink = new HeldSink({ open: false });
    const { signal, logger } = await started(sink, { mqtt: { url: server.url } });
    const connection = await server.subscribed(0);
    connection.publish(1, '1', signal(1));
    await eventually('the record', () => sink.waiting.length === 1);
    sink.fail(new SmokewireError('PAYLOAD_TOO_LARGE', 'too large'));
    await eventually('the PUBACK', () => connection.acknowledged.length === 1);
    expect(logger.lines.map(({ level }) => level)).toContain('error');
  });
});
