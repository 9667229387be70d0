import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { viewMessageSchema } from '../../contracts/http.ts';
import { siteEventSchema } from '../../contracts/site-events.ts';
import { eventually, within } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Message, readEvents } from './support/event-stream.ts';
import { startPanel } from './support/panel.ts';

const PATH = '/api/v1/events';
const isEvent = ({ event, data }: Message) => event === undefined && data !== undefined;
const subjects = (messages: Message[]) =>
  messages.filter(isEvent).map(({ data }) => siteEventSchema.parse(JSON.parse(data ?? '')).subject);

describe('the event stream', () => {
  it('brings what happens from now on', async () => {
    const { server, news, records } = await startPanel();
    news(records.lamp('before', true));
    const stream = await readEvents(server.url + PATH);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    await stream.next('the place', ({ event }) => event === 'place');
    news(records.lamp('detector/8', true));
    const { id, data } = await stream.next('the lamp', isEvent);
    expect(id).toBe('run-2');
    expect(JSON.parse(data ?? '')).toEqual({
      type: 'lamp.on',
      at: '2026-01-01T00:00:04.000Z',
      subject: 'lamp/detector/8',
      data: { lamp: 'detector/8', incident: expect.any(String), text: 'detector/8 is silent' },
    });
    expect(subjects(stream.messages)).toEqual(['lamp/detector/8']);
  });

  it('begins with the newest ones where that is asked for', async () => {
    const { server, news, records } = await startPanel();
    for (const lamp of ['a', 'b', 'c']) news(records.lamp(lamp, true));
    const stream = await readEvents(`${server.url}${PATH}?recent=2`);
    await stream.next('the last one', ({ id }) => id === 'run-3');
    expect(subjects(stream.messages)).toEqual(['lamp/b', 'lamp/c']);
  });

  it('resumes after Last-Event-ID without a gap and without a repetition', async () => {
    const { server, news, records } = await startPanel();
    const first = await readEvents(server.url + PATH);
    news(records.lamp('a', true), records.lamp('b', true));
    const { id = '' } = await first.next('b', ({ data }) => data?.includes('lamp/b') ?? false);
    first.close();
    await first.ended();
    news(records.lamp('c', true), records.lamp('d', true));
    const second = await readEvents(server.url + PATH, { 'last-event-id': id });
    news(records.lamp('e', true));
    await second.next('e', ({ data }) => data?.includes('lamp/e') ?? false);
    expect(subjects(second.messages)).toEqual(['lamp/c', 'lamp/d', 'lamp/e']);
    expect(second.messages.some(({ event }) => event === 'gap')).toBe(false);
  });

  it('can be resumed from a place where nothing had happened yet', async () => {
    const { server, news, records } = await startPanel();
    const first = await readEvents(server.url + PATH);
    const { id = '' } = await first.next('the place', ({ event }) => event === 'place');
    first.close();
    news(records.lamp('a', true));
    const second = await readEvents(server.url + PATH, { 'last-event-id': id });
    await second.next('a', isEvent);
    expect(subjects(second.messages)).toEqual(['lamp/a']);
  });

  it('tells a reader that comes back after a restart that it lost something', async () => {
    const { server, news, records } = await startPanel();
    const stream = await readEvents(server.url + PATH, { 'last-event-id': 'earlier-17' });
    const gap = await stream.next('the gap', ({ event }) => event === 'gap');
    expect(JSON.parse(gap.data ?? '')).toEqual({ lost: true });
    news(records.lamp('a', true));
    await stream.next('what comes then', isEvent);
  });

  it('keeps silent connections alive, and has no timer while nobody reads', async () => {
    const wireClock = new ManualClock();
    const { server } = await startPanel({ wireClock });
    expect(wireClock.pending()).toEqual([]);
    const stream = await readEvents(server.url + PATH);
    await eventually('the timer', () => wireClock.pending().length === 1);
    wireClock.advance(15_000);
    await stream.next('a heartbeat', ({ comment }) => comment === true);
    stream.close();
    await eventually('no timer', () => wireClock.pending().length === 0);
  });

  it('drops a reader that does not read, and nobody else', { timeout: 20_000 }, async () => {
    const { server, events } = await startPanel();
    const reader = await readEvents(server.url + PATH);
    const idle = connect(Number(new URL(server.url).port), '127.0.0.1');
    onTestFinished(() => void idle.destroy());
    await once(idle, 'connect');
    idle.write(`GET ${PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    await once(idle, 'readable');
    const bulky = {
      type: 'lamp.on',
      at: '2026-01-01T00:00:00Z',
      subject: 'lamp/x',
      data: { text: 'x'.repeat(100_000) },
    } as const;
    for (let n = 1; n <= 200; n++) {
      events.publish(bulky);
      await eventually('the event', () => reader.messages.filter(isEvent).length === n);
    }
    // Only one who reads on sees that the connection was cut, and gets what had been sent by then.
    let received = 0;
    idle.on('data', (chunk) => {
      received += chunk.length;
    });
    await within('the cut', once(idle, 'close'));
    expect(received).toBeLessThan(19_000_000);
  });

  it('refuses more readers than it serves', { timeout: 20_000 }, async () => {
    const { server, ask } = await startPanel();
    const streams = await Promise.all(Array.from({ length: 256 }, () => readEvents(server.url + PATH)));
    const refused = await ask(PATH);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'NOT_READY' });
    streams[0]?.close();
    await eventually('room for one', async () => {
      const response = await fetch(server.url + PATH);
      if (response.status === 200) await response.body?.cancel();
      return response.status === 200;
    });
  });
});

describe('views on the stream', () => {
  const views = (messages: Message[]) =>
    messages.filter(({ event }) => event === 'view').map(({ data }) => viewMessageSchema.parse(JSON.parse(data ?? '')));

  it('shows how things look now, once for all changes that come together', async () => {
    const wireClock = new ManualClock();
    const { server, news, records } = await startPanel({ wireClock });
    const stream = await readEvents(`${server.url}${PATH}?views=true`);
    await stream.next('the place', ({ event }) => event === 'place');
    news(
      records.detector(1),
      records.signal(1, 0),
      records.signal(1, 1),
      records.incident('fire'),
      records.lamp('x', true),
    );
    wireClock.advance(50);
    await stream.next('the lamps', ({ data }) => data?.includes('"lamps"') ?? false);
    expect(views(stream.messages)).toMatchObject([
      { view: 'site', site: { detectors: 1, floors: 1, states: { alarm: 1 } } },
      { view: 'detectors', detectors: [{ id: 1, state: 'alarm' }], removed: [] },
      { view: 'floors', floors: [{ floor: 1, alarms: [1], incident: expect.any(String) }] },
      { view: 'incidents', incidents: [{ subject: 'floor/1' }] },
      { view: 'lamps', lamps: [{ lamp: 'x', on: true }], removed: [] },
    ]);
    news(records.from({ topic: 'detectors', key: '1', value: null, timestamp: 0 }));
    wireClock.advance(50);
    await stream.next('the floor without it', ({ data }) => data?.includes('"detectors":0') ?? false);
    await stream.next('the removal', ({ data }) => data?.includes('"removed":[1]') ?? false);
    news(records.lamp('sentinel', true));
    wireClock.advance(50);
    await stream.next('the sentinel', ({ event, data }) => event === 'view' && (data?.includes('sentinel') ?? false));
    expect(
      views(stream.messages)
        .slice(5)
        .map(({ view }) => view),
    ).toEqual(['site', 'detectors', 'floors', 'site', 'lamps']);
  });

  it('does not reach readers that did not ask for them', async () => {
    const { server, news, records } = await startPanel();
    const plain = await readEvents(server.url + PATH);
    const both = await readEvents(`${server.url}${PATH}?views=true`);
    await both.next('the place', ({ event }) => event === 'place');
    news(records.signal(1, 1));
    await both.next('a view', ({ event }) => event === 'view');
    news(records.lamp('sentinel', true));
    await plain.next('the sentinel', isEvent);
    expect(views(plain.messages)).toEqual([]);
  });

  it('asks to fetch anew when too much changes at once', async () => {
    const { server, news, records } = await startPanel();
    const stream = await readEvents(`${server.url}${PATH}?views=true`);
    await stream.next('the place', ({ event }) => event === 'place');
    for (let id = 1; id <= 3_000; id++) news(records.signal(id, 0));
    await stream.next('the wish', ({ data }) => data === '{"view":"resync"}');
    expect(views(stream.messages).some(({ view }) => view === 'detectors')).toBe(false);
  });
});
