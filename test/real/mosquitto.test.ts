import { expect, inject, it } from 'vitest';
import { WireClient } from '../conformance/mqtt/client.ts';
import { mqttConformance } from '../conformance/mqtt/suite.ts';
import { Mosquitto } from './servers/mosquitto.ts';

mqttConformance('mosquitto, as it is shipped', () => inject('mqtt'));

it('mosquitto, as it is shipped, keeps sessions, what waits for them, and retained messages through a kill -9', async () => {
  const own = new Mosquitto();
  await own.start();
  try {
    const topic = 'fire/v1/hq/1/detectors/1';
    const session = { clientId: 'bridge', clean: false };
    const before = await WireClient.connect(own.url, session);
    await before.subscribe(`${topic}/signal`);
    await before[Symbol.asyncDispose]();
    const detector = await WireClient.connect(own.url);
    // More than the default of 1,000, which drops the rest in silence.
    const sent = Array.from({ length: 1_500 }, (_, i) => String(i));
    await Promise.all(sent.map((payload) => detector.publish(`${topic}/signal`, payload)));
    await detector.publish(`${topic}/status`, 'online', { retain: true });

    await own.crash();

    await using after = await WireClient.connect(own.url, session);
    await after.received('1499');
    expect(after.payloads).toEqual(sent);
    await after.subscribe(`${topic}/status`);
    expect((await after.received('online')).retain).toBe(true);
  } finally {
    await own.stop();
  }
});
