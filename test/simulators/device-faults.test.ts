import { describe, expect, it, onTestFinished } from 'vitest';
import { signalPayloadSchema } from '../../contracts/mqtt-payloads.ts';
import { MQTT_ROOT } from '../../contracts/mqtt-topics.ts';
import type { FleetOptions } from '../../simulators/fleet.ts';
import type { WireClient } from '../conformance/mqtt/client.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { observe, startBroker } from './support/broker.ts';
import { makeFleet, ownSite } from './support/fleet.ts';

const BEAT_MS = 1_000;

/** A fleet that stands still until its clock is moved, and a client that hears it. */
async function world(options: Partial<FleetOptions> = {}) {
  const broker = await startBroker();
  onTestFinished(() => broker.stop());
  const site = ownSite();
  const clock = new ManualClock();
  const fleet = makeFleet({
    ...{ site, clock, detectors: 2, floors: 2, heartbeatMs: [BEAT_MS], together: true, mqttUrl: broker.url },
    ...options,
  });
  onTestFinished(() => fleet.stop());
  const observer = await observe(broker, site);
  onTestFinished(() => observer[Symbol.asyncDispose]());
  await fleet.start();
  const { faults } = fleet;
  return { ...signalsOf(observer, site), observer, site, fleet, faults, clock, one: fleet.device(1) };
}

/** What was heard of the detectors since the last look, up to a sentinel that is sent after it. */
function signalsOf(observer: WireClient, site: string) {
  let sentinels = 0;
  let seen = 0;
  const since = async () => {
    const sentinel = `sentinel ${sentinels++}`;
    await observer.publish(`${MQTT_ROOT}/${site}/sentinel`, sentinel);
    await observer.received(sentinel);
    const news = observer.seen.slice(seen, -1);
    seen = observer.seen.length;
    return news;
  };
  const of = async (floor: number, id: number, subject = 'signal') => {
    const topic = `${MQTT_ROOT}/${site}/${floor}/detectors/${id}/${subject}`;
    return (await since()).filter((message) => message.topic === topic).map(({ payload }) => payload);
  };
  return { since, of };
}

/** Lets `ms` pass, second by second, and what was written reach the broker. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= BEAT_MS) {
    clock.advance(Math.min(left, BEAT_MS));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a drifting heartbeat', () => {
  it('comes later each time, and in time again once it is healed', async () => {
    const { fleet, faults, clock, one } = await world();
    const beats: number[] = [];
    const speak = one.speak.bind(one);
    one.speak = () => {
      beats.push(clock.now());
      speak();
    };
    const began = clock.now();
    const drift = faults.drift(one, { perBeatMs: 500 });
    await pass(clock, 7_500);
    expect(beats.map((at) => at - began)).toEqual([1_500, 3_500, 6_000]);
    await drift.heal();
    beats.length = 0;
    await pass(clock, 3_000);
    expect(beats.map((at) => (at - began) % BEAT_MS)).toEqual([0, 0, 0]);
    expect(clock.pending().filter((name) => name.includes('drift'))).toEqual([]);
    expect(fleet.snapshot(1).state).toBe('connected');
  });

  it('is no fault of a passive detector', async () => {
    const { faults, one } = await world({ passive: 2 });
    expect(() => faults.drift(one, { perBeatMs: 1 })).toThrow(/passive/);
  });
});

describe('a detector that is stuck at 1', () => {
  it('signals 1 though nobody tripped it and though it is cleared, and 0 once it is healed', async () => {
    const { fleet, faults, clock, of, one } = await world();
    await of(1, 1);
    const stuck = faults.stick(one);
    clock.advance(BEAT_MS);
    await eventually('a 1', async () => (await of(1, 1)).includes('1'));
    await fleet.trip(1);
    await fleet.clear(1);
    clock.advance(BEAT_MS);
    await fleet.trip(2);
    expect(await of(1, 1)).not.toContain('0');
    await stuck.heal();
    expect((await of(1, 1)).at(-1)).toBe('0');
  });

  it('stays tripped where it was tripped', async () => {
    const { fleet, faults, of, one } = await world();
    await fleet.trip(1);
    await of(1, 1);
    await faults.stick(one).heal();
    expect(await of(1, 1)).toEqual([]);
    expect(fleet.snapshot(1).tripped).toBe(true);
  });
});

describe('a flapping connection', () => {
  it('breaks without a goodbye and returns, again and again, until it is healed', async () => {
    const { fleet, faults, clock, one, observer } = await world();
    const statuses = () =>
      observer.seen.filter(({ topic }) => topic.endsWith('/1/status')).map(({ payload }) => payload);
    const flap = faults.flap(one, { everyMs: 10_000, downMs: 4_000 });
    await eventually('the will', () => statuses().at(-1) === 'offline');
    clock.advance(4_000);
    await eventually('its return', () => statuses().at(-1) === 'online' && fleet.snapshot(1).state === 'connected');
    clock.advance(6_000);
    await eventually('the second will', () => statuses().at(-1) === 'offline');
    await flap.heal();
    expect(fleet.snapshot(1).state).toBe('connected');
    expect(clock.pending().filter((name) => name.includes('connection'))).toEqual([]);
  });
});

describe('a skewed clock', () => {
  it('stands in what the detector says, with a number, until it is healed', async () => {
    const { fleet, faults, clock, of, one } = await world();
    const skew = faults.skew(one, { aheadMs: -7_200_000 });
    await of(1, 1);
    await fleet.trip(1);
    await fleet.clear(1);
    const said = (await of(1, 1)).map((payload) => signalPayloadSchema.parse(JSON.parse(payload)));
    const at = new Date(clock.now() - 7_200_000).toISOString();
    expect(said).toEqual([
      { signal: 1, seq: 0, at },
      { signal: 0, seq: 1, at },
    ]);
    await skew.heal();
    await fleet.trip(1);
    expect(await of(1, 1)).toEqual(['1']);
  });
});

describe('a babbling detector', () => {
  it('signals many times a second, until it is healed', async () => {
    const { faults, clock, of, one } = await world();
    await of(1, 1);
    const babble = faults.babble(one, { perSecond: 100 });
    clock.advance(BEAT_MS - 1);
    const heard: string[] = [];
    await eventually('98 signals', async () => heard.push(...(await of(1, 1))) >= 98);
    expect(new Set(heard)).toEqual(new Set(['0']));
    await babble.heal();
    expect(clock.pending().filter((name) => name.includes('babble'))).toEqual([]);
  });
});

describe('a double', () => {
  it('signals under the same id from another floor, also where the detector itself is silent, until it is healed', async () => {
    const { fleet, faults, clock, of, one } = await world();
    await fleet.silence(1);
    await of(1, 1);
    const double = await faults.impersonate(one, { floor: 2, signal: 0, everyMs: 500 });
    clock.advance(500);
    const heard: string[] = [];
    await eventually('two signals', async () => heard.push(...(await of(2, 1))) >= 2);
    await double.heal();
    await double.heal();
    await of(2, 1);
    clock.advance(500);
    expect(await of(2, 1)).toEqual([]);
  });
});

describe('a stop', () => {
  it('ends every fault, and a stopped fleet takes none', async () => {
    const { fleet, faults, clock, one } = await world();
    faults.drift(one, { perBeatMs: 1 });
    faults.flap(one, { everyMs: 1_000, downMs: 500 });
    faults.babble(fleet.device(2), { perSecond: 10 });
    faults.stick(one);
    await faults.impersonate(one, { floor: 2, signal: 1, everyMs: 500 });
    await fleet.stop();
    expect(clock.pending()).toEqual([]);
    expect(() => faults.stick(one)).toThrow(/stopped/);
    await expect(faults.impersonate(one, { floor: 2, signal: 1, everyMs: 500 })).rejects.toThrow(/stopped/);
    expect(clock.pending()).toEqual([]);
  });
});
