import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { realClock } from '../../app/clock.ts';
import { parseEvent } from '../../contracts/cloud-events.ts';
import { ATTEMPTS_HEADER, deadLetterOf, NOT_BEFORE_HEADER, REPLAY_TOPIC_HEADER } from '../../contracts/dead-letters.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import { resetRequested, valveRequested } from '../../contracts/events.ts';
import { detectorPageSchema, type ReceivedEmail, type ReceivedSms, siteViewSchema } from '../../contracts/http.ts';
import { idOf } from '../../contracts/ids.ts';
import { HttpServer } from '../../panel/server.ts';
import { recordingLogger } from '../support/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { answer, GROUPS, NotingFleet, startPanel } from './support/panel.ts';
import { at, Records, T0 } from './support/records.ts';

const put = (body: unknown): RequestInit => ({
  method: 'PUT',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const post: RequestInit = { method: 'POST' };

describe('health', () => {
  it('says that it lives, and what it waits for', async () => {
    let missing = ['the MQTT broker'];
    const { ask } = await startPanel({ readiness: () => ({ ready: missing.length === 0, missing }) });
    expect(await answer(await ask('/livez'))).toMatchObject({ status: 200, body: { alive: true } });
    expect(await answer(await ask('/readyz'))).toMatchObject({
      status: 503,
      body: { ready: false, missing: ['the MQTT broker'] },
    });
    missing = [];
    expect(await answer(await ask('/readyz'))).toMatchObject({ status: 200, body: { ready: true, missing: [] } });
  });

  it('gives its figures to Prometheus, from a scraper of any name', async () => {
    const { ask } = await startPanel();
    const response = await ask('/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    expect(text).toMatch(/^process_cpu_seconds_total [\d.]+$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
  });
});

it('describes the site with its counts', async () => {
  const { ask, news, records, server } = await startPanel();
  news(records.detector(1), records.detector(2, 2), records.signal(1, 1), records.state(2, 'silent', { floor: 2 }));
  const { status, body } = await answer(await ask('/api/v1/site'));
  expect(status).toBe(200);
  expect(siteViewSchema.parse(body)).toMatchObject({
    name: 'hq',
    detectors: 2,
    floors: 2,
    states: { ok: 0, alarm: 1, suspect: 0, silent: 1, 'never-seen': 0 },
    pipeline: { state: 'ok', since: null },
    addresses: { api: server.url, kafka: ['127.0.0.1:9092'] },
    settings: { misses: 3, grace: 1_000, emailTo: ['safety@example.com'], smsTo: ['+15005550006'] },
    seed: 's',
    roles: ['panel'],
  });
});

describe('detectors', () => {
  it('lists them by pages until the cursor ends', async () => {
    const { ask, news, records } = await startPanel();
    for (let id = 1; id <= 25; id++) news(records.detector(id, 1 + (id % 2)));
    const seen: number[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page = detectorPageSchema.parse((await answer(await ask(`/api/v1/detectors?limit=10${query}`))).body);
      seen.push(...page.detectors.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== null);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
    const floor = detectorPageSchema.parse(
      (await answer(await ask('/api/v1/detectors?floor=2&state=never-seen'))).body,
    );
    expect(floor.detectors).toHaveLength(13);
  });

  it('shows one, or says that there is none', async () => {
    const { ask, news, records } = await startPanel();
    news(records.signal(7, 1, { floor: 3, seconds: 1 }));
    expect(await answer(await ask('/api/v1/detectors/7'))).toMatchObject({
      status: 200,
      body: { id: 7, state: 'alarm', lastSignalAt: at(1) },
    });
    expect(await answer(await ask('/api/v1/detectors/8'))).toEqual({
      status: 404,
      type: 'application/problem+json',
      body: {
        type: 'about:blank',
        title: 'there is no such detector',
        status: 404,
        detail: 'detector 8 is not known here',
        code: 'DETECTOR_UNKNOWN',
      },
    });
  });

  it.each([
    '/api/v1/detectors/x',
    '/api/v1/detectors/1.5',
    '/api/v1/detectors?state=on-fire',
    '/api/v1/detectors?limit=0',
    '/api/v1/detectors?limit=1001',
    '/api/v1/detectors?flor=1',
    '/api/v1/detectors?cursor=%00',
  ])('refuses %s', async (path) => {
    const { ask } = await startPanel();
    expect(await answer(await ask(path))).toMatchObject({
      status: 400,
      type: 'application/problem+json',
      body: { code: 'REQUEST_INVALID' },
    });
  });

  it('does to a simulated detector what is asked, and to no other', async () => {
    const fleet = new NotingFleet(7);
    const { ask, news, records } = await startPanel({ fleet });
    news(records.detector(7), records.detector(8));
    for (const action of ['trip', 'clear', 'kill', 'silence', 'revive']) {
      expect(await answer(await ask(`/api/v1/detectors/7/${action}`, post))).toMatchObject({
        status: 202,
        body: { id: 7, action },
      });
    }
    expect(fleet.done.map(([, action]) => action)).toEqual(['trip', 'clear', 'kill', 'silence', 'revive']);
    expect(await answer(await ask('/api/v1/detectors/8/trip', post))).toMatchObject({
      status: 409,
      body: { code: 'DETECTOR_NOT_SIMULATED' },
    });
    expect(await answer(await ask('/api/v1/detectors/9/trip', post))).toMatchObject({
      status: 404,
      body: { code: 'DETECTOR_UNKNOWN' },
    });
    expect(await answer(await ask('/api/v1/detectors/7/explode', post))).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID' },
    });
    expect(fleet.done).toHaveLength(5);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])(
    'takes no %s: a form of another site can send that',
    async (type) => {
      const fleet = new NotingFleet(7);
      const { ask } = await startPanel({ fleet });
      const form = { method: 'POST', headers: { 'content-type': type }, body: 'x' };
      expect(await answer(await ask('/api/v1/detectors/7/trip', form))).toMatchObject({
        status: 400,
        body: { code: 'REQUEST_INVALID' },
      });
      expect(fleet.done).toEqual([]);
    },
  );

  it('takes a JSON content type without a body for no body', async () => {
    const fleet = new NotingFleet(7);
    const { ask } = await startPanel({ fleet });
    const headers = { 'content-type': 'application/json' };
    expect((await ask('/api/v1/detectors/7/trip', { method: 'POST', headers, body: '' })).status).toBe(202);
  });
});

describe('floors', () => {
  it('lists them, and shows one', async () => {
    const { ask, news, records } = await startPanel();
    news(records.detector(2, 10), records.detector(1, 2), records.valve(2, 'closed', null, 4));
    const floor = {
      floor: 2,
      detectors: 1,
      alarms: [],
      incident: null,
      valve: { position: 'closed', by: null, since: at(4) },
    };
    expect(await answer(await ask('/api/v1/floors'))).toMatchObject({ status: 200, body: [floor, { floor: 10 }] });
    expect(await answer(await ask('/api/v1/floors/2'))).toMatchObject({ status: 200, body: floor });
    expect(await answer(await ask('/api/v1/floors/3'))).toMatchObject({ status: 404, body: { code: 'FLOOR_UNKNOWN' } });
  });

  it('switches a valve by a command whose id it answers', async () => {
    const { ask, news, records, sent } = await startPanel({ clock: new ManualClock(T0) });
    news(records.detector(1, 3));
    const { status, body } = await answer(await ask('/api/v1/floors/3/valve', put({ position: 'closed' })));
    expect(status).toBe(202);
    const [record] = sent;
    if (!record) throw new Error('nothing was sent');
    const event = parseEvent(new Records().from(record), [valveRequested]);
    expect(body).toEqual({ id: event.id });
    expect(record).toMatchObject({ topic: 'operator-commands', key: '3', timestamp: T0 });
    expect(event.data).toEqual({ floor: 3, position: 'closed', by: 'operator/panel' });
    expect(sent).toHaveLength(1);
  });

  it.each([
    ['a position that there is not', put({ position: 'ajar' })],
    ['a field that it does not know', put({ position: 'open', force: true })],
    ['no body', { method: 'PUT' }],
    ['broken JSON', { ...put({}), body: '{"position":' }],
    ['a prototype in disguise', { ...put({}), body: '{"position":"open","__proto__":{}}' }],
    ['what is not called JSON', { ...put({ position: 'open' }), headers: { 'content-type': 'text/plain' } }],
    ['a form', { ...put({}), headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'position=open' }],
    ['a body beyond all measure', put({ position: 'x'.repeat(1024 * 1024) })],
  ])('refuses %s and commands nothing', async (_, init) => {
    const { ask, news, records, sent } = await startPanel();
    news(records.detector(1, 3));
    expect(await answer(await ask('/api/v1/floors/3/valve', init))).toMatchObject({
      status: 400,
      type: 'application/problem+json',
      body: { code: 'REQUEST_INVALID' },
    });
    expect((await ask('/api/v1/floors/3/valve', put({ position: 'open' }))).status).toBe(202);
    expect(sent).toHaveLength(1);
  });

  it('commands no valve that there is not', async () => {
    const { ask, sent } = await startPanel();
    expect(await answer(await ask('/api/v1/floors/3/valve', put({ position: 'open' })))).toMatchObject({
      status: 404,
      body: { code: 'FLOOR_UNKNOWN' },
    });
    expect(sent).toEqual([]);
  });

  it('resets a floor once all its detectors are back at 0', async () => {
    const { ask, news, records, sent } = await startPanel();
    news(records.signal(7, 1), records.signal(8, 1), records.incident('fire'));
    const refused = await answer(await ask('/api/v1/floors/1/reset', post));
    expect(refused).toMatchObject({ status: 409, body: { code: 'FLOOR_IN_ALARM' } });
    expect(refused.body).toMatchObject({ detail: expect.stringContaining('7, 8') });
    news(records.signal(7, 0), records.signal(8, 0));
    const { status, body } = await answer(await ask('/api/v1/floors/1/reset', post));
    expect(status).toBe(202);
    const [record] = sent;
    if (!record) throw new Error('nothing was sent');
    const event = parseEvent(new Records().from(record), [resetRequested]);
    expect(event.data).toEqual({ floor: 1, by: 'operator/panel' });
    expect(body).toEqual({ id: event.id });
    expect((await answer(await ask('/api/v1/floors/2/reset', post))).status).toBe(404);
    expect(sent).toHaveLength(1);
  });

  it('does not keep a caller waiting for a Kafka that does not answer', async () => {
    const wireClock = new ManualClock();
    const { ask, news, records } = await startPanel({
      wireClock,
      panel: { sink: { send: () => new Promise(() => undefined) } },
    });
    news(records.detector(1, 3));
    const asked = ask('/api/v1/floors/3/valve', put({ position: 'open' }));
    await expect.poll(() => wireClock.pending()).toEqual(['http-command']);
    wireClock.advance(10_000);
    expect(await answer(await asked)).toMatchObject({ status: 503, body: { code: 'NOT_READY' } });
    expect(wireClock.pending()).toEqual([]);
  });
});

it('lists incidents and shows one with its notifications', async () => {
  const { ask, news, records } = await startPanel();
  const id = idOf('incident', 'fire');
  news(
    records.incident('fire'),
    records.delivery('fire'),
    records.incident('old'),
    records.incident('old', { change: 'closed' }),
  );
  const fire = {
    id,
    kind: 'fire',
    subject: 'floor/1',
    closedAt: null,
    notifications: [{ channel: 'email', outcome: 'sent' }],
  };
  expect(await answer(await ask('/api/v1/incidents'))).toMatchObject({
    status: 200,
    body: [fire, { closedAt: at(2) }],
  });
  expect(await answer(await ask('/api/v1/incidents?limit=1'))).toMatchObject({ body: [fire] });
  expect(await answer(await ask(`/api/v1/incidents/${id}`))).toMatchObject({ status: 200, body: fire });
  expect(await answer(await ask('/api/v1/incidents/x'))).toMatchObject({
    status: 404,
    body: { code: 'INCIDENT_UNKNOWN' },
  });
});

it('lists lamps and consumer groups', async () => {
  const { ask, news, records } = await startPanel();
  news(records.lamp('detector/8', true));
  expect(await answer(await ask('/api/v1/lamps'))).toMatchObject({
    status: 200,
    body: [{ lamp: 'detector/8', on: true, since: at(4), text: 'detector/8 is silent' }],
  });
  expect(await answer(await ask('/api/v1/groups'))).toMatchObject({ status: 200, body: GROUPS });
});

describe('the inbox', () => {
  const email = (n: number): ReceivedEmail => ({
    id: `<${n}@smokewire>`,
    from: 'smokewire@example.com',
    to: ['safety@example.com'],
    subject: `mail ${n}`,
    text: 'fire',
    headers: { 'message-id': `<${n}@smokewire>` },
    receivedAt: at(n),
  });
  const sms: ReceivedSms = {
    id: 'SM1',
    from: '+15005550006',
    to: '+15005550007',
    text: 'fire',
    validityPeriod: 600,
    receivedAt: at(1),
  };

  it('shows what the servers in this process received', async () => {
    const { ask } = await startPanel({ inboxes: { emails: () => [email(1), email(2)], sms: () => [sms] } });
    expect(await answer(await ask('/api/v1/inbox/emails'))).toMatchObject({ status: 200, body: [email(1), email(2)] });
    expect(await answer(await ask('/api/v1/inbox/emails?limit=1'))).toMatchObject({ body: [email(2)] });
    expect(await answer(await ask('/api/v1/inbox/sms'))).toMatchObject({ status: 200, body: [sms] });
  });

  it('is no route where the server runs elsewhere', async () => {
    const { ask } = await startPanel({ inboxes: { sms: () => [] } });
    expect((await ask('/api/v1/inbox/sms')).status).toBe(200);
    expect(await answer(await ask('/api/v1/inbox/emails'))).toMatchObject({
      status: 404,
      body: { code: 'ROUTE_UNKNOWN' },
    });
  });
});

describe('dead letters', () => {
  async function withLetter(more: Record<string, string> = {}, without?: string) {
    const panel = await startPanel({ clock: new ManualClock(T0) });
    const origin = { ...panel.records.incident('fire'), topic: 'emails.retry-4', offset: 9 };
    const letter = deadLetterOf(origin, { code: 'EMAIL_REFUSED', message: '550 no such user' }, T0);
    const headers = { ...letter.headers, ...more };
    if (without !== undefined) delete headers[without];
    panel.news(panel.records.from({ ...letter, headers }));
    return { ...panel, origin };
  }

  it('lists them with where they came from and why they died', async () => {
    const { ask, origin } = await withLetter({ [ATTEMPTS_HEADER]: '5' });
    expect(await answer(await ask('/api/v1/dead-letters'))).toMatchObject({
      status: 200,
      body: [
        {
          topic: 'emails.dead',
          partition: 0,
          offset: 0,
          key: origin.key,
          value: origin.value?.toString(),
          at: at(0),
          origin: { topic: 'emails.retry-4', partition: '0', offset: '9' },
          code: 'EMAIL_REFUSED',
          message: '550 no such user',
          attempts: 5,
          replayable: true,
        },
      ],
    });
    expect(await answer(await ask('/api/v1/dead-letters?topic=sms.dead'))).toMatchObject({ body: [] });
  });

  it('replays one as it was, from its first attempt, and once', async () => {
    const { ask, sent, origin } = await withLetter({ [ATTEMPTS_HEADER]: '5', [NOT_BEFORE_HEADER]: '17' });
    const path = '/api/v1/dead-letters/emails.dead/0/0/replay';
    const both = await Promise.all([ask(path, post), ask(path, post)]);
    expect(both.map(({ status }) => status).sort()).toEqual([202, 409]);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toEqual({
      topic: 'emails',
      key: origin.key,
      value: origin.value,
      headers: Object.fromEntries(Object.entries(origin.headers).map(([name, value]) => [name, String(value)])),
      timestamp: T0,
    });
    expect(await answer(await ask('/api/v1/dead-letters'))).toMatchObject({ body: [{ replayable: false }] });
    expect(await answer(await ask(path, post))).toMatchObject({ status: 409, body: { code: 'DEAD_LETTER_FINAL' } });
  });

  it('replays none that never was a record, none into a topic that is none, and none that it does not have', async () => {
    const never = await withLetter({}, REPLAY_TOPIC_HEADER);
    const elsewhere = await withLetter({ [REPLAY_TOPIC_HEADER]: 'payroll' });
    for (const { ask, sent } of [never, elsewhere]) {
      expect(await answer(await ask('/api/v1/dead-letters/emails.dead/0/0/replay', post))).toMatchObject({
        status: 409,
        body: { code: 'DEAD_LETTER_FINAL' },
      });
      expect(await answer(await ask('/api/v1/dead-letters/emails.dead/0/1/replay', post))).toMatchObject({
        status: 404,
        body: { code: 'DEAD_LETTER_UNKNOWN' },
      });
      expect(sent).toEqual([]);
    }
  });

  it('can be tried again when Kafka did not take the replay', async () => {
    let down = true;
    const send = async () => {
      if (down) throw new SmokewireError('KAFKA_UNREACHABLE', 'no broker answers');
    };
    const { ask, news, records } = await startPanel({ panel: { sink: { send } } });
    news(records.from(deadLetterOf(records.incident('x'), { code: 'STEP_FAILED', message: 'm' }, T0)));
    const path = '/api/v1/dead-letters/notifications.dead/0/0/replay';
    expect(await answer(await ask(path, post))).toMatchObject({ status: 503, body: { code: 'NOT_READY' } });
    down = false;
    expect((await ask(path, post)).status).toBe(202);
  });

  it('keeps the newest of each topic, by count and by size, and shows the beginning of long ones', async () => {
    const { ask, news, records, model } = await startPanel();
    const bury = (topic: string, value: Buffer) => {
      const record = { topic, partition: 0, offset: 0, timestamp: T0, key: null, value, headers: {} };
      news(records.from(deadLetterOf(record, { code: 'PAYLOAD_INVALID', message: 'm' }, T0)));
    };
    bury('emails', Buffer.from('mail'));
    for (let i = 0; i < 2_000; i++) bury('signals', Buffer.from('2'));
    expect(model.deadLetters.count).toBe(1_001);
    for (let i = 0; i < 20; i++) bury('signals', Buffer.alloc(1024 * 1024, 'é'));
    expect(model.deadLetters.count).toBeLessThan(6);
    const { body } = await answer(await ask('/api/v1/dead-letters?topic=signals.dead&limit=1'));
    expect(body).toMatchObject([{ value: 'é'.repeat(1_000), code: 'PAYLOAD_INVALID' }]);
    expect(await answer(await ask('/api/v1/dead-letters?topic=emails.dead'))).toMatchObject({
      body: [{ value: 'mail' }],
    });
  });
});

describe('what is no route', () => {
  it.each([
    ['GET', '/nowhere'],
    ['POST', '/api/v1/detectors'],
    ['DELETE', '/api/v1/floors/1'],
    ['GET', '/api/v1/detectors/1/trip'],
    ['HEAD', '/api/v1/site'],
    ['GET', '/page/../server.ts'],
  ])('%s %s', async (method, path) => {
    const { ask } = await startPanel();
    const response = await ask(path, { method });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    if (method !== 'HEAD') expect(await response.json()).toMatchObject({ code: 'ROUTE_UNKNOWN' });
  });

  it.each(['/api/v1/%zz', `/api/v1/detectors/${'1'.repeat(400)}`])('takes %s for a bad request', async (path) => {
    const { ask } = await startPanel();
    expect(await answer(await ask(path))).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
  });
});

it('serves health and the simulated detectors where there is no panel', async () => {
  const fleet = new NotingFleet(7);
  const server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    clock: realClock,
    wireClock: realClock,
    logger: recordingLogger(),
    registry: new Registry(),
    readiness: () => ({ ready: true, missing: [] }),
    fleet,
  });
  await server.start();
  onTestFinished(() => server.stop());
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  expect((await fetch(`${server.url}/api/v1/detectors/7/kill`, post)).status).toBe(202);
  expect((await fetch(`${server.url}/api/v1/detectors/8/kill`, post)).status).toBe(404);
  expect((await fetch(`${server.url}/api/v1/site`)).status).toBe(404);
});

it('tells nobody but the log what broke inside', async () => {
  const groups = async () => {
    throw new Error('password hunter2 is wrong');
  };
  const { ask, logger } = await startPanel({ panel: { groups } });
  const { status, body } = await answer(await ask('/api/v1/groups'));
  expect({ status, body }).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
  expect(JSON.stringify(body)).not.toContain('hunter2');
  expect(logger.lines).toEqual([
    {
      level: 'error',
      message: 'a request failed',
      fields: { route: '/api/v1/groups', error: 'password hunter2 is wrong' },
    },
  ]);
});
