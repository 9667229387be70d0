import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../app/clock.ts';
import type { MqttBroker } from '../../brokers/mqtt/index.ts';
import { rfc3339 } from '../../contracts/clock.ts';
import { idOf } from '../../contracts/ids.ts';
import type { ValveCommandPayload, ValvePosition } from '../../contracts/mqtt-payloads.ts';
import { MQTT_ROOT, valveTopic } from '../../contracts/mqtt-topics.ts';
import { type ArrivedCommand, Valves } from '../../simulators/valves.ts';
import type { WireClient } from '../conformance/mqtt/client.ts';
import { eventually } from '../support/eventually.ts';
import { recordingLogger } from '../support/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { observe, portOf, startBroker } from './support/broker.ts';
import { ownSite } from './support/fleet.ts';

let broker: MqttBroker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.stop());

function rig(mqttUrl = broker.url) {
  const site = ownSite();
  const clock = new ManualClock();
  const logger = recordingLogger();
  const valves = new Valves({ floors: 3, site, root: MQTT_ROOT, mqttUrl, clock, logger });
  const arrived: ArrivedCommand[] = [];
  valves.onCommand((command) => arrived.push(command));
  const command = (name: string, position: ValvePosition, lifeMs = 60_000): ValveCommandPayload => ({
    id: idOf(name),
    position,
    by: 'incident/test',
    expires: rfc3339(clock.now() + lifeMs),
  });
  const send = (observer: WireClient, floor: number, payload: object | string, retain = false) =>
    observer.publish(
      valveTopic(MQTT_ROOT, site, floor, 'command'),
      typeof payload === 'string' ? payload : JSON.stringify(payload),
      { retain },
    );
  const states = (observer: WireClient, floor: number): unknown[] =>
    observer.seen
      .filter(({ topic }) => topic === valveTopic(MQTT_ROOT, site, floor, 'state'))
      .map(({ payload }) => JSON.parse(payload));
  return {
    site,
    clock,
    logger,
    valves,
    arrived,
    command,
    send,
    states,
    [Symbol.asyncDispose]: () => valves.stop(),
  };
}

const BORN = { position: 'closed', commandId: null };

describe('the valves of a site', () => {
  it('report their position at birth, retained and without a command', async () => {
    await using r = rig();
    await r.valves.start();
    expect(r.valves.missing()).toEqual([]);
    await using late = await observe(broker, r.site);
    await eventually('three positions', () => late.seen.length === 3);
    expect(late.seen.every(({ retain, qos }) => retain && qos === 1)).toBe(true);
    for (const floor of [1, 2, 3]) expect(r.states(late, floor)).toEqual([BORN]);
  });

  it('obey a command on their floor, and tell who listens when it arrived', async () => {
    await using r = rig();
    await using observer = await observe(broker, r.site);
    await r.valves.start();
    const command = r.command('open it', 'open');
    await r.send(observer, 2, command);
    await eventually('the command', () => r.arrived.length === 1);
    expect(r.arrived).toEqual([{ floor: 2, command, arrivedAt: r.clock.now() }]);
    expect(r.valves.position(2)).toBe('closed');
    r.clock.advance(1_000);
    expect(r.valves.position(2)).toBe('open');
    await eventually('its answer', () => r.states(observer, 2).length === 2);
    expect(r.states(observer, 2)).toEqual([BORN, { position: 'open', commandId: command.id }]);
    expect(r.states(observer, 1)).toEqual([BORN]);
  });

  it('ignore what is retained, expired, or no command, with a warning each', async () => {
    await using r = rig();
    await using observer = await observe(broker, r.site);
    await r.send(observer, 1, r.command('retained', 'open'), true);
    await r.valves.start();
    await r.send(observer, 1, r.command('expired', 'open', -1));
    await r.send(observer, 1, 'open!');
    await r.send(observer, 1, { ...r.command('wrong', 'open'), position: 'ajar' });
    await r.send(observer, 9, r.command('no such floor', 'open'));
    await r.send(observer, 1, r.command('good', 'closed'));
    await eventually('the good one', () => r.arrived.length > 0);
    expect(r.arrived.map(({ command }) => command.id)).toEqual([idOf('good')]);
    expect(r.logger.lines.map(({ level }) => level)).toEqual(['warn', 'warn', 'warn', 'warn']);
    await eventually('its answer', () => r.states(observer, 1).length === 2);
    expect(r.states(observer, 1)).toEqual([BORN, { position: 'closed', commandId: idOf('good') }]);
  });

  it('can stick, and take commands all the same', async () => {
    await using r = rig();
    await using observer = await observe(broker, r.site);
    await r.valves.start();
    r.valves.stick(1);
    await r.send(observer, 1, r.command('one', 'open'));
    await r.send(observer, 3, r.command('three', 'open'));
    await eventually('both commands', () => r.arrived.length === 2);
    r.clock.advance(1_000);
    await eventually('the answer of the other', () => r.states(observer, 3).length === 2);
    expect(r.states(observer, 1)).toEqual([BORN]);
    expect(r.valves.position(1)).toBe('closed');
  });

  it('tell their position again when the broker is back, with what they did meanwhile', async () => {
    let own = await startBroker();
    const port = portOf(own);
    await using r = rig(own.url);
    const before = await observe(own, r.site);
    await r.valves.start();
    await r.send(before, 1, r.command('open it', 'open'));
    await eventually('the command', () => r.arrived.length === 1);
    await before[Symbol.asyncDispose]();
    await own.stop();
    await eventually('it is missed', () => r.valves.missing().length === 1);
    r.clock.advance(1_000);
    own = await startBroker(port);
    try {
      await using observer = await observe(own, r.site);
      await eventually('the last of the positions', () => r.states(observer, 3).length === 1);
      expect(r.states(observer, 1)).toEqual([{ position: 'open', commandId: idOf('open it') }]);
    } finally {
      await r.valves.stop();
      await own.stop();
    }
  });

  it('leave no movement behind when they stop', async () => {
    await using r = rig();
    await using observer = await observe(broker, r.site);
    await r.valves.start();
    await r.send(observer, 1, r.command('open it', 'open'));
    await eventually('a movement', () => r.clock.pending().length === 1);
    await Promise.all([r.valves.stop(), r.valves.stop()]);
    expect(r.clock.pending()).toEqual([]);
  });

  it('know their floors', async () => {
    const valves = new Valves({
      floors: 2,
      site: 'hq',
      root: MQTT_ROOT,
      mqttUrl: broker.url,
      clock: realClock,
      logger: recordingLogger(),
    });
    for (const floor of [0, 3]) {
      expect(() => valves.position(floor)).toThrow(expect.objectContaining({ code: 'FLOOR_UNKNOWN' }));
      expect(() => valves.stick(floor)).toThrow(expect.objectContaining({ code: 'FLOOR_UNKNOWN' }));
    }
  });
});
