import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { realClock } from '../../../app/clock.ts';
import { MqttBroker } from '../../../brokers/mqtt/index.ts';
import { MqttClient } from '../../../transport/mqtt/client.ts';
import { type Batch, MqttSubscriber, type MqttSubscriberOptions } from '../../../transport/mqtt/subscriber.ts';
import { eventually, within } from '../../support/eventually.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { publishPacket, ScriptedBroker } from './scripted-broker.ts';
import { SELF_SIGNED } from './self-signed.ts';
import { cuttable, openPort } from './wire.ts';

const broker = new MqttBroker({
  logger: recordingLogger(),
  bridgeCredentials: { username: 'bridge', password: 's3cret' },
});
beforeAll(() => broker.start());
afterAll(() => broker.stop());

let made = 0;
function subscriber(options: Partial<MqttSubscriberOptions> & { url: string }) {
  made += 1;
  const batches: Batch[] = [];
  const logger = recordingLogger();
  const built = new MqttSubscriber({
    clientId: `subscriber-${made}`,
    subscriptions: { 'a/+': 1 },
    maxPayloadBytes: 64 * 1024,
    wireClock: realClock,
    logger,
    onBatch: (batch) => batches.push(batch),
    ...options,
  });
  onTestFinished(() => built.stop());
  const payloads = () => batches.flatMap(({ messages }) => messages.map(({ payload }) => payload.toString()));
  return { subscriber: built, batches, payloads, logger };
}

async function publisher(): Promise<MqttClient> {
  made += 1;
  const client = new MqttClient({ url: broker.url, clientId: `publisher-${made}`, logger: recordingLogger() });
  onTestFinished(() => client.stop());
  await client.start();
  return client;
}

const AT_LEAST_ONCE = { qos: 1, retain: false } as const;

describe('MqttSubscriber', () => {
  it('hands over what is published, with its packet id, retained flag and quality of service', async () => {
    const client = await publisher();
    await client.publish('flags/kept', 'old', { qos: 1, retain: true });
    const { subscriber: sub, batches } = subscriber({ url: broker.url, subscriptions: { 'flags/+': 1 } });
    await sub.start();
    expect(sub.missing()).toEqual([]);
    await client.publish('flags/new', '', { qos: 0, retain: false });
    await eventually('both', () => batches.flatMap(({ messages }) => messages).length === 2);
    expect(batches.flatMap(({ messages }) => messages)).toEqual([
      {
        topic: 'flags/kept',
        payload: Buffer.from('old'),
        payloadBytes: 3,
        packetId: expect.any(Number),
        retained: true,
      },
      { topic: 'flags/new', payload: Buffer.alloc(0), payloadBytes: 0, packetId: 0, retained: false },
    ]);
  });

  it('gets again what it did not acknowledge when the connection broke, and loses nothing', async () => {
    const proxy = await cuttable(broker.url);
    const { subscriber: sub, batches, payloads } = subscriber({ url: proxy.url, subscriptions: { 'again/+': 1 } });
    await sub.start();
    const client = await publisher();
    for (let i = 0; i < 20; i++) await client.publish('again/1', String(i), AT_LEAST_ONCE);
    await eventually('all of them', () => payloads().length === 20);
    expect(sub.inFlight).toBe(20);
    const before = batches.splice(0);
    proxy.cut();
    await eventually('all of them again', () => new Set(payloads()).size === 20);
    for (const batch of [...before, ...batches]) batch.acknowledge();
    expect(sub.inFlight).toBe(0);
    await sub.stop();
    const { subscriber: next, payloads: seenNext } = subscriber({
      url: broker.url,
      clientId: sub.name.replace('mqtt-subscriber ', ''),
      subscriptions: { 'again/+': 1 },
    });
    await next.start();
    await client.publish('again/1', 'sentinel', AT_LEAST_ONCE);
    await eventually('the sentinel', () => seenNext().includes('sentinel'));
    expect(seenNext()).toEqual(['sentinel']);
  });

  it('keeps its session: what comes while it is stopped is there when it is back', async () => {
    const options = { url: broker.url, clientId: 'session', subscriptions: { 'session/+': 1 } } as const;
    const first = subscriber(options);
    await first.subscriber.start();
    await first.subscriber.stop();
    await (await publisher()).publish('session/1', 'kept', AT_LEAST_ONCE);
    const second = subscriber(options);
    await second.subscriber.start();
    await eventually('the message', () => second.payloads().includes('kept'));
  });

  it('acknowledges over the connection that brought the message, or not at all', async () => {
    const server = await ScriptedBroker.open({ sessionPresent: true });
    const { subscriber: sub, batches } = subscriber({ url: server.url });
    await sub.start();
    const first = await server.subscribed(0);
    first.publish(1, 'on the first');
    await eventually('the message', () => batches.length === 1);
    first.socket.destroy();
    const second = await server.subscribed(1);
    second.publish(2, 'on the second');
    await eventually('the other message', () => batches.length === 2);
    for (const batch of batches) batch.acknowledge();
    await eventually('a PUBACK', () => second.acknowledged.length > 0);
    expect(second.acknowledged).toEqual([2]);
    expect(sub.inFlight).toBe(0);
  });

  it('writes what is acknowledged in one turn together, and nothing for QoS 0', async () => {
    const server = await ScriptedBroker.open();
    const { subscriber: sub, batches } = subscriber({ url: server.url });
    await sub.start();
    const connection = await server.subscribed(0);
    connection.socket.write(Buffer.concat([1, 0, 2, 3].map((id) => publishPacket(id, 'x'))));
    await eventually('the first read', () => batches.length === 1);
    connection.publish(4, 'x');
    await eventually('the second read', () => batches.length === 2);
    expect(connection.acknowledged).toEqual([]);
    for (const batch of batches) batch.acknowledge();
    await eventually('the PUBACKs', () => connection.acknowledged.length === 4);
    expect(connection.acknowledged).toEqual([1, 2, 3, 4]);
    expect(connection.ackChunks).toBe(1);
  });

  it('pauses at its bound, goes on answering for itself, and reads on when there is room', async () => {
    const clock = new ManualClock();
    const server = await ScriptedBroker.open();
    const {
      subscriber: sub,
      batches,
      payloads,
    } = subscriber({
      url: server.url,
      wireClock: clock,
      maxInFlight: 100,
      keepaliveS: 10,
    });
    await sub.start();
    const connection = await server.subscribed(0);
    const total = 20_000;
    const filler = 'x'.repeat(200);
    for (let id = 1; id <= total; id++) connection.publish(id, filler);
    await eventually('the bound', () => sub.inFlight >= 100);
    for (let pings = 1; pings <= 3; pings++) {
      clock.advance(5_000);
      await eventually('a PINGREQ', () => connection.sent('pingreq').length === pings);
    }
    // The PINGREQs went out and back: whatever was to be read has been read. One read is 64 KiB at most.
    expect(payloads().length).toBeLessThan(100 + 65_536 / filler.length);
    expect(server.connections).toHaveLength(1);
    for (let seen = 0; seen < total; ) {
      await eventually('more of them', () => batches.length > 0);
      for (const batch of batches.splice(0)) {
        seen += batch.messages.length;
        batch.acknowledge();
      }
    }
    await eventually('all PUBACKs', () => connection.acknowledged.length === total);
    expect(server.connections).toHaveLength(1);
  });

  it('bounds the bytes in flight as well', async () => {
    const server = await ScriptedBroker.open();
    const { subscriber: sub, payloads } = subscriber({ url: server.url, maxInFlightBytes: 200_000 });
    await sub.start();
    const connection = await server.subscribed(0);
    for (let id = 1; id <= 400; id++) connection.publish(id, 'x'.repeat(50_000));
    await eventually('the bound', () => payloads().length >= 2);
    await eventually('the server to be held back', () => connection.socket.writableLength > 1_000_000);
    expect(payloads().length).toBeLessThan(10);
  });

  it('takes a broker that does not answer its pings for lost', async () => {
    const clock = new ManualClock();
    const server = await ScriptedBroker.open({ answersPings: false });
    const { subscriber: sub, logger } = subscriber({ url: server.url, wireClock: clock, keepaliveS: 10 });
    await sub.start();
    const connection = await server.subscribed(0);
    clock.advance(5_000);
    await eventually('a PINGREQ', () => connection.sent('pingreq').length === 1);
    expect(sub.missing()).toEqual([]);
    clock.advance(5_000);
    await eventually('the loss', () => sub.missing().length === 1);
    expect(logger.lines.at(-1)).toMatchObject({ level: 'warn', fields: { error: 'it does not answer a ping' } });
    clock.advance(50);
    await server.subscribed(1);
  });

  it('waits longer after each attempt that fails, and shortly again after a connection that lived', async () => {
    const clock = new ManualClock();
    const good = await ScriptedBroker.open();
    const proxy = await cuttable(good.url);
    const { subscriber: sub } = subscriber({ url: proxy.url, wireClock: clock });
    await sub.start();
    proxy.refuse();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      await eventually('a timer', () => clock.pending().includes('MQTT reconnect'));
      const start = clock.now();
      while (clock.pending().includes('MQTT reconnect')) clock.advance(50);
      waits.push(clock.now() - start);
    }
    expect(waits).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    await eventually('a timer', () => clock.pending().includes('MQTT reconnect'));
    proxy.accept();
    clock.advance(5_000);
    await good.subscribed(1);
    await eventually('readiness', () => sub.missing().length === 0);
    proxy.cut();
    await eventually('a timer', () => clock.pending().includes('MQTT reconnect'));
    clock.advance(4_950);
    expect(clock.pending()).toContain('MQTT reconnect');
    clock.advance(50);
    await good.subscribed(2);
    await eventually('readiness', () => sub.missing().length === 0);
    clock.advance(5_000);
    proxy.cut();
    await eventually('a timer', () => clock.pending().includes('MQTT reconnect'));
    clock.advance(50);
    await good.subscribed(3);
  });

  it('says when the broker forgot its session', async () => {
    const server = await ScriptedBroker.open({ sessionPresent: false });
    const { subscriber: sub, logger } = subscriber({ url: server.url });
    await sub.start();
    (await server.subscribed(0)).socket.destroy();
    await server.subscribed(1);
    await eventually('the warning', () =>
      logger.lines.some(({ level, message }) => level === 'warn' && message.includes('forgot the session')),
    );
  });

  it.each([
    [{ connack: 5 }, 'it does not authorise this client'],
    [{ connack: 4 }, 'it refuses user name or password'],
    [{ connack: 99 }, 'it refuses with code 99'],
    [{ granted: [0x80] }, 'it refuses the subscription to a/+ at QoS 1'],
    [{ granted: [0] }, 'it refuses the subscription to a/+ at QoS 1'],
    [{ granted: [1, 1] }, 'the answer to the subscription does not fit it'],
  ])('does not start on %j', async (script, problem) => {
    const server = await ScriptedBroker.open(script);
    const { subscriber: sub } = subscriber({ url: server.url, username: 'me', password: 'hush' });
    const error = await sub.start().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'MQTT_UNREACHABLE', message: `the MQTT broker at ${server.url}: ${problem}` });
    expect(server.connections).toHaveLength(1);
  });

  it('does not start where nobody listens, where nobody answers, or over a certificate that it cannot trust', async () => {
    const nobody = subscriber({ url: `mqtt://127.0.0.1:${await openPort()}` });
    await expect(nobody.subscriber.start()).rejects.toMatchObject({
      code: 'MQTT_UNREACHABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });

    const clock = new ManualClock();
    const server = await ScriptedBroker.open({ connack: undefined });
    const silent = subscriber({ url: server.url, wireClock: clock });
    const start = expect(silent.subscriber.start()).rejects.toMatchObject({
      code: 'MQTT_UNREACHABLE',
      message: expect.stringContaining('within 5000 ms'),
    });
    await eventually('CONNECT', () => server.connections[0]?.sent('connect').length === 1);
    clock.advance(5_000);
    await start;
    expect(clock.pending()).toEqual([]);

    const tls = createTlsServer(SELF_SIGNED);
    onTestFinished(() => void tls.close());
    const distrusted = subscriber({ url: `mqtts://localhost:${await openPort(tls)}` });
    await expect(distrusted.subscriber.start()).rejects.toMatchObject({
      code: 'MQTT_UNREACHABLE',
      message: expect.stringMatching(/mqtts:\/\/localhost:\d+: self-signed certificate/),
    });
  });

  it('signs in as it was told, with its session and keepalive', async () => {
    const server = await ScriptedBroker.open();
    const { subscriber: sub } = subscriber({
      url: server.url,
      clientId: 'x',
      username: 'u',
      password: 'p',
      keepaliveS: 7,
    });
    await sub.start();
    const connection = await server.subscribed(0);
    expect(connection.sent('connect')[0]).toMatchObject({
      clientId: 'x',
      clean: false,
      keepalive: 7,
      username: 'u',
      password: Buffer.from('p'),
      protocolVersion: 4,
    });
  });

  it.each([
    ['an unreadable packet', Buffer.from([0x34, 0x05, 0x00, 0x01, 0x61, 0x00, 0x01])],
    ['a packet of a type that is not for clients', Buffer.from([0x10, 0x00])],
    ['a second CONNACK', Buffer.from([0x20, 0x02, 0x00, 0x00])],
    ['a packet that is too large', Buffer.from([0x90, 0x80, 0xc2, 0xd7, 0x2f])],
  ])('cuts a connection that brings %s, and makes another', async (_, bytes) => {
    const server = await ScriptedBroker.open();
    const { subscriber: sub, payloads } = subscriber({ url: server.url });
    await sub.start();
    const first = await server.subscribed(0);
    first.socket.write(Buffer.concat([publishPacket(1, 'in vain'), bytes]));
    const second = await server.subscribed(1);
    second.publish(1, 'again');
    await eventually('the message', () => payloads().length > 0);
    expect(payloads()).toEqual(['again']);
    expect(first.acknowledged).toEqual([]);
  });

  it('says DISCONNECT when it stops, after the PUBACKs', async () => {
    const server = await ScriptedBroker.open();
    const { subscriber: sub, batches } = subscriber({ url: server.url });
    await sub.start();
    const connection = await server.subscribed(0);
    connection.publish(1, 'x');
    await eventually('the message', () => batches.length === 1);
    sub.hold();
    for (const batch of batches) batch.acknowledge();
    await within('both stops', Promise.all([sub.stop(), sub.stop()]));
    await eventually('DISCONNECT', () => connection.sent('disconnect').length === 1);
    expect(connection.packets.map(({ cmd }) => cmd)).toEqual(['connect', 'subscribe', 'puback', 'disconnect']);
    await expect(sub.start()).rejects.toMatchObject({ code: 'STOPPED' });
  });

  it('can be stopped while it starts, while it waits to reconnect, and before it starts', async () => {
    const clock = new ManualClock();
    const server = await ScriptedBroker.open({ connack: undefined });
    const starting = subscriber({ url: server.url, wireClock: clock });
    const start = expect(starting.subscriber.start()).rejects.toMatchObject({ code: 'STOPPED' });
    await starting.subscriber.stop();
    await start;

    const good = await ScriptedBroker.open();
    const waiting = subscriber({ url: good.url, wireClock: clock });
    await waiting.subscriber.start();
    (await good.subscribed(0)).socket.destroy();
    await eventually('the wait', () => clock.pending().includes('MQTT reconnect'));
    await waiting.subscriber.stop();
    expect(clock.pending()).toEqual([]);

    await subscriber({ url: good.url }).subscriber.stop();
  });
});
