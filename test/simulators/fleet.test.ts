import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MqttBroker } from '../../brokers/mqtt/index.ts';
import { detectorTopic, MQTT_ROOT } from '../../contracts/mqtt-topics.ts';
import type { WireClient } from '../conformance/mqtt/client.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { observe, portOf, startBroker } from './support/broker.ts';
import { makeFleet, ownSite } from './support/fleet.ts';

let broker: MqttBroker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.stop());

/** What the observer saw of a detector's topic, in order. */
function seen(observer: WireClient, site: string, floor: number, id: number, subject: 'signal' | 'status' | 'config') {
  const topic = detectorTopic(MQTT_ROOT, site, floor, id, subject);
  return observer.seen.filter((message) => message.topic === topic);
}

const payloads = (messages: readonly { payload: string }[]) => messages.map((message) => message.payload);

/** Everything that was published before this call has been seen when it returns. */
async function sentinel(observer: WireClient, site: string): Promise<void> {
  const mark = `sentinel-${observer.seen.length}`;
  await observer.publish(`${MQTT_ROOT}/${site}/sentinel`, mark);
  await observer.received(mark);
}

describe('a fleet', () => {
  it('starts when every detector is connected: born, described, and its first signal sent', async () => {
    const site = ownSite();
    await using observer = await observe(broker, site);
    const progress: number[] = [];
    await using fleet = makeFleet({
      mqttUrl: broker.url,
      site,
      detectors: 5,
      floors: 2,
      heartbeatMs: [3_600_000, 60_000],
      onProgress: (connected) => progress.push(connected),
    });
    await fleet.start();
    expect(fleet.missing()).toEqual([]);
    expect(progress).toEqual([1, 2, 3, 4, 5]);
    await eventually('five first signals', () => observer.seen.filter((m) => m.topic.endsWith('/signal')).length === 5);
    expect(payloads(seen(observer, site, 1, 3, 'status'))).toEqual(['online']);
    expect(seen(observer, site, 2, 2, 'signal')).toMatchObject([{ payload: '0', qos: 0, retain: false }]);
    expect(JSON.parse(seen(observer, site, 2, 4, 'config')[0]?.payload ?? '')).toEqual({
      mode: 'active',
      heartbeatMs: 60_000,
      kind: 'smoke',
      label: 'detector 4 on floor 2',
    });
    expect(fleet.list().map(({ id, floor, heartbeatMs }) => [id, floor, heartbeatMs])).toEqual([
      [1, 1, 3_600_000],
      [2, 2, 60_000],
      [3, 1, 3_600_000],
      [4, 2, 60_000],
      [5, 1, 3_600_000],
    ]);
    expect(fleet.snapshot(5)).toMatchObject({ state: 'connected', tripped: false, mode: 'active' });
  });

  it('leaves birth message and config behind for those who come later', async () => {
    const site = ownSite();
    await using fleet = makeFleet({ mqttUrl: broker.url, site });
    await fleet.start();
    await using late = await observe(broker, site);
    await late.received('online');
    await eventually('the config', () => seen(late, site, 1, 1, 'config').length === 1);
    expect(late.seen.every((message) => message.retain)).toBe(true);
  });

  it('sends heartbeats on the given clock, each detector at its own phase', async () => {
    const site = ownSite();
    const clock = new ManualClock();
    await using observer = await observe(broker, site);
    await using fleet = makeFleet({ mqttUrl: broker.url, site, clock, detectors: 3, heartbeatMs: [1_000, 5_000] });
    await fleet.start();
    clock.advance(10_000);
    await eventually('ten seconds of heartbeats', () => seen(observer, site, 1, 3, 'signal').length >= 11);
    await sentinel(observer, site);
    const counts = [1, 2, 3].map((id) => seen(observer, site, 1, id, 'signal').length);
    expect(counts).toEqual([11, 3, 11]);
  });

  it('trips at QoS 1 at once and in every heartbeat, until clear', async () => {
    const site = ownSite();
    const clock = new ManualClock();
    await using observer = await observe(broker, site);
    await using fleet = makeFleet({ mqttUrl: broker.url, site, clock, heartbeatMs: [1_000] });
    await fleet.start();
    await fleet.act(1, 'trip');
    const signals = () => seen(observer, site, 1, 1, 'signal');
    await eventually('the alarm', () => signals().length === 2);
    expect(fleet.snapshot(1).tripped).toBe(true);
    for (const beats of [3, 4]) {
      clock.advance(1_000);
      await eventually('the alarm again', () => signals().length === beats);
    }
    await fleet.clear(1);
    clock.advance(1_000);
    await eventually('all well again', () => signals().length === 6);
    expect(signals().map(({ payload, qos }) => `${payload}@${qos}`)).toEqual([
      '0@0',
      '1@1',
      '1@1',
      '1@1',
      '0@1',
      '0@0',
    ]);
  });

  it('is killed without a goodbye, so that its will is published, and stays away', async () => {
    const site = ownSite();
    const clock = new ManualClock();
    await using observer = await observe(broker, site);
    await using fleet = makeFleet({ mqttUrl: broker.url, site, clock, detectors: 2, heartbeatMs: [1_000] });
    await fleet.start();
    await fleet.kill(1);
    await fleet.kill(1);
    await observer.received('offline');
    expect(fleet.snapshot(1).state).toBe('killed');
    clock.advance(2_000);
    await eventually('the other one', () => seen(observer, site, 1, 2, 'signal').length === 3);
    expect(payloads(seen(observer, site, 1, 1, 'signal'))).toEqual(['0']);
    expect(fleet.missing()).toEqual([]);
  });

  it('is revived after a kill: birth message, and a signal at once', async () => {
    const site = ownSite();
    await using observer = await observe(broker, site);
    await using fleet = makeFleet({ mqttUrl: broker.url, site });
    await fleet.start();
    await fleet.kill(1);
    await fleet.revive(1);
    await eventually('its signal', () => seen(observer, site, 1, 1, 'signal').length === 2);
    expect(payloads(seen(observer, site, 1, 1, 'status'))).toEqual(['online', 'offline', 'online']);
    await using late = await observe(broker, site);
    expect((await late.received('online')).retain).toBe(true);
  });

  it('is tripped while killed without a word, and says it when revived', async () => {
    const site = ownSite();
    await using observer = await observe(broker, site);
    await using fleet = makeFleet({ mqttUrl: broker.url, site });
    await fleet.start();
    await fleet.kill(1);
    await fleet.trip(1);
    await sentinel(observer, site);
    expect(payloads(seen(observer, site, 1, 1, 'signal'))).toEqual(['0']);
    await fleet.revive(1);
    expect((await observer.received('1')).qos).toBe(1);
  });

  it('is silenced: connected, and no signal until it is revived', async () => {
    const site = ownSite();
    const clock = new ManualClock();
    await using observer = await observe(broker, site);
    await using fleet = makeFleet({ mqttUrl: broker.url, site, clock, detectors: 2, heartbeatMs: [1_000] });
    await fleet.start();
    await fleet.silence(1);
    clock.advance(3_000);
    await eventually('the other one', () => seen(observer, site, 1, 2, 'signal').length === 4);
    expect(payloads(seen(observer, site, 1, 1, 'signal'))).toEqual(['0']);
    expect(payloads(seen(observer, site, 1, 1, 'status'))).toEqual(['online']);
    await fleet.revive(1);
    await eventually('it is back', () => seen(observer, site, 1, 1, 'signal').length === 2);
    expect(payloads(seen(observer, site, 1, 1, 'status'))).toEqual(['online']);
  });

  it('has passive detectors, which speak when asked', async () => {
    const site = ownSite();
    const clock = new ManualClock();
    await using observer = await observe(broker, site);
    await using fleet = makeFleet({ mqttUrl: broker.url, site, clock, detectors: 2, passive: 1, heartbeatMs: [1_000] });
    await fleet.start();
    expect(fleet.list().map(({ mode }) => mode)).toEqual(['active', 'passive']);
    clock.advance(2_000);
    await eventually('the active one', () => seen(observer, site, 1, 1, 'signal').length === 3);
    const answers = () => seen(observer, site, 1, 2, 'signal').map(({ payload, qos }) => `${payload}@${qos}`);
    expect(answers()).toEqual([]);
    const poll = () => observer.publish(detectorTopic(MQTT_ROOT, site, 1, 2, 'poll'), '');
    await poll();
    await eventually('an answer', () => answers().length === 1);
    await fleet.trip(2);
    await poll();
    await eventually('an alarm, and one as an answer', () => answers().length === 3);
    expect(answers()).toEqual(['0@0', '1@1', '1@1']);
    await fleet.silence(2);
    await poll();
    await fleet.trip(1);
    await observer.received('1');
    expect(answers()).toHaveLength(3);
  });

  it('does not take a retained poll for a question', async () => {
    const site = ownSite();
    await using observer = await observe(broker, site);
    const topic = detectorTopic(MQTT_ROOT, site, 1, 1, 'poll');
    await observer.publish(topic, 'old', { retain: true });
    await using fleet = makeFleet({ mqttUrl: broker.url, site, passive: 1 });
    await fleet.start();
    await observer.publish(topic, 'new');
    await eventually('an answer', () => seen(observer, site, 1, 1, 'signal').length > 0);
    await fleet.trip(1);
    await observer.received('1');
    expect(payloads(seen(observer, site, 1, 1, 'signal'))).toEqual(['0', '1']);
  });

  it('knows only its own detectors', async () => {
    await using fleet = makeFleet({ mqttUrl: broker.url, detectors: 2 });
    for (const id of [0, 3, -1, 1.5]) {
      expect(fleet.has(id)).toBe(false);
      expect(() => fleet.snapshot(id)).toThrow(expect.objectContaining({ code: 'DETECTOR_UNKNOWN' }));
      await expect(fleet.act(id, 'trip')).rejects.toMatchObject({ code: 'DETECTOR_UNKNOWN' });
    }
    expect(fleet.has(2)).toBe(true);
  });

  it('says goodbye when it stops: offline, and no will besides', async () => {
    const site = ownSite();
    await using observer = await observe(broker, site);
    const fleet = makeFleet({ mqttUrl: broker.url, site, detectors: 3 });
    await fleet.start();
    await fleet.stop();
    await sentinel(observer, site);
    for (const id of [1, 2, 3]) expect(payloads(seen(observer, site, 1, id, 'status'))).toEqual(['online', 'offline']);
  });
});

describe('a fleet whose broker goes', () => {
  it('comes back with it, born anew, and delivers the alarm of the meantime', async () => {
    const site = ownSite();
    let own = await startBroker();
    const port = portOf(own);
    await using fleet = makeFleet({ mqttUrl: own.url, site, detectors: 10 });
    await fleet.start();
    await own.stop();
    await eventually('all are lost', () => fleet.list().every(({ state }) => state === 'connecting'));
    expect(fleet.missing()).toHaveLength(1);
    const tripped = fleet.trip(7);
    own = await startBroker(port);
    try {
      await using observer = await observe(own, site);
      await tripped;
      await eventually('all are back', () => fleet.missing().length === 0);
      await eventually('the alarm', () => payloads(seen(observer, site, 1, 7, 'signal')).includes('1'));
      await eventually('every birth', () =>
        fleet.list().every(({ id }) => payloads(seen(observer, site, 1, id, 'status')).includes('online')),
      );
    } finally {
      await fleet.stop();
      await own.stop();
    }
  });
});
