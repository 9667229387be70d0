import { connect as connectTcp, type Socket } from 'node:net';
import { generate } from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { MqttBroker, type MqttBrokerOptions } from '../../../brokers/mqtt/index.ts';
import { WireClient } from '../../conformance/mqtt/client.ts';
import { eventually, within } from '../../support/eventually.ts';
import { type LogLine, recordingLogger } from '../../support/logger.ts';

const bridge = { username: 'bridge', password: 'kept to itself' };
const running: MqttBroker[] = [];
const lines: LogLine[] = [];

async function started(options: Partial<MqttBrokerOptions> = {}): Promise<MqttBroker> {
  const broker = new MqttBroker({ logger: recordingLogger(lines), bridgeCredentials: bridge, ...options });
  running.push(broker);
  await broker.start();
  return broker;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((broker) => broker.stop()));
  lines.length = 0;
});

/** A bare TCP connection to the broker, and a promise of its end. */
function tcp(broker: MqttBroker): { socket: Socket; closed: Promise<unknown> } {
  const socket = connectTcp(Number(new URL(broker.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  return { socket, closed: new Promise((resolve) => socket.once('close', resolve)) };
}

const connectPacket = (clientId: string) => generate({ cmd: 'connect', clientId, clean: true, keepalive: 0 });

describe('what the embedded MQTT broker refuses', () => {
  it('is a packet beyond the limit, as soon as it is announced', async () => {
    const broker = await started({ maxPacketBytes: 1_000 });
    const { socket, closed } = tcp(broker);
    socket.write(connectPacket('large'));
    socket.write(Buffer.of(0x30, 0xff, 0xff, 0x7f)); // PUBLISH of 2 MiB, of which nothing follows
    await within('the connection to be closed', closed);
    expect(lines.map((line) => line.message)).toContain('closed a connection: its packet is too large');
  });

  it.each([
    ['noise', Buffer.alloc(10_000, 0xff)],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    [
      'a PUBLISH before CONNECT',
      generate({ cmd: 'publish', topic: 't', payload: 'x', qos: 0, retain: false, dup: false }),
    ],
    ['a second CONNECT', Buffer.concat([connectPacket('twice'), connectPacket('twice')])],
    [
      'MQTT 5',
      generate(
        { cmd: 'connect', clientId: 'five', protocolVersion: 5, clean: true, keepalive: 0 },
        { protocolVersion: 5 },
      ),
    ],
    [
      'a wildcard in a topic',
      Buffer.concat([
        connectPacket('wild'),
        generate({ cmd: 'publish', topic: 'a/+/b', payload: 'x', qos: 0, retain: false, dup: false }),
      ]),
    ],
  ])('is %s, without harm to anybody else', async (_, bytes) => {
    const broker = await started();
    await using bystander = await WireClient.connect(broker.url);
    await bystander.subscribe('t');
    const { socket, closed } = tcp(broker);
    socket.resume().write(bytes);
    await within('the connection to be closed', closed);
    await bystander.publish('t', 'still here');
    expect(await bystander.received('still here')).toBeDefined();
  });

  it('is a shared subscription, and that alone of several', async () => {
    const broker = await started();
    await using client = await WireClient.connect(broker.url);
    const granted = await client.mqtt
      .subscribeAsync({ 'a/b': { qos: 1 }, '$share/group/a/b': { qos: 1 } })
      .catch((error) => error);
    expect(granted).toMatchObject({ message: 'Subscribe error: Unspecified error' });
    await client.publish('a/b', 'x');
    await client.received('x');
    expect(lines.map((line) => line.message)).toContain('refused a shared subscription');
  });

  it('is a message below $SYS, and the log has one line for all that a connection tries', async () => {
    const broker = await started();
    await using subscriber = await WireClient.connect(broker.url);
    await subscriber.subscribe('$SYS/+/stats');
    await subscriber.subscribe('t');
    await using stranger = await WireClient.connect(broker.url);
    for (let i = 0; i < 10; i++) await stranger.publish('$SYS/broker/stats', 'forged');
    await stranger.publish('t', 'sentinel');
    await subscriber.received('sentinel');
    expect(subscriber.payloads).toEqual(['sentinel']);
    expect(lines.filter((line) => line.level === 'warn')).toHaveLength(1);
  });

  it('is a valve command below the root that it was given', async () => {
    const broker = await started({ root: 'brand/v2' });
    await using valve = await WireClient.connect(broker.url);
    await valve.subscribe('#');
    await using stranger = await WireClient.connect(broker.url);
    await stranger.publish('brand/v2/hq/3/valve/command', 'forged');
    await stranger.publish('fire/v1/hq/3/valve/command', 'another root');
    await stranger.publish('brand/v2/hq/3/valve/state', 'sentinel');
    await valve.received('sentinel');
    expect(valve.payloads).toEqual(['another root', 'sentinel']);
    expect(stranger.mqtt.connected).toBe(true);
  });
});

describe('a subscriber that stops reading', () => {
  it('does not hold up the others', async () => {
    const broker = await started();
    const { socket } = tcp(broker);
    socket.write(connectPacket('stalled'));
    socket.write(generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 0 }] }));
    await eventually('the SUBACK', () => socket.bytesRead > 4);
    socket.pause();
    await using subscriber = await WireClient.connect(broker.url);
    await subscriber.subscribe('t', 0);
    await using publisher = await WireClient.connect(broker.url);
    const payload = Buffer.alloc(100_000, 'x');
    for (let i = 0; i < 300; i++) await publisher.publish('t', payload);
    await publisher.publish('t', 'sentinel');
    await subscriber.received('sentinel');
    expect(subscriber.seen).toHaveLength(301);
    socket.destroy();
  });
});

describe('its life', () => {
  it('says which port is taken and what to do', async () => {
    const { port } = new URL((await started()).url);
    await expect(started({ port: Number(port) })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringMatching(new RegExp(`${port}.*--mqtt-port`)),
    });
  });

  it('says when it cannot listen on the host at all', async () => {
    await expect(started({ host: '203.0.113.1' })).rejects.toMatchObject({ code: 'START_FAILED' });
  });

  it('stops at once with many clients, some not even connected, and sends no wills', async () => {
    const broker = await started();
    const will = (qos: 0 | 1) => ({ topic: 'status', payload: Buffer.from('offline'), qos, retain: false });
    const fleet = await Promise.all(
      Array.from({ length: 200 }, (_, i) => WireClient.connect(broker.url, { will: will(i % 2 === 0 ? 0 : 1) })),
    );
    const subscriber = await WireClient.connect(broker.url);
    await subscriber.subscribe('status');
    const silent = tcp(broker);
    await new Promise((resolve) => silent.socket.once('connect', resolve));
    await within('both stops', Promise.all([broker.stop(), broker.stop()]), 1_000);
    await within('the connections to end', silent.closed);
    await eventually('all clients to notice', () => [...fleet, subscriber].every((client) => !client.mqtt.connected));
    expect(subscriber.seen).toEqual([]);
    expect(broker.missing()).not.toEqual([]);
  });

  it('stops during its start, and starts again', async () => {
    const broker = new MqttBroker({ logger: recordingLogger(), bridgeCredentials: bridge });
    const starting = broker.start();
    await broker.stop();
    await starting;
    expect(broker.missing()).not.toEqual([]);
    await broker.start();
    running.push(broker);
    expect(broker.missing()).toEqual([]);
    await using client = await WireClient.connect(broker.url);
    expect(client.mqtt.connected).toBe(true);
  });
});
