import { describe, expect, it, onTestFinished } from 'vitest';
import { eventRecord } from '../../../contracts/cloud-events.ts';
import { valveCommanded } from '../../../contracts/events.ts';
import { idOf } from '../../../contracts/ids.ts';
import type { InRecord } from '../../../contracts/kafka-records.ts';
import { PARTITIONS } from '../../../contracts/kafka-topics.ts';
import { MQTT_ROOT } from '../../../contracts/mqtt-topics.ts';
import { COMMANDS, Outbound } from '../../../processors/bridge/outbound.ts';
import type { Claim } from '../../../transport/kafka/claim.ts';
import { MqttClient } from '../../../transport/mqtt/client.ts';
import { eventually, within } from '../../support/eventually.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ScriptedBroker } from '../../transport/mqtt/scripted-broker.ts';
import { cuttable } from '../../transport/mqtt/wire.ts';
import { HeldSink, read, testMetrics } from './fixtures.ts';

/** A claim that keeps what it is told. */
function claimed(committed?: number) {
  const reads: number[] = [];
  const done: number[] = [];
  const abandoned: unknown[] = [];
  let ready = false;
  const claim: Claim = {
    partition: 0,
    partitions: PARTITIONS,
    committed: new Map(committed === undefined ? [] : [[COMMANDS, { offset: committed, metadata: '' }]]),
    extents: new Map([[COMMANDS, { start: 5, end: 10 }]]),
    read: (_, offset) => void reads.push(offset),
    pause: () => undefined,
    ready: () => {
      ready = true;
    },
    done: (_, offset) => void done.push(offset),
    abandon: (reason) => void abandoned.push(reason),
  };
  return { claim, reads, done, abandoned, isReady: () => ready };
}

async function outbound(kafka = { open: true }) {
  const server = await ScriptedBroker.open();
  const proxy = await cuttable(server.url);
  const mqtt = new MqttClient({ url: proxy.url, clientId: 'commands', logger: recordingLogger() });
  onTestFinished(() => mqtt.stop());
  await mqtt.start();
  const clock = new ManualClock();
  const sink = new HeldSink(kafka);
  const metrics = testMetrics();
  const built = new Outbound({ site: 'hq', root: MQTT_ROOT, mqtt, sink, metrics, clock, logger: recordingLogger() });
  const command = (floor: number, offset: number, expiresInMs = 10_000): InRecord => {
    const id = idOf('test', floor, offset);
    const expires = new Date(clock.now() + expiresInMs).toISOString();
    const data = { floor, position: 'open', by: 'operator/test', id, expires } as const;
    return read(eventRecord(valveCommanded, { id, source: 'test', time: clock.now(), data }), { offset });
  };
  const published = (connection = 0) => server.connections[connection]?.sent('publish') ?? [];
  /** PUBACK for everything that came over a connection. */
  const acknowledge = (connection = 0) => {
    for (const { messageId = 0 } of published(connection)) {
      server.connections[connection]?.send({ cmd: 'puback', messageId });
    }
  };
  return { outbound: built, server, proxy, mqtt, clock, sink, metrics, command, published, acknowledge };
}

const batch = (...records: InRecord[]) => ({
  topic: COMMANDS,
  partition: 0,
  records,
  nextOffset: (records.at(-1)?.offset ?? 0) + 1,
});

describe('Outbound', () => {
  it('reads on from what is committed, or from the beginning', async () => {
    const { outbound: out } = await outbound();
    const fresh = claimed();
    out.begin(fresh.claim);
    const known = claimed(8);
    out.begin(known.claim);
    expect([fresh.reads, known.reads, fresh.isReady()]).toEqual([[5], [8], true]);
  });

  it('publishes in order at QoS 1, never retained, and commits once the broker acknowledged', async () => {
    const { outbound: out, command, published, acknowledge } = await outbound();
    const { claim, done } = claimed();
    const taken = out.begin(claim).take(batch(command(3, 5), command(4, 6), command(3, 7)));
    await eventually('all three', () => published().length === 3);
    expect(published()).toMatchObject(
      [3, 4, 3].map((floor) => ({ topic: `fire/v1/hq/${floor}/valve/command`, qos: 1, retain: false })),
    );
    expect(done).toEqual([]);
    acknowledge();
    await within('the commit', Promise.resolve(taken));
    expect(done).toEqual([8]);
  });

  it('publishes again what was not acknowledged when the connection broke', async () => {
    const { outbound: out, proxy, server, command, published, acknowledge } = await outbound();
    const { claim, done } = claimed();
    const taken = out.begin(claim).take(batch(command(3, 5)));
    await eventually('the command', () => published().length === 1);
    proxy.cut();
    await eventually('the command again', () => server.connections[1] && published(1).length === 1);
    expect(done).toEqual([]);
    acknowledge(1);
    await within('the commit', Promise.resolve(taken));
    expect(done).toEqual([6]);
  });

  it('buries a command whose time is over, also when it passes while the broker is away', async () => {
    const { outbound: out, proxy, mqtt, clock, sink, metrics, command, published, acknowledge } = await outbound();
    const { claim, done } = claimed();
    const work = out.begin(claim);
    await work.take(batch(command(3, 5, 0)));
    expect(sink.written).toMatchObject([{ topic: 'valve-commands.dead', key: '3' }]);
    expect(done).toEqual([6]);
    proxy.refuse();
    await eventually('the loss', () => !mqtt.connected);
    const taken = work.take(batch(command(3, 6, 5_000), command(4, 7, 60_000)));
    clock.advance(6_000);
    proxy.accept();
    await eventually('the command that is still good', () => published(1).length > 0);
    acknowledge(1);
    await within('the commit', Promise.resolve(taken));
    expect(published(1)).toMatchObject([{ topic: 'fire/v1/hq/4/valve/command' }]);
    expect(sink.written).toHaveLength(2);
    expect(done).toEqual([6, 8]);
    expect(await metrics.deadLetters.get()).toMatchObject({
      values: [{ labels: { topic: 'valve-commands.dead', code: 'COMMAND_EXPIRED' }, value: 2 }],
    });
  });

  it('leaves what it cannot publish to the next owner when its claim ends', async () => {
    const { outbound: out, proxy, mqtt, command } = await outbound();
    const { claim, done } = claimed();
    const work = out.begin(claim);
    proxy.refuse();
    await eventually('the loss', () => !mqtt.connected);
    const taken = work.take(batch(command(3, 5)));
    await within('the end', work.finish());
    await within('the batch', Promise.resolve(taken));
    expect(done).toEqual([]);
  });

  it('leaves what was not acknowledged to the next owner when the bridge stops', async () => {
    const { outbound: out, mqtt, command, published } = await outbound();
    const { claim, done } = claimed();
    const taken = out.begin(claim).take(batch(command(3, 5)));
    await eventually('the command', () => published().length === 1);
    await mqtt.stop();
    await within('the batch', Promise.resolve(taken));
    expect(done).toEqual([]);
  });

  it('gives its claim back, so that it is done again, where a dead letter cannot be written', async () => {
    const { outbound: out, sink, command } = await outbound({ open: false });
    const { claim, done, abandoned } = claimed();
    const taken = out.begin(claim).take(batch(command(3, 5, 0)));
    await eventually('the dead letter', () => sink.waiting.length === 1);
    sink.fail(new Error('too large'));
    await within('the batch', Promise.resolve(taken));
    expect(done).toEqual([]);
    expect(abandoned).toEqual([new Error('too large')]);
  });
});
