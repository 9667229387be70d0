import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { rfc3339 } from '../../../contracts/clock.ts';
import type { OutRecord } from '../../../contracts/kafka-records.ts';
import { createMetrics } from '../../../contracts/metrics.ts';
import { JudgedPartitions } from '../../../processors/watchdog/judged-partitions.ts';
import { failUrlOf } from '../../../processors/watchdog/ping.ts';
import { WatchdogPulse } from '../../../processors/watchdog/pulse.ts';
import { eventually, within } from '../../support/eventually.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const PERIOD = 1_000;
const BEAT = 10 * PERIOD;
const SECRET = '5b1d2c3e-secret';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** Who listens outside. `heard` has the path of each ping, in their order. */
async function listener(answer: Answer = (response) => response.end('OK')) {
  const behaviour = { answer };
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url}`);
    behaviour.answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the listener does not listen');
  return { behaviour, heard, server, url: `http://127.0.0.1:${address.port}/ping/${SECRET}` };
}

function isAlone(server: Server): Promise<boolean> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count === 0))),
  );
}

/** A pulse over two partitions, and all that comes of it. */
function pulse({
  url,
  send = async () => {},
  clock = new ManualClock(),
  wireClock = clock,
}: {
  url?: string;
  send?: (records: readonly OutRecord[]) => Promise<void>;
  clock?: ManualClock;
  wireClock?: ManualClock;
}) {
  const judged = new JudgedPartitions();
  const written: OutRecord[] = [];
  const logger = recordingLogger();
  const metrics = createMetrics(new Registry());
  const sink = {
    send: async (records: readonly OutRecord[]) => {
      written.push(...records);
      await send(records);
    },
  };
  const service = new WatchdogPulse({
    ...{ group: 'watchdog', instance: 'a', canaryPeriodMs: PERIOD },
    ...{ judged, sink, url, clock, wireClock, logger, metrics },
  });
  onTestFinished(() => service.stop());
  for (const partition of [0, 1]) judged.hold(partition);
  /** Time goes by with a canary a second in these partitions. */
  const sing = (ms: number, partitions: readonly number[] = [0, 1]) => {
    for (let done = 0; done < ms; done += PERIOD) {
      for (const partition of partitions) judged.judged(partition, clock.now());
      clock.advance(PERIOD);
    }
  };
  const pings = async () => (await metrics.pulsePings.get()).values.map(({ labels, value }) => ({ ...labels, value }));
  return { service, clock, judged, written, logger, sing, pings };
}

const path = `POST /ping/${SECRET}`;

describe('while all partitions are judged', () => {
  it('it beats every ten periods, in Kafka and outside', async () => {
    const { url, heard } = await listener();
    const { service, sing, written, clock, pings } = pulse({ url });
    await service.start();
    const start = clock.now();
    sing(BEAT - PERIOD);
    expect(written).toEqual([]);
    sing(PERIOD);
    await eventually('a ping', () => heard.length === 1);
    await eventually('its end', async () => (await pings()).length === 1);
    sing(BEAT);
    await eventually('another', () => heard.length === 2);
    expect(heard).toEqual([path, path]);
    expect(written.map(({ topic, key }) => [topic, key])).toEqual([
      ['pulses', 'watchdog/a'],
      ['pulses', 'watchdog/a'],
    ]);
    const data = { group: 'watchdog', instance: 'a', at: rfc3339(start + BEAT) };
    expect(JSON.parse(String(written[0]?.value))).toEqual(data);
  });

  it('without somebody outside it beats in Kafka alone', async () => {
    const { service, sing, written } = pulse({});
    await service.start();
    sing(BEAT);
    expect(written).toHaveLength(1);
  });
});

describe('it does not beat', () => {
  it('once the canaries stop: that is told outside, until they sing again', async () => {
    const { url, heard } = await listener();
    const { service, sing, written, clock, pings } = pulse({ url });
    await service.start();
    sing(BEAT);
    await eventually('a ping', async () => (await pings()).length === 1);
    clock.advance(BEAT);
    await eventually('that it is silent', () => heard.length === 2);
    expect(heard[1]).toBe(`${path}/fail`);
    expect(written).toHaveLength(1);
    await eventually('its end', async () => (await pings()).length === 2);
    sing(BEAT);
    await eventually('that it is well', () => heard.length === 3);
    expect(heard[2]).toBe(path);
    expect(written).toHaveLength(2);
  });

  it('where one partition of several is not judged', async () => {
    const { url, heard } = await listener();
    const { service, sing, written } = pulse({ url });
    await service.start();
    sing(PERIOD);
    sing(BEAT - PERIOD, [0]);
    await eventually('a ping', () => heard.length === 1);
    expect(heard).toEqual([`${path}/fail`]);
    expect(written).toEqual([]);
  });

  it('where it holds nothing, or has still to judge what it gained: another may be the one that watches', async () => {
    const { url, heard } = await listener();
    const { service, sing, judged, written } = pulse({ url });
    await service.start();
    sing(BEAT, [0]);
    for (const partition of [0, 1]) judged.forget(partition);
    sing(BEAT, []);
    expect(written).toEqual([]);
    judged.hold(0);
    sing(BEAT, [0]);
    await eventually('the first ping', () => heard.length > 0);
    expect(heard).toEqual([path]);
  });
});

describe('who listens outside', () => {
  it('and does not answer holds nothing up; that is said once, and without the secret', async () => {
    const { url, heard, behaviour } = await listener(() => {});
    const { service, sing, written, logger, pings } = pulse({ url });
    await service.start();
    for (let beat = 1; beat <= 2; beat++) {
      sing(beat === 1 ? BEAT : BEAT / 2);
      await eventually('a ping', () => heard.length === beat);
      expect(written).toHaveLength(beat);
      sing(BEAT / 2);
      await eventually('its end', async () => (await pings())[0]?.value === beat);
    }
    behaviour.answer = (response) => response.end();
    sing(BEAT / 2);
    await eventually('one that arrives', async () => (await pings()).length === 2);
    expect(await pings()).toEqual([
      { says: 'well', outcome: 'failed', value: 2 },
      { says: 'well', outcome: 'sent', value: 1 },
    ]);
    expect(logger.lines.map(({ level }) => level)).toEqual(['warn', 'info']);
    expect(logger.lines[0]?.fields).toEqual({ says: 'well', reason: 'no answer within 5000 ms' });
    expect(JSON.stringify(logger.lines)).not.toContain(SECRET);
  });

  it('and is still to answer is not pinged once more, however fast the site’s time goes', async () => {
    const { url, heard, behaviour } = await listener(() => {});
    const { service, sing, pings } = pulse({ url, wireClock: new ManualClock() });
    await service.start();
    sing(2 * BEAT);
    await eventually('a ping', () => heard.length === 1);
    sing(BEAT);
    behaviour.answer = (response) => response.end();
    await service.stop();
    await service.start();
    sing(BEAT);
    await eventually('the end of the next one', async () => (await pings()).length === 1);
    expect(heard).toHaveLength(2);
  });

  it.each<[string, Answer, RegExp]>([
    ['refuses', (response) => response.writeHead(500).end(`no ${SECRET}`), /^HTTP 500$/],
    ['hangs up', (response) => response.destroy(), /^[A-Z_]+$/],
    [
      'never ends its answer',
      (response) => {
        response.writeHead(503);
        response.write(SECRET);
      },
      /^HTTP 503$/,
    ],
  ])('and %s is tried again at the next beat', async (_, answer, reason) => {
    const { url, heard } = await listener(answer);
    const { service, sing, logger, pings } = pulse({ url });
    await service.start();
    sing(BEAT);
    await eventually('its end', async () => (await pings()).length === 1);
    sing(BEAT);
    await eventually('the next one', async () => (await pings())[0]?.value === 2);
    expect(heard).toEqual([path, path]);
    expect(logger.lines).toHaveLength(1);
    expect(logger.lines[0]?.fields).toEqual({ says: 'well', reason: expect.stringMatching(reason) });
  });

  it('and is not there is no secret either', async () => {
    const { service, sing, logger, pings } = pulse({ url: `http://127.0.0.1:9/${SECRET}` });
    await service.start();
    sing(BEAT);
    await eventually('its end', async () => (await pings()).length === 1);
    expect(JSON.stringify(logger.lines)).not.toContain(SECRET);
  });
});

describe('a stop', () => {
  it('leaves nothing behind, also while a ping hangs, and says that this watchdog is none any more', async () => {
    const { url, heard, server } = await listener(() => {});
    const { service, sing, clock, written } = pulse({ url });
    await service.start();
    sing(BEAT);
    await eventually('a ping', () => heard.length === 1);
    await within('the stop', service.stop());
    await service.stop();
    expect(clock.pending()).toEqual([]);
    expect(written.at(-1)).toMatchObject({ topic: 'pulses', key: 'watchdog/a', value: null });
    expect(written).toHaveLength(2);
    await eventually('the end of the connection', () => isAlone(server), 1_000);
  });

  it('leaves no connection open after pings that were answered', async () => {
    const { url, heard, server } = await listener();
    const { service, sing, pings } = pulse({ url });
    await service.start();
    sing(BEAT);
    await eventually('its end', async () => (await pings()).length === 1);
    expect(heard).toHaveLength(1);
    await eventually('the end of the connection', () => isAlone(server), 1_000);
  });

  it('does not wait for a Kafka that takes nothing', async () => {
    const { service, sing, clock, written } = pulse({ send: () => new Promise(() => {}) });
    await service.start();
    sing(3 * BEAT);
    // The first one is still on its way: no more of them pile up.
    expect(written).toHaveLength(1);
    const stopped = service.stop();
    await eventually('the goodbye', () => written.length === 2);
    clock.advance(500);
    await within('the stop', stopped);
    expect(clock.pending()).toEqual([]);
  });

  it('may come before the start', async () => {
    const { service, written } = pulse({});
    await service.stop();
    await service.start();
    await service.start();
    await service.stop();
    expect(written).toEqual([]);
  });
});

test('where a fault is told: at the same place, with its query', () => {
  expect(failUrlOf('https://hc-ping.com/uuid')).toBe('https://hc-ping.com/uuid/fail');
  expect(failUrlOf('https://hc-ping.com/uuid/?rid=1')).toBe('https://hc-ping.com/uuid/fail?rid=1');
});
