import { describe, expect, it } from 'vitest';
import { parseEvent } from '../../contracts/cloud-events.ts';
import { type LampNotice, lampSwitched } from '../../contracts/events.ts';
import { lampChannel } from '../../notifiers/lamp.ts';
import { MemoryKafka } from './support/memory-kafka.ts';
import { ASKED, lamp } from './support/notices.ts';

const never = new AbortController().signal;
const event = (data: LampNotice, time: number) => ({ id: data.id, type: 't', source: 's', time, data });

describe('a lamp', () => {
  it('is written as it is now, with the time at which that was asked for', async () => {
    const kafka = new MemoryKafka();
    const channel = lampChannel({ sink: kafka });
    const notice = lamp('on', { text: 'detector 8 is silent' });
    expect(await channel.send(event(notice, ASKED), never)).toEqual({ result: 'sent' });
    const [record] = kafka.records('lamps');
    expect(record?.key).toBe('detector/8');
    expect(record && parseEvent(record, [lampSwitched]).data).toEqual({
      lamp: 'detector/8',
      on: true,
      since: '2026-01-01T00:00:00.000Z',
      incident: notice.incident,
      text: 'detector 8 is silent',
    });
  });

  it('has the same event id when it is switched twice by the same notice', async () => {
    const kafka = new MemoryKafka();
    const channel = lampChannel({ sink: kafka });
    for (let i = 0; i < 2; i++) await channel.send(event(lamp('on'), ASKED), never);
    const ids = kafka.records('lamps').map((record) => parseEvent(record, [lampSwitched]).id);
    expect(new Set(ids).size).toBe(1);
  });

  it('does not go back to what an older incident said of it', async () => {
    const kafka = new MemoryKafka();
    const channel = lampChannel({ sink: kafka });
    await channel.send(event(lamp('second silence', { on: true }), ASKED + 2_000), never);
    await channel.send(event(lamp('first recovery', { on: false }), ASKED + 1_000), never);
    await channel.send(event(lamp('another', { on: false, lamp: 'detector/9' }), ASKED), never);
    const states = kafka.records('lamps').map((record) => parseEvent(record, [lampSwitched]).data);
    expect(states.map(({ lamp: name, on }) => `${name} ${on}`)).toEqual(['detector/8 true', 'detector/9 false']);
  });
});
