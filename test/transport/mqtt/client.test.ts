import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { MqttBroker } from '../../../brokers/mqtt/index.ts';
import { MqttClient, type MqttClientOptions, type MqttMessage } from '../../../transport/mqtt/client.ts';
import { eventually, within } from '../../support/eventually.ts';
import { recordingLogger } from '../../support/logger.ts';
import { cuttable, openPort } from './wire.ts';

const bridgeCredentials = { username: 'bridge', password: 's3cret' };
const broker = new MqttBroker({ logger: recordingLogger(), bridgeCredentials });
beforeAll(() => broker.start());
afterAll(() => broker.stop());

let made = 0;
function client(options: Partial<MqttClientOptions> = {}): MqttClient {
  made += 1;
  const built = new MqttClient({ url: broker.url, clientId: `client-${made}`, logger: recordingLogger(), ...options });
  onTestFinished(() => built.stop());
  return built;
}

async function listener(filter: string): Promise<MqttMessage[]> {
  const seen: MqttMessage[] = [];
  await client({ subscriptions: { [filter]: 1 }, onMessage: (message) => seen.push(message) }).start();
  return seen;
}

const AT_LEAST_ONCE = { qos: 1, retain: false } as const;

describe('MqttClient', () => {
  it('publishes to who subscribed, and resolves once the broker acknowledged', async () => {
    const seen = await listener('hello/+');
    const publisher = client();
    await publisher.start();
    await publisher.publish('hello/1', 'a', AT_LEAST_ONCE);
    await publisher.publish('hello/2', Buffer.from('b'), { qos: 0, retain: false });
    await eventually('both messages', () => seen.length === 2);
    expect(seen).toEqual([
      { topic: 'hello/1', payload: Buffer.from('a'), retained: false },
      { topic: 'hello/2', payload: Buffer.from('b'), retained: false },
    ]);
    expect(publisher.missing()).toEqual([]);
  });

  it('says that the broker is not there, by its address and without credentials', async () => {
    const port = await openPort();
    const lost = client({ url: `mqtt://user:hush@localhost:${port}`, clientId: 'lost' });
    const error = await lost.start().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'MQTT_UNREACHABLE' });
    expect(String(error)).toMatch(new RegExp(`mqtt://localhost:${port}: .*ECONNREFUSED`));
    expect(String(error)).not.toContain('hush');
    expect(lost.missing()).toEqual([`lost is not connected to mqtt://localhost:${port}`]);
  });

  it('says that its password is wrong', async () => {
    const forged = client({ username: 'bridge', password: 'guess' });
    await expect(forged.start()).rejects.toMatchObject({
      code: 'MQTT_UNREACHABLE',
      message: expect.stringContaining('Bad username or password'),
    });
  });

  it('comes back after the connection broke, subscribes anew, and delivers what waited', async () => {
    const proxy = await cuttable(broker.url);
    const births: number[] = [];
    const seen: string[] = [];
    const survivor = client({
      url: proxy.url,
      subscriptions: { 'survivor/in': 1 },
      onMessage: ({ payload }) => seen.push(payload.toString()),
      onReady: () => births.push(births.length),
    });
    const heard = await listener('survivor/out');
    await survivor.start();
    proxy.cut();
    await eventually('the loss to be noticed', () => !survivor.connected);
    expect(survivor.missing()).toHaveLength(1);
    const waiting = survivor.publish('survivor/out', 'kept', AT_LEAST_ONCE);
    await eventually('the client to be back', () => survivor.connected);
    await within('the message that waited', waiting);
    await eventually('its arrival', () => heard.some(({ payload }) => payload.toString() === 'kept'));
    const other = client();
    await other.start();
    await other.publish('survivor/in', 'again', AT_LEAST_ONCE);
    await eventually('a message to the new subscription', () => seen.includes('again'));
    expect(births).toEqual([0, 1]);
  });

  it('sends its will when it drops, and not when it stops', async () => {
    const seen = await listener('will/+');
    const will = { payload: 'gone', qos: 1, retain: false } as const;
    const polite = client({ will: { topic: 'will/polite', ...will } });
    const crashed = client({ will: { topic: 'will/crashed', ...will } });
    await polite.start();
    await crashed.start();
    await polite.stop();
    await crashed.drop();
    await eventually('the will', () => seen.length > 0);
    expect(seen.map(({ topic }) => topic)).toEqual(['will/crashed']);
  });

  it('rejects what is under way when it stops, and everything after', async () => {
    // Accepts the connection, and never acknowledges a publish.
    const CONNACK = Buffer.from([0x20, 2, 0, 0]);
    const mute = createServer(
      (socket) => void socket.on('error', () => undefined).once('data', () => socket.write(CONNACK)),
    );
    onTestFinished(() => void mute.close());
    const port = await openPort(mute);
    const stopping = client({ url: `mqtt://127.0.0.1:${port}` });
    await stopping.start();
    const underWay = stopping.publish('a', 'b', AT_LEAST_ONCE);
    const rejected = expect(underWay).rejects.toMatchObject({ code: 'STOPPED' });
    await Promise.all([stopping.stop(), stopping.stop()]);
    await rejected;
    await expect(stopping.publish('a', 'b', AT_LEAST_ONCE)).rejects.toMatchObject({ code: 'STOPPED' });
  });

  it('can be stopped while it starts', async () => {
    const silent = createServer((socket) => void socket.on('error', () => undefined));
    onTestFinished(() => void silent.close());
    const starting = client({ url: `mqtt://127.0.0.1:${await openPort(silent)}` });
    const start = expect(starting.start()).rejects.toMatchObject({ code: 'STOPPED' });
    await within('the stop', starting.stop(), 2_000);
    await start;
  });
});
