import { Kafka, logLevel } from 'kafkajs';
import mqtt from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Site, type SiteOptions, startSite } from '../../app/index.ts';

/** A site in virtual time in which anything may happen, stopped when the test ends. */
async function virtualSite(options: SiteOptions = {}): Promise<Site> {
  const site = await startSite({ clock: 'virtual', detectors: 8, floors: 4, ...options });
  onTestFinished(() => site.stop());
  return site;
}

/** All that can be seen of a site: where each group stands, what happened, what was sent. */
async function stateOf(site: Site) {
  const groups = await site.groups();
  return {
    lag: groups.flatMap(({ partitions }) => partitions.filter(({ lag }) => lag > 0)),
    groups: groups.map(({ group, partitions }) => [group, partitions]),
    events: site.events().length,
    sent: [site.inbox.emails().length, site.inbox.smss().length],
  };
}

/** Does something, and proves that the site has settled when it is done: nothing lags but `hanging`, and nothing comes of it. */
async function exactly(site: Site, act: () => Promise<unknown>, hanging: readonly string[] = []): Promise<void> {
  await act();
  const state = await stateOf(site);
  expect(state.lag.map(({ topic }) => topic)).toEqual(hanging);
  await site.settled();
  expect(await stateOf(site)).toEqual(state);
}

describe('a site has settled, and not a moment before, after', () => {
  test('whatever is done to detectors', async () => {
    const site = await virtualSite({ passive: 3 });
    for (const id of [1, 8]) {
      const { trip, clear, kill, silence, revive } = site.detector(id);
      for (const act of [trip, kill, revive, clear, silence, revive]) await exactly(site, act);
    }
    await exactly(site, () =>
      Promise.all([site.detector(2).kill(), site.detector(3).trip(), site.detector(7).silence()]),
    );
    await exactly(site, () => site.detector(2).is('silent'));
    await exactly(site, () => site.clock.advance('10s'));
    expect(site.detector(7).state).toBe('silent');
  });

  test('whatever is done to valves, also to one that is stuck', async () => {
    const site = await virtualSite();
    await exactly(site, () => site.detector(2).trip());
    await exactly(site, () => site.valve(2).opened());
    await exactly(site, () => site.detector(2).clear());
    await exactly(site, () => site.valve(2).close());
    await exactly(site, () => site.valve(2).closed());
    await exactly(site, () => site.floor(2).reset());
    site.valve(3).stick();
    await exactly(site, () => site.valve(3).open());
    await exactly(site, () => site.clock.advance('30s'));
    expect(site.events().map(({ type }) => type)).toContain('valve.fault');
  });

  test('mails that are refused, hang, die and are replayed', async () => {
    const site = await virtualSite({ retryDelaysMs: [1_000, 2_000] });
    const { smtp } = site.parts.embedded;
    smtp?.behave(() => ({ do: 'refuse', at: 'RCPT', code: 451 }));
    await exactly(site, () => site.detector(1).kill());
    for (let second = 0; second < 12; second++) await exactly(site, () => site.clock.advance('1s'));
    smtp?.behave();
    const [letter, ...others] = site.deadLetters();
    expect([letter?.topic, others]).toEqual(['emails.dead', []]);
    const path = `${letter?.topic}/${letter?.partition}/${letter?.offset}/replay`;
    await fetch(`${site.addresses.api}/api/v1/dead-letters/${path}`, { method: 'POST' });
    await exactly(site, () => site.settled());
    expect(site.inbox.emails()).toHaveLength(1);
    smtp?.behave(() => ({ do: 'judge', by: () => ({ do: 'hang', at: 'END' }) }));
    await exactly(site, () => site.detector(2).kill());
    await exactly(site, () => site.detector(2).is('silent'), ['emails']);
    smtp?.behave();
    smtp?.release();
    await exactly(site, () => site.settled());
    expect(site.inbox.emails()).toHaveLength(2);
  });

  test('a stop of Kafka, and of the MQTT broker', async () => {
    const site = await virtualSite({ passive: 2 });
    const { kafka, mqtt: broker } = site.parts.embedded;
    await exactly(site, () => site.detector(5).kill());
    await kafka?.stop();
    const tripped = site.detector(1).trip();
    await kafka?.start();
    await exactly(site, () => tripped);
    await exactly(site, () => site.valve(1).opened());
    await broker?.stop();
    await broker?.start();
    await exactly(site, () => site.settled());
    await broker?.stop();
    const cleared = site.detector(1).clear();
    await broker?.start();
    await exactly(site, () => cleared);
    expect(site.detector(1).state).toBe('ok');
    await exactly(site, () => site.detector(6).kill());
    await exactly(site, () => site.clock.advance('10s'));
    expect([5, 6].map((id) => site.detector(id).state)).toEqual(['silent', 'silent']);
  });
});

describe('settled() counts what others did by then', () => {
  // At QoS 0 nobody knows when the broker has read it, not even who sent it.
  test('over MQTT at QoS 1', async () => {
    const site = await virtualSite();
    const stranger = await mqtt.connectAsync(site.addresses.mqtt);
    onTestFinished(() => stranger.endAsync());
    for (let id = 70; id < 80; id++) {
      await stranger.publishAsync(`fire/v1/hq/${1 + (id % 4)}/detectors/${id}/signal`, '1', { qos: 1 });
      await exactly(site, () => site.settled());
      expect(site.detector(id).state).toBe('alarm');
    }
  });

  test('to Kafka, also in a transaction', async () => {
    const site = await virtualSite();
    const kafka = new Kafka({ brokers: [...site.addresses.kafka], logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ transactionalId: 'stranger', idempotent: true, maxInFlightRequests: 1 });
    onTestFinished(() => producer.disconnect());
    await producer.connect();
    const headers = { floor: '1', site: 'hq', bridge: 'stranger' };
    for (let id = 70; id < 75; id++) {
      const transaction = await producer.transaction();
      await transaction.send({ topic: 'signals', messages: [{ key: String(id), value: '1', headers }] });
      await transaction.commit();
      await exactly(site, () => site.settled());
      expect(site.detector(id).state).toBe('alarm');
    }
  });

  test('over HTTP, also where the request is not answered yet', async () => {
    const site = await virtualSite();
    const answered = fetch(`${site.addresses.api}/api/v1/detectors/3/trip`, { method: 'POST' });
    await fetch(`${site.addresses.api}/api/v1/floors`);
    await exactly(site, () => site.settled());
    expect((await answered).status).toBe(202);
    await exactly(site, () => site.settled());
    expect(site.detector(3).state).toBe('alarm');
  });
});

test('nothing moves but by the clock', async () => {
  const site = await virtualSite();
  const events = site.events();
  await site.detector(8).kill();
  const before = site.clock.now();
  await site.settled();
  expect(site.clock.now()).toBe(before);
  expect(site.detector(8).state).toBe('suspect');
  expect(site.events().length).toBe(events.length + 1);
});
