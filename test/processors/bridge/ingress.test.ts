import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEvent } from '../../../contracts/cloud-events.ts';
import { DEAD_LETTER_HEADERS, PAYLOAD_BYTES_HEADER, REPLAY_TOPIC_HEADER } from '../../../contracts/dead-letters.ts';
import { detectorRegistered, presenceChanged, valveReported } from '../../../contracts/events.ts';
import { TOPICS } from '../../../contracts/kafka-topics.ts';
import { detectorTopic, MQTT_ROOT, valveTopic } from '../../../contracts/mqtt-topics.ts';
import { parseSignal } from '../../../contracts/signals.ts';
import { Ingress } from '../../../processors/bridge/ingress.ts';
import { message, read } from './fixtures.ts';

const NOW = Date.UTC(2026, 6, 1, 12);
const COMMAND = '2c5ea4c0-4067-4fe9-8bad-9b1deb4d3b7d';
const signal = detectorTopic(MQTT_ROOT, 'hq', 3, 12, 'signal');
const status = detectorTopic(MQTT_ROOT, 'hq', 3, 12, 'status');
const config = detectorTopic(MQTT_ROOT, 'hq', 3, 12, 'config');
const valve = valveTopic(MQTT_ROOT, 'hq', 3, 'state');

const ingress = () => new Ingress({ root: MQTT_ROOT, site: 'hq', bridge: 'b1' });
const take = (...args: Parameters<typeof message>) => ingress().take(message(...args), NOW);

describe('Ingress', () => {
  it.each([
    ['0', 0],
    ['1', 1],
    ['1\n', 1],
    [' 0\r\n', 0],
    ['{"signal":1}', 1],
    [' {"signal": 0, "at": "2026-07-01T11:59:59.5+02:00"}\n', 0],
  ])('takes the signal %j', (payload, value) => {
    const { subject, record, discarded } = take(signal, payload);
    expect([subject, discarded]).toEqual(['signal', undefined]);
    expect(record).toEqual({
      topic: 'signals',
      key: '12',
      value: String(value),
      headers: { floor: '3', site: 'hq', bridge: 'b1' },
      timestamp: NOW,
    });
    expect(parseSignal(read(record))).toEqual({ detector: 12, value, floor: 3, bridge: 'b1', receivedAt: NOW });
  });

  it('keeps the sequence number of a signal', () => {
    const { record } = take(signal, '{"signal":1,"seq":17,"at":"2026-07-01T12:00:00Z"}');
    expect(record).toMatchObject({ value: '1', headers: { floor: '3', site: 'hq', bridge: 'b1', seq: '17' } });
  });

  it('reads a topic the second time as the first', () => {
    const one = ingress();
    const first = one.take(message(signal, '1'), NOW);
    const second = one.take(message(signal, '1'), NOW + 5);
    expect(second.record).toEqual({ ...first.record, timestamp: NOW + 5 });
  });

  it.each(['online', 'offline'])('takes the status %s, retained or not', (text) => {
    for (const retained of [false, true]) {
      const { subject, record } = take(status, text, { retained });
      expect(subject).toBe('status');
      const event = parseEvent(read(record), [presenceChanged]);
      expect(record).toMatchObject({ topic: 'presence', key: '12' });
      expect(event.data).toEqual({ id: 12, floor: 3, status: text, at: '2026-07-01T12:00:00.000Z' });
    }
  });

  it('takes a configuration, retained or not', () => {
    const payload = { mode: 'passive', heartbeatMs: 5_000, kind: 'smoke', label: 'Küche' };
    for (const retained of [false, true]) {
      const { subject, record } = take(config, JSON.stringify(payload), { retained });
      expect(subject).toBe('config');
      expect(record).toMatchObject({ topic: 'detectors', key: '12' });
      expect(parseEvent(read(record), [detectorRegistered]).data).toEqual({ ...payload, id: 12, floor: 3 });
    }
  });

  it('takes the state of a valve, and derives its id from the command that it answers', () => {
    const one = ingress();
    const answer = message(valve, JSON.stringify({ position: 'open', commandId: COMMAND }), { retained: true });
    const first = one.take(answer, NOW).record;
    expect(first).toMatchObject({ topic: 'valve-states', key: '3' });
    const event = parseEvent(read(first), [valveReported]);
    expect(event.data).toEqual({ position: 'open', commandId: COMMAND, floor: 3, at: '2026-07-01T12:00:00.000Z' });
    expect(parseEvent(read(one.take(answer, NOW + 1).record), [valveReported]).id).toBe(event.id);
    const birth = message(valve, JSON.stringify({ position: 'closed', commandId: null }));
    const births = [NOW, NOW + 1].map((at) => parseEvent(read(one.take(birth, at).record), [valveReported]).id);
    expect(new Set(births).size).toBe(2);
  });

  const deadLetters: [string, string, string | Buffer, string, string, string | null][] = [
    ['a signal 2', signal, '2', 'signals.dead', 'PAYLOAD_INVALID', '12'],
    ['a signal 01', signal, '01', 'signals.dead', 'PAYLOAD_INVALID', '12'],
    ['an empty signal', signal, '', 'signals.dead', 'PAYLOAD_INVALID', '12'],
    ['a signal true', signal, 'true', 'signals.dead', 'PAYLOAD_INVALID', '12'],
    ['a signal "1"', signal, '"1"', 'signals.dead', 'PAYLOAD_INVALID', '12'],
    ['a signal {"signal":2}', signal, '{"signal":2}', 'signals.dead', 'PAYLOAD_INVALID', '12'],
    ['a sequence below zero', signal, '{"signal":0,"seq":-1}', 'signals.dead', 'PAYLOAD_INVALID', '12'],
    ['broken JSON', signal, '{"signal":1', 'signals.dead', 'PAYLOAD_INVALID', '12'],
    ['wrong UTF-8', signal, Buffer.from([0xc3, 0x28]), 'signals.dead', 'PAYLOAD_NOT_UTF8', '12'],
    ['a single byte that is no text', signal, Buffer.from([0xff]), 'signals.dead', 'PAYLOAD_NOT_UTF8', '12'],
    ['an unknown status', status, 'asleep', 'presence.dead', 'PAYLOAD_INVALID', '12'],
    ['an empty status', status, '', 'presence.dead', 'PAYLOAD_INVALID', '12'],
    ['a config without mode', config, '{"heartbeatMs":1000}', 'detectors.dead', 'PAYLOAD_INVALID', '12'],
    ['a config that is no object', config, '[]', 'detectors.dead', 'PAYLOAD_INVALID', '12'],
    ['a valve ajar', valve, '{"position":"ajar","commandId":null}', 'valve-states.dead', 'PAYLOAD_INVALID', '3'],
    [
      'an id that is no integer',
      `${MQTT_ROOT}/hq/3/detectors/1.5/signal`,
      '1',
      'signals.dead',
      'MQTT_TOPIC_INVALID',
      null,
    ],
    [
      'an id that is a word',
      `${MQTT_ROOT}/hq/3/detectors/x/config`,
      '{}',
      'detectors.dead',
      'MQTT_TOPIC_INVALID',
      null,
    ],
    [
      'an id with a zero before it',
      `${MQTT_ROOT}/hq/3/detectors/012/status`,
      'online',
      'presence.dead',
      'MQTT_TOPIC_INVALID',
      null,
    ],
    [
      'a floor that is no integer',
      `${MQTT_ROOT}/hq/attic/valve/state`,
      '{}',
      'valve-states.dead',
      'MQTT_TOPIC_INVALID',
      null,
    ],
    [
      'another site',
      detectorTopic(MQTT_ROOT, 'elsewhere', 3, 12, 'signal'),
      '1',
      'signals.dead',
      'MQTT_TOPIC_INVALID',
      null,
    ],
    ['a poll', detectorTopic(MQTT_ROOT, 'hq', 3, 12, 'poll'), '', 'signals.dead', 'MQTT_TOPIC_INVALID', null],
    ['a command', valveTopic(MQTT_ROOT, 'hq', 3, 'command'), '{}', 'signals.dead', 'MQTT_TOPIC_INVALID', null],
    ['another root', 'house/hq/3/detectors/12/signal', '1', 'signals.dead', 'MQTT_TOPIC_INVALID', null],
    [
      'a fire of a canary',
      detectorTopic(MQTT_ROOT, 'hq', 0, -2, 'signal'),
      '1',
      'signals.dead',
      'PAYLOAD_INVALID',
      '-2',
    ],
  ];
  it.each(deadLetters)('makes a dead letter of %s', (_, topic, payload, dead, code, key) => {
    const { record, discarded } = take(topic, payload);
    expect(discarded).toBe(code);
    expect(record).toEqual({
      topic: dead,
      key,
      value: Buffer.from(payload),
      headers: {
        [DEAD_LETTER_HEADERS.topic]: topic,
        [DEAD_LETTER_HEADERS.partition]: '-1',
        [DEAD_LETTER_HEADERS.offset]: '-1',
        [DEAD_LETTER_HEADERS.code]: code,
        [DEAD_LETTER_HEADERS.message]: expect.stringMatching(/./),
      },
      timestamp: NOW,
    });
    expect(record.headers).not.toHaveProperty(REPLAY_TOPIC_HEADER);
    expect(TOPICS.has('signals.dead')).toBe(true);
  });

  it('takes the heartbeat of a canary', () => {
    const { record } = take(detectorTopic(MQTT_ROOT, 'hq', 0, -2, 'signal'), '0');
    expect(record).toMatchObject({ topic: 'signals', key: '-2', value: '0', headers: { floor: '0' } });
  });

  it('keeps the beginning of what is too large, and says how large it was', () => {
    const { record, discarded } = take(signal, 'x'.repeat(70_000), { payloadBytes: 1_000_000 });
    expect(discarded).toBe('PAYLOAD_TOO_LARGE');
    expect(record.value).toEqual(Buffer.alloc(1_024, 'x'));
    expect(record.headers).toMatchObject({
      [PAYLOAD_BYTES_HEADER]: '1000000',
      [DEAD_LETTER_HEADERS.topic]: signal,
      [DEAD_LETTER_HEADERS.message]: '1000000 bytes, 65536 at most',
    });
    expect(take(signal, `1${' '.repeat(65_535)}`).discarded).toBeUndefined();
    expect(take(signal, `1${' '.repeat(65_536)}`).discarded).toBe('PAYLOAD_TOO_LARGE');
  });

  it('cuts a topic that would not fit a header', () => {
    const topic = `${MQTT_ROOT}/hq/3/detectors/${'9'.repeat(60_000)}/signal`;
    expect(take(topic, '1').record.headers?.[DEAD_LETTER_HEADERS.topic]).toBe(topic.slice(0, 1_024));
  });

  it.each(['0', '1', '{"signal":1,"seq":5}'])('does not take the retained signal %s for news', (payload) => {
    expect(take(signal, payload, { retained: true })).toMatchObject({
      discarded: 'SIGNAL_RETAINED',
      record: { topic: 'signals.dead', value: Buffer.from(payload) },
    });
  });

  it('does not take a repeated 0 for news, but always a 1', () => {
    const one = ingress();
    const codes = [0, 0, 1, 1].map((value) => one.take(message(signal, `{"signal":${value},"seq":5}`), NOW).discarded);
    expect(codes).toEqual([undefined, 'SIGNAL_STALE', undefined, undefined]);
  });

  it('makes exactly one record of anything, and never throws', () => {
    const topics = fc.oneof(
      fc.constantFrom(signal, status, config, valve),
      fc.string({ unit: 'binary', maxLength: 60 }),
    );
    const payloads = fc.oneof(
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .record({ signal: fc.constantFrom(0, 1, 2), seq: fc.double(), at: fc.string() })
        .map((v) => Buffer.from(JSON.stringify(v))),
    );
    const one = ingress();
    fc.assert(
      fc.property(topics, payloads, fc.boolean(), (topic, payload, retained) => {
        const { record, discarded } = one.take(message(topic, payload, { retained }), NOW);
        expect([...TOPICS.keys()]).toContain(record.topic);
        expect(record.topic.endsWith('.dead')).toBe(discarded !== undefined);
      }),
      { numRuns: 1_000 },
    );
  });
});
