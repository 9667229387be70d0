import { afterEach, describe, expect, it } from 'vitest';
import { MqttBroker } from '../../../brokers/mqtt/index.ts';
import type { BrokerMessage } from '../../../brokers/mqtt/message.ts';
import { WireClient } from '../../conformance/mqtt/client.ts';
import { recordingLogger } from '../../support/logger.ts';

const running: MqttBroker[] = [];

async function started(): Promise<MqttBroker> {
  const broker = new MqttBroker({
    logger: recordingLogger(),
    bridgeCredentials: { username: 'bridge', password: 'kept to itself' },
  });
  running.push(broker);
  await broker.start();
  return broker;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((broker) => broker.stop()));
});

describe('a message that an interceptor takes', () => {
  it('is acknowledged and reaches nobody, until it is published after all', async () => {
    const broker = await started();
    await using client = await WireClient.connect(broker.url);
    await client.subscribe('#');
    const taken: BrokerMessage[] = [];
    broker.intercept((message) => message.topic === 'a' && taken.push(message) > 0);
    await client.publish('a', 'one', { retain: true });
    await client.publish('b', 'sentinel');
    await client.received('sentinel');
    expect(client.payloads).toEqual(['sentinel']);

    for (const message of taken) await broker.publish(message);
    expect(await client.received('one')).toMatchObject({ topic: 'a', qos: 1 });
    broker.intercept();
    await client.publish('a', 'two');
    await client.received('two');
  });

  it('can be a will, and is not retained', async () => {
    const broker = await started();
    await using witness = await WireClient.connect(broker.url);
    await witness.subscribe('#');
    const will = { topic: 'status', payload: Buffer.from('offline'), qos: 1, retain: true } as const;
    const client = await WireClient.connect(broker.url, { will });
    const seen = new Promise<BrokerMessage>((resolve) => {
      broker.intercept((message) => {
        resolve(message);
        return message.topic === 'status';
      });
    });
    client.crash();
    expect(await seen).toMatchObject({ topic: 'status', retain: true });
    await using late = await WireClient.connect(broker.url);
    await late.subscribe('#');
    await late.publish('t', 'sentinel');
    await late.received('sentinel');
    expect(late.payloads).toEqual(['sentinel']);
  });
});

describe('a paused broker', () => {
  it('keeps its connections and does nothing, and then does all that it was asked for', async () => {
    const broker = await started();
    await using publisher = await WireClient.connect(broker.url);
    await using subscriber = await WireClient.connect(broker.url);
    await subscriber.subscribe('#');
    const resume = broker.pause();
    let answered = 0;
    const asked = Promise.all(
      ['one', 'two'].map(async (payload) => {
        await publisher.publish('t', payload);
        answered += 1;
      }),
    );
    // It takes connections as the system does for it, and answers none.
    const late = WireClient.connect(broker.url).then((client) => {
      answered += 1;
      return client;
    });
    // Another broker's answers: by then this one, which shares its process, would have answered as well.
    await using sentinel = await WireClient.connect((await started()).url);
    await sentinel.subscribe('#');
    await sentinel.publish('t', 'sentinel');
    await sentinel.received('sentinel');
    expect(answered).toBe(0);
    expect(subscriber.seen).toEqual([]);

    resume();
    await asked;
    await subscriber.received('two');
    expect(subscriber.payloads).toEqual(['one', 'two']);
    await (await late).mqtt.endAsync(true);
  });

  it('stops all the same', async () => {
    const broker = await started();
    const client = await WireClient.connect(broker.url);
    const closed = new Promise<void>((resolve) => void client.mqtt.once('close', () => resolve()));
    broker.pause();
    await broker.stop();
    await closed;
  });
});

describe('a client that is cut off', () => {
  it('neither is heard nor hears, and gets what was kept for it once it is back', async () => {
    const broker = await started();
    await using inside = await WireClient.connect(broker.url, { clientId: 'inside' });
    await using outside = await WireClient.connect(broker.url, { clientId: 'outside' });
    await inside.subscribe('#');
    await outside.subscribe('#');
    const heal = broker.cutOff((clientId) => clientId === 'outside');
    const said = outside.publish('t', 'from outside');
    await inside.publish('t', 'from inside');
    await inside.publish('t', 'sentinel');
    await inside.received('sentinel');
    expect(inside.payloads).toEqual(['from inside', 'sentinel']);
    expect(outside.seen).toEqual([]);

    heal();
    await said;
    await inside.received('from outside');
    await outside.received('sentinel');
    expect(outside.payloads.slice(0, 2)).toEqual(['from inside', 'sentinel']);
  });

  it('cannot connect anew', async () => {
    const broker = await started();
    const heal = broker.cutOff((clientId) => clientId === 'outside');
    await expect(WireClient.connect(broker.url, { clientId: 'outside' })).rejects.toThrow();
    heal();
    await using outside = await WireClient.connect(broker.url, { clientId: 'outside' });
    await outside.subscribe('#');
  });
});
