import type { Packet } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MqttBroker } from '../../brokers/mqtt/index.ts';
import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import { detectorTopic, MQTT_ROOT } from '../../contracts/mqtt-topics.ts';
import { Canary } from '../../simulators/canary.ts';
import { canaryOf } from '../../transport/kafka/canary-ids.ts';
import { WireClient } from '../conformance/mqtt/client.ts';
import { eventually } from '../support/eventually.ts';
import { recordingLogger } from '../support/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { observe, startBroker } from './support/broker.ts';
import { ownSite } from './support/fleet.ts';
import { ordinaryReply, ScriptedBroker } from './support/scripted-broker.ts';

const CANARY_IDS = Array.from({ length: PARTITIONS }, (_, partition) => canaryOf(partition));

let broker: MqttBroker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.stop());

function rig(mqttUrl: string) {
  const site = ownSite();
  const clock = new ManualClock();
  const canary = new Canary({ site, root: MQTT_ROOT, mqttUrl, clock, logger: recordingLogger() });
  return { site, clock, canary, [Symbol.asyncDispose]: () => canary.stop() };
}

const isBeat = (packet: Packet) => packet.cmd === 'publish';

describe('the ids of canaries', () => {
  it('are the first below zero that the Java client puts on each partition', () => {
    // Worked out with org.apache.kafka.common.utils.Utils.murmur2 of Apache Kafka 4.3.1.
    expect(CANARY_IDS).toEqual([-14, -2, -6, -1]);
    expect([4, 5, 6, 7, 8].map(canaryOf)).toEqual([-14, -2, -6, -1, -14]);
  });
});

describe('the canary', () => {
  it('beats for each partition at once, and then in every period, at QoS 1', async () => {
    await using r = rig(broker.url);
    await using observer = await observe(broker, r.site);
    await r.canary.start();
    expect(r.canary.missing()).toEqual([]);
    await eventually('the first beats', () => observer.seen.length === PARTITIONS);
    const topics = CANARY_IDS.map((id) => detectorTopic(MQTT_ROOT, r.site, 0, id, 'signal'));
    expect(observer.seen).toEqual(topics.map((topic) => ({ topic, payload: '0', qos: 1, retain: false })));
    r.clock.advance(999);
    r.clock.advance(1);
    await eventually('the second ones', () => observer.seen.length === 2 * PARTITIONS);
  });

  it('drops beats while the last one is not acknowledged', async () => {
    await using scripted = await ScriptedBroker.start();
    scripted.reply = (packet) => (isBeat(packet) ? [] : ordinaryReply(packet));
    await using r = rig(scripted.url);
    await r.canary.start();
    const beats = () => scripted.session?.packets.filter(isBeat) ?? [];
    await eventually('the first beats', () => beats().length === PARTITIONS);
    r.clock.advance(5_000);
    for (const beat of beats()) {
      if (beat.messageId !== undefined) {
        scripted.session?.socket.write(Buffer.from([0x40, 2, beat.messageId >> 8, beat.messageId & 0xff]));
      }
    }
    await eventually('beats again', () => {
      r.clock.advance(1_000);
      return beats().length >= 2 * PARTITIONS;
    });
    expect(beats()).toHaveLength(2 * PARTITIONS);
  });

  it('drops beats while the broker is away', async () => {
    await using scripted = await ScriptedBroker.start();
    await using r = rig(scripted.url);
    await r.canary.start();
    const first = scripted.session;
    await eventually('the first beats', () => first?.packets.filter(isBeat).length === PARTITIONS);
    // Once another client's handshake is through, the acknowledgements before it have arrived: nothing is under way.
    await using _acknowledged = await WireClient.connect(scripted.url);
    first?.socket.destroy();
    await eventually('it is missed', () => r.canary.missing().length === 1);
    r.clock.advance(60_000);
    await eventually('it is back', () => r.canary.missing().length === 0);
    const second = scripted.session;
    const beats = () => second?.packets.filter(isBeat) ?? [];
    await using _arrived = await WireClient.connect(scripted.url);
    expect(beats()).toEqual([]);
    r.clock.advance(1_000);
    await eventually('the next beats', () => beats().length === PARTITIONS);
  });

  it('leaves no timer behind', async () => {
    await using r = rig(broker.url);
    const started = r.canary.start().catch((error: unknown) => error);
    await r.canary.stop();
    expect(await started).toMatchObject({ code: 'STOPPED' });
    expect(r.clock.pending()).toEqual([]);
    await r.canary.stop();
  });

  it('says that no broker is there', async () => {
    await using r = rig('mqtt://127.0.0.1:1');
    await expect(r.canary.start()).rejects.toMatchObject({ code: 'MQTT_UNREACHABLE' });
  });
});
