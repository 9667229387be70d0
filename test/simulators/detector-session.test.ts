import { generate, type Packet } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { realClock } from '../../app/clock.ts';
import { checkDescriptors, descriptorLimit } from '../../simulators/descriptors.ts';
import { eventually } from '../support/eventually.ts';
import { recordingLogger } from '../support/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeFleet } from './support/fleet.ts';
import { ordinaryReply, ScriptedBroker } from './support/scripted-broker.ts';

const isAlarm = (packet: Packet) => packet.cmd === 'publish' && packet.payload.toString() === '1';
const isSignal = (packet: Packet) => packet.cmd === 'publish' && packet.topic.endsWith('/signal');

describe('the session of a detector', () => {
  it('opens with its will, its name, a clean session and the keepalive', async () => {
    await using broker = await ScriptedBroker.start();
    await using fleet = makeFleet({ mqttUrl: broker.url, site: 'hq', credentials: { username: 'u', password: 'p' } });
    await fleet.start();
    expect(broker.session?.packets[0]).toMatchObject({
      cmd: 'connect',
      protocolVersion: 4,
      clientId: 'smokewire-hq-detector-1',
      clean: true,
      keepalive: 60,
      username: 'u',
      password: Buffer.from('p'),
      will: { topic: 'fire/v1/hq/1/detectors/1/status', payload: Buffer.from('offline'), qos: 1, retain: true },
    });
  });

  it('is not connected before the broker has acknowledged its birth', async () => {
    await using broker = await ScriptedBroker.start();
    let hold = true;
    const held: Packet[] = [];
    broker.reply = (packet) => {
      if (packet.cmd !== 'publish' || !hold) return ordinaryReply(packet);
      held.push(...ordinaryReply(packet));
      return [];
    };
    await using fleet = makeFleet({ mqttUrl: broker.url });
    let started = false;
    const start = fleet.start().then(() => {
      started = true;
    });
    await eventually('config and birth message', () => held.length === 2);
    expect(started).toBe(false);
    expect(fleet.snapshot(1).state).toBe('connecting');
    hold = false;
    // Acknowledged in the order of their coming [MQTT-4.6.0-2]; the detector answers with its first signal.
    for (const packet of held) {
      if (packet.cmd === 'puback' && packet.messageId !== undefined) {
        broker.session?.socket.write(Buffer.from([0x40, 2, packet.messageId >> 8, packet.messageId & 0xff]));
      }
    }
    await start;
    await broker.packet('the first signal', isSignal);
  });

  it('sends an unacknowledged alarm again, as a duplicate and under the same id, on the next connection', async () => {
    await using broker = await ScriptedBroker.start();
    broker.reply = (packet) => (isAlarm(packet) ? [] : ordinaryReply(packet));
    await using fleet = makeFleet({ mqttUrl: broker.url });
    await fleet.start();
    const tripped = fleet.trip(1);
    const first = await broker.packet('the alarm', isAlarm);
    expect(first).toMatchObject({ qos: 1, dup: false });
    broker.reply = ordinaryReply;
    broker.session?.socket.destroy();
    await tripped;
    const again = await broker.packet('the alarm again', isAlarm);
    expect(broker.sessions).toHaveLength(2);
    expect(again).toMatchObject({ qos: 1, dup: true, messageId: first.messageId });
    expect(broker.session?.packets.filter(isSignal)).toHaveLength(1);
  });

  it('keeps the order of an alarm and its end over a reconnect', async () => {
    await using broker = await ScriptedBroker.start();
    broker.reply = (packet) => (isSignal(packet) ? [] : ordinaryReply(packet));
    await using fleet = makeFleet({ mqttUrl: broker.url });
    await fleet.start();
    const told = [fleet.trip(1), fleet.clear(1)];
    await eventually('0, 1, 0', () => broker.session?.packets.filter(isSignal).length === 3);
    broker.reply = ordinaryReply;
    broker.session?.socket.destroy();
    await Promise.all(told);
    const signals = broker.session?.packets.filter(isSignal) ?? [];
    expect(signals.slice(0, 2).map((p) => p.cmd === 'publish' && `${p.payload} ${p.dup}`)).toEqual([
      '1 true',
      '0 true',
    ]);
  });

  it('has one alarm under way at most: a heartbeat adds none to one that is not acknowledged', async () => {
    await using broker = await ScriptedBroker.start();
    broker.reply = (packet) => (isAlarm(packet) ? [] : ordinaryReply(packet));
    const clock = new ManualClock();
    await using fleet = makeFleet({ mqttUrl: broker.url, clock, heartbeatMs: [1_000], detectors: 1 });
    await fleet.start();
    const tripped = fleet.trip(1);
    const alarm = await broker.packet('the alarm', isAlarm);
    clock.advance(3_000);
    broker.session?.socket.write(Buffer.from([0x40, 2, 0, alarm.messageId ?? 0]));
    await tripped;
    clock.advance(1_000);
    await eventually('the next alarm', () => broker.session?.packets.filter(isAlarm).length === 2);
  });

  it('gives up waiting for an acknowledgement after ten seconds, and is still trying', async () => {
    await using broker = await ScriptedBroker.start();
    broker.reply = (packet) => (isAlarm(packet) ? [] : ordinaryReply(packet));
    const wireClock = new ManualClock();
    await using fleet = makeFleet({ mqttUrl: broker.url, wireClock });
    await fleet.start();
    const tripped = fleet.trip(1);
    const late = expect(tripped).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
    await broker.packet('the alarm', isAlarm);
    wireClock.advance(10_000);
    await late;
    // The broker owes an answer for too long: another connection, and the alarm on it.
    broker.reply = ordinaryReply;
    wireClock.advance(1_000);
    await eventually('another connection', () => broker.sessions.length === 2);
    expect(await broker.packet('the alarm', isAlarm)).toMatchObject({ dup: true });
  });

  it.each(['kill', 'silence'] as const)('rejects what waits for an acknowledgement at a %s', async (action) => {
    await using broker = await ScriptedBroker.start();
    broker.reply = (packet) => (isAlarm(packet) ? [] : ordinaryReply(packet));
    await using fleet = makeFleet({ mqttUrl: broker.url });
    await fleet.start();
    const rejected = expect(fleet.trip(1)).rejects.toMatchObject({ code: 'STOPPED' });
    await fleet.act(1, action);
    await rejected;
  });

  it('pings only when nothing else was sent, silenced or not', async () => {
    await using broker = await ScriptedBroker.start();
    const wireClock = new ManualClock();
    const clock = new ManualClock();
    await using fleet = makeFleet({ mqttUrl: broker.url, wireClock, clock, heartbeatMs: [20_000], detectors: 1 });
    await fleet.start();
    for (let s = 0; s < 60; s += 20) {
      clock.advance(20_000);
      wireClock.advance(20_000);
    }
    const pings = () => broker.session?.packets.filter(({ cmd }) => cmd === 'pingreq').length ?? 0;
    await fleet.trip(1);
    expect(pings()).toBe(0);
    await fleet.silence(1);
    for (const count of [1, 2, 3]) {
      wireClock.advance(30_000);
      await eventually('a ping', () => pings() === count);
      // The answer has to be in before the next half minute is over.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(fleet.snapshot(1).state).toBe('silenced');
    expect(broker.sessions).toHaveLength(1);
  });

  it('is given up when the broker does not answer a ping', async () => {
    await using broker = await ScriptedBroker.start();
    broker.reply = (packet) => (packet.cmd === 'pingreq' ? [] : ordinaryReply(packet));
    const wireClock = new ManualClock();
    await using fleet = makeFleet({ mqttUrl: broker.url, wireClock });
    await fleet.start();
    wireClock.advance(30_000);
    await broker.packet('a ping', ({ cmd }) => cmd === 'pingreq');
    wireClock.advance(11_000);
    await eventually('another connection', () => broker.sessions.length === 2);
  });

  it('acknowledges a poll at QoS 1, and answers it', async () => {
    await using broker = await ScriptedBroker.start();
    await using fleet = makeFleet({ mqttUrl: broker.url, passive: 1, site: 'hq' });
    await fleet.start();
    expect(broker.session?.packets.filter(isSignal)).toEqual([]);
    const topic = 'fire/v1/hq/1/detectors/1/poll';
    broker.session?.socket.write(
      generate({ cmd: 'publish', topic, payload: '', qos: 1, messageId: 0x1234, retain: false, dup: false }),
    );
    await broker.packet('the answer', isSignal);
    await broker.packet('PUBACK', ({ cmd, messageId }) => cmd === 'puback' && messageId === 0x1234);
  });

  it('is not up when its poll subscription is refused', async () => {
    await using broker = await ScriptedBroker.start();
    broker.reply = (packet) =>
      packet.cmd === 'subscribe' && packet.messageId !== undefined
        ? [{ cmd: 'suback', messageId: packet.messageId, granted: [0x80] }]
        : ordinaryReply(packet);
    await using fleet = makeFleet({ mqttUrl: broker.url, passive: 1 });
    await expect(fleet.start()).rejects.toMatchObject({ message: expect.stringContaining('refused the subscription') });
  });

  it('comes back silent when it was silenced, and stays away when it was killed', async () => {
    await using broker = await ScriptedBroker.start();
    let takes = true;
    broker.reply = (packet) => {
      if (packet.cmd === 'connect' && !takes) return [{ cmd: 'connack', returnCode: 3, sessionPresent: false }];
      return ordinaryReply(packet);
    };
    await using fleet = makeFleet({ mqttUrl: broker.url, detectors: 3, site: 'hq' });
    await fleet.start();
    await fleet.silence(1);
    const before = broker.sessions.length;
    takes = false;
    for (const { socket } of broker.sessions) socket.destroy();
    await eventually('an attempt', () => broker.sessions.length > before);
    await fleet.kill(2);
    takes = true;
    await eventually('both are back', () => fleet.missing().length === 0);
    await fleet.trip(3);
    const later = broker.sessions.slice(before).filter(({ packets }) => packets.length > 1);
    const sent = (name: string) =>
      later
        .filter(
          ({ packets: [first] }) => first?.cmd === 'connect' && first.clientId === `smokewire-hq-detector-${name}`,
        )
        .flatMap(({ packets }) => packets.map((packet) => (packet.cmd === 'publish' ? packet.topic : packet.cmd)));
    expect(sent('1')).toEqual(['connect', 'fire/v1/hq/1/detectors/1/config', 'fire/v1/hq/1/detectors/1/status']);
    expect(sent('2')).toEqual([]);
    expect(sent('3').filter((what) => what.endsWith('/signal'))).toHaveLength(2);
  });

  it('is given up when the broker speaks no MQTT', async () => {
    await using broker = await ScriptedBroker.start();
    const logger = recordingLogger();
    await using fleet = makeFleet({ mqttUrl: broker.url, logger });
    await fleet.start();
    broker.session?.socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01]));
    await eventually('another connection', () => broker.sessions.length === 2);
    expect(logger.lines[0]?.fields).toMatchObject({ error: expect.stringContaining('no MQTT') });
  });
});

describe('starting a fleet', () => {
  it('fails where no broker is, naming the address', async () => {
    const gone = await ScriptedBroker.start();
    const { url } = gone;
    await gone[Symbol.asyncDispose]();
    await using fleet = makeFleet({ mqttUrl: url, detectors: 3 });
    await expect(fleet.start()).rejects.toMatchObject({
      code: 'MQTT_UNREACHABLE',
      message: expect.stringContaining(url),
    });
  });

  it('fails where the broker refuses the credentials', async () => {
    await using broker = await ScriptedBroker.start();
    broker.reply = () => [{ cmd: 'connack', returnCode: 4, sessionPresent: false }];
    await using fleet = makeFleet({ mqttUrl: broker.url });
    await expect(fleet.start()).rejects.toMatchObject({
      code: 'MQTT_UNREACHABLE',
      message: expect.stringContaining('return code 4'),
    });
  });

  it('needs file descriptors: says how many, and what to do', () => {
    expect(() => checkDescriptors(9_750, 2, 20_000)).not.toThrow();
    const failure = {
      code: 'START_FAILED',
      message: expect.stringMatching(/20502.*20000.*ulimit -n 20502.*at most 9750/),
    };
    expect(() => checkDescriptors(10_001, 2, 20_000)).toThrow(expect.objectContaining(failure));
  });

  it.runIf(process.platform === 'linux')('knows how many file descriptors it may have', async () => {
    expect(await descriptorLimit()).toBeGreaterThan(100);
  });

  it('goes on when the broker takes some and not others, and says so once', async () => {
    await using broker = await ScriptedBroker.start();
    const logger = recordingLogger();
    let refusals = 3;
    broker.reply = (packet) => {
      if (packet.cmd === 'connect' && packet.clientId.endsWith('-2') && refusals-- > 0) {
        return [{ cmd: 'connack', returnCode: 3, sessionPresent: false }];
      }
      return ordinaryReply(packet);
    };
    await using fleet = makeFleet({ mqttUrl: broker.url, detectors: 2, logger });
    // The first one is through before the second is refused.
    await fleet.start();
    expect(broker.sessions).toHaveLength(5);
    expect(logger.lines.map(({ level }) => level)).toEqual(['warn', 'info']);
  });

  it('can be stopped at any moment: no timer and no socket is left', async () => {
    await using broker = await ScriptedBroker.start();
    broker.reply = (packet) => (packet.cmd === 'connect' ? ordinaryReply(packet) : []);
    const wireClock = new ManualClock();
    const clock = new ManualClock();
    const fleet = makeFleet({ mqttUrl: broker.url, detectors: 300, wireClock, clock });
    const started = expect(fleet.start()).rejects.toMatchObject({ code: 'STOPPED' });
    await eventually('some connections', () => broker.sessions.length > 20);
    await Promise.all([fleet.stop(), fleet.stop()]);
    await started;
    expect([...wireClock.pending(), ...clock.pending()]).toEqual([]);
    await eventually('the broker has nobody', () => broker.sessions.every(({ socket }) => socket.destroyed));
    await expect(fleet.start()).rejects.toMatchObject({ code: 'STOPPED' });
  });

  it('stops before it was started', async () => {
    const fleet = makeFleet({ mqttUrl: 'mqtt://127.0.0.1:1', clock: realClock });
    await fleet.stop();
    await expect(fleet.start()).rejects.toMatchObject({ code: 'STOPPED' });
  });

  it('does not wait for a broker that does not let go', async () => {
    await using broker = await ScriptedBroker.start();
    const wireClock = new ManualClock();
    await using fleet = makeFleet({ mqttUrl: broker.url, wireClock });
    await fleet.start();
    broker.session?.socket.pause();
    const stopped = fleet.stop();
    await eventually('the goodbye', () => wireClock.pending().includes('fleet goodbye'));
    wireClock.advance(1_000);
    await stopped;
    expect(wireClock.pending()).toEqual([]);
  });
});
