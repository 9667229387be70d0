import { afterEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../app/random.ts';
import { crc32c } from '../../../brokers/kafka/codec/crc32c.ts';
import { ErrorCode } from '../../../brokers/kafka/error-codes.ts';
import type { SeenRequest } from '../../../brokers/kafka/faults/types.ts';
import { KafkaBroker } from '../../../brokers/kafka/index.ts';
import { REGISTRY } from '../../../brokers/kafka/registry.ts';
import { ProtocolClient } from '../../conformance/kafka/protocol/client.ts';
import { sampleRequests } from '../../conformance/kafka/samples.ts';
import { eventually, within } from '../../support/eventually.ts';
import { recordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { Body, batchOf, fetchBody, frame, metadataBody, produceBody, readFetch, WireClient } from './wire.ts';

const [PRODUCE, FETCH, METADATA, OFFSET_COMMIT, OFFSET_FETCH] = [0, 1, 3, 8, 9];
const [JOIN_GROUP, HEARTBEAT, SYNC_GROUP, API_VERSIONS] = [11, 12, 14, 18];

const brokers: KafkaBroker[] = [];
afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.stop();
});

async function started() {
  const clock = new ManualClock();
  const logger = recordingLogger();
  const broker = new KafkaBroker({ clock, logger, random: seededRandom('faults') });
  brokers.push(broker);
  await broker.start();
  const client = () => WireClient.connect(broker.address);
  const setUp = await client();
  await setUp.ask(METADATA, 4, metadataBody('t'));
  return { broker, faults: broker.faults, clock, logger, client, setUp };
}

const produce = (key: string, partition = 0) => produceBody('t', partition, batchOf([{ key, value: 'v' }]));

/** The error of a Produce 7 answer of one partition of topic t. */
const produceError = (answer: Buffer) => answer.readInt16BE(4 + 3 + 4 + 4);

async function records(client: WireClient): Promise<number> {
  return readFetch(await client.ask(FETCH, 11, fetchBody('t', 0, 0))).end;
}

/** Joins a group of its own making as its only member and leader, by JoinGroup 3; answers the member's id. */
async function member(client: WireClient, group: string): Promise<string> {
  const answer = await client.ask(JOIN_GROUP, 3, joinBody(group, ''));
  const leader = answer.readInt16BE(10 + 2 + answer.readInt16BE(10));
  const at = 10 + 2 + answer.readInt16BE(10) + 2;
  const id = answer.toString('utf8', at, at + leader);
  const share = new Body().string(group).int32(1).string(id).string(null).int32(1).string(id).bytes(Buffer.from('all'));
  expect((await client.ask(SYNC_GROUP, 3, share.done())).readInt16BE(4)).toBe(0);
  return id;
}

function joinBody(group: string, memberId: string): Buffer {
  const head = new Body().string(group).int32(10_000).int32(10_000).string(memberId).string('consumer').int32(1);
  return head.string('range').bytes(Buffer.alloc(0)).done();
}

const heartbeatBody = (group: string, id: string) => new Body().string(group).int32(1).string(id).string(null).done();

async function heartbeat(client: WireClient, group: string, id: string): Promise<number> {
  return (await client.ask(HEARTBEAT, 3, heartbeatBody(group, id))).readInt16BE(4);
}

describe('a rule', () => {
  test('sees of each request what it is about', async () => {
    const { faults, client } = await started();
    const seen: SeenRequest[] = [];
    faults.intercept((request) => void seen.push(request));
    const wire = await client();
    await wire.ask(PRODUCE, 7, produceBody('t', 2, batchOf([{ key: '7', value: 'v' }, { key: null }])));
    await wire.ask(FETCH, 11, fetchBody('t', 1, 0));
    await wire.ask(METADATA, 4, metadataBody('made'));
    const commit = new Body().string('g').int32(-1).string('').string(null).int32(1).string('t').int32(2).int32(0);
    await wire.ask(
      OFFSET_COMMIT,
      7,
      commit.int64(5).int32(-1).string('').int32(3).int64(1).int32(-1).string('').done(),
    );
    await wire.ask(OFFSET_FETCH, 5, new Body().string('g').int32(1).string('t').int32(1).int32(3).done());
    await wire.ask(API_VERSIONS, 0);
    const of = (api: string, topics: object, groups: string[] = [], keys: (string | null)[] = []) => ({
      api,
      topics,
      groups,
      keys,
    });
    expect(
      seen.map(({ api, topics, groups, recordKeys }) =>
        of(api, Object.fromEntries(topics), [...groups], [...recordKeys]),
      ),
    ).toEqual([
      of('Produce', { t: [2] }, [], ['7', null]),
      of('Fetch', { t: [1] }),
      of('Metadata', { made: [] }),
      of('OffsetCommit', { t: [0, 3] }, ['g']),
      of('OffsetFetch', { t: [3] }, ['g']),
      of('ApiVersions', {}),
    ]);
    expect(seen[0]?.records).toEqual([
      { topic: 't', key: '7' },
      { topic: 't', key: null },
    ]);
    const identity = {
      clientId: 'wire',
      connection: wire.socket.localPort,
      correlationId: 1,
      key: PRODUCE,
      version: 7,
    };
    expect(seen[0]).toMatchObject(identity);
    expect(await records(wire), 'looking has no effect').toBe(0);
  });

  test('is in force so many times, until it is removed, and while it says so', async () => {
    const { faults, client } = await started();
    const wire = await client();
    const error = async () => produceError(await wire.ask(PRODUCE, 7, produce('k')));
    const fail = () => ({ kind: 'error', error: 'NOT_LEADER_OR_FOLLOWER' }) as const;

    const twice = faults.intercept(fail, { times: 2 });
    expect([await error(), await error(), await error()]).toEqual([6, 6, 0]);
    expect(twice.hits).toBe(2);

    const always = faults.intercept(fail);
    expect([await error(), await error()]).toEqual([6, 6]);
    always.remove();
    expect(await error()).toBe(0);

    let on = true;
    faults.intercept(fail, { while: () => on });
    expect(await error()).toBe(6);
    on = false;
    expect(await error()).toBe(0);
  });

  test('made first decides, and those that have no fault for a request let it pass', async () => {
    const { faults, client } = await started();
    faults.intercept(({ api }) => (api === 'Fetch' ? { kind: 'drop' } : undefined));
    faults.intercept(() => ({ kind: 'error', error: 'REQUEST_TIMED_OUT' }));
    faults.intercept(() => ({ kind: 'error', error: 'KAFKA_STORAGE_ERROR' }));
    expect(produceError(await (await client()).ask(PRODUCE, 7, produce('k')))).toBe(ErrorCode.REQUEST_TIMED_OUT);
  });
});

describe('on every API', () => {
  /** Each in each version, for a group of its own, so that no member waits for another. */
  const REQUESTS = REGISTRY.flatMap(({ name: api, min, max, servedFrom = min }) =>
    Array.from({ length: max - servedFrom + 1 }, (_, i) => {
      const version = servedFrom + i;
      const names = { topic: 't', newTopic: 'new', group: `g-${version}`, transaction: 'x' };
      return { api, version, request: sampleRequests(names)[api] ?? {} };
    }),
  );

  test('an error is in every place where the answer has one', async () => {
    const { broker, faults, logger } = await started();
    faults.intercept(() => ({ kind: 'error', error: 'UNKNOWN_SERVER_ERROR' }));
    const client = await ProtocolClient.connect(broker.address);
    for (const { api, version, request } of REQUESTS) {
      const codes = errorCodesIn(await client.ask(api, version, request));
      expect(new Set(codes), `${api} ${version}`).toEqual(new Set([ErrorCode.UNKNOWN_SERVER_ERROR]));
    }
    expect(logger.lines.filter(({ level }) => level !== 'debug')).toEqual([]);
    client.end();
  });

  test('a rule that looks at everything changes nothing', async () => {
    const [watched, plain] = [await started(), await started()];
    const seen: unknown[] = [];
    watched.faults.intercept(({ topics, groups, records }) => void seen.push(topics, groups, records));
    const [one, other] = [
      await ProtocolClient.connect(watched.broker.address),
      await ProtocolClient.connect(plain.broker.address),
    ];
    for (const { api, version, request } of REQUESTS) {
      const answer = await one.ask(api, version, request);
      const expected = await other.ask(api, version, request);
      expect(withoutPorts(answer), `${api} ${version}`).toEqual(withoutPorts(expected));
    }
    one.end();
    other.end();
  });

  test.each([
    ['of nothing', Buffer.alloc(0)],
    ['of rubbish', Buffer.alloc(200, 7)],
    ['whose records are none', corrupted()],
  ])('a Produce %s can be looked at, and is answered as ever', async (_name, batch) => {
    const { faults, client } = await started();
    const seen: unknown[] = [];
    faults.intercept(({ topics, recordKeys }) => void seen.push([...topics.keys()], [...recordKeys]));
    const wire = await client();
    await wire.ask(PRODUCE, 7, produceBody('t', 0, batch));
    expect(seen).toEqual([['t'], []]);
  });

  /** A batch with a right CRC over records that are none. */
  function corrupted(): Buffer {
    const batch = Buffer.concat([batchOf([{ key: 'k' }]).subarray(0, 61), Buffer.alloc(20, 0xff)]);
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeUInt32BE(crc32c(batch, 21), 17);
    return batch;
  }
});

/** Every value of a field that is called an error code. */
function errorCodesIn(answer: unknown): unknown[] {
  if (typeof answer !== 'object' || answer === null) return [];
  return Object.entries(answer).flatMap(([name, value]) => (name === 'errorCode' ? [value] : errorCodesIn(value)));
}

/** An answer without the port at which each broker is. */
function withoutPorts(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer, (name, value) => (name === 'port' ? 0 : value)));
}

describe('an error', () => {
  test('has no effect', async () => {
    const { faults, client, setUp } = await started();
    const wire = await client();
    faults.intercept(({ api }) => (api === 'Produce' ? { kind: 'error', error: 'NOT_ENOUGH_REPLICAS' } : undefined));
    expect(produceError(await wire.ask(PRODUCE, 7, produce('k')))).toBe(19);
    faults.intercept(({ api }) => (api === 'Metadata' ? { kind: 'error', error: 'LEADER_NOT_AVAILABLE' } : undefined));
    await wire.ask(METADATA, 4, metadataBody('new'));
    expect(await records(setUp)).toBe(0);
    const all = (await setUp.ask(METADATA, 1, new Body().int32(-1).done())).toString('latin1');
    expect(all.includes('new')).toBe(false);
  });
});

describe('a request that is held', () => {
  test('has no effect until it is released, nor those behind it on its connection', async () => {
    const { faults, client, setUp } = await started();
    const wire = await client();
    const hold = faults.intercept(({ api }) => (api === 'Produce' ? { kind: 'hold' } : undefined), { times: 1 });
    const changes: number[] = [];
    faults.watch(() => changes.push(faults.held.length));
    wire.send(frame(PRODUCE, 7, 41, produce('a')));
    await eventually('a hold', () => hold.held.length === 1);
    wire.send(frame(API_VERSIONS, 0, 42));
    await eventually('two held', () => faults.held.length === 2);
    const connection = wire.socket.localPort;
    expect(faults.held).toEqual([
      { connection, correlationId: 41, api: 'Produce' },
      { connection, correlationId: 42, api: 'ApiVersions' },
    ]);
    expect(await records(setUp)).toBe(0);
    expect(wire.unread).toBe(0);

    hold.release();
    expect(faults.held).toEqual([]);
    expect([(await wire.next()).correlation, (await wire.next()).correlation]).toEqual([41, 42]);
    expect(await records(setUp)).toBe(1);
    expect(changes).toEqual([1, 2, 0]);
  });

  test('after it was handled has its effect, and no answer', async () => {
    const { faults, client, setUp } = await started();
    const wire = await client();
    const hold = faults.intercept(({ api }) => (api === 'Produce' ? { kind: 'hold', when: 'after' } : undefined));
    wire.send(frame(PRODUCE, 7, 1, produce('a')));
    await eventually('a hold', () => hold.held.length === 1);
    expect(await records(setUp)).toBe(1);
    expect(wire.unread).toBe(0);
    hold.remove();
    expect(produceError((await wire.next()).body)).toBe(0);
  });

  test('is forgotten, and never handled, when its client goes', async () => {
    const { faults, client, setUp, clock } = await started();
    const wires = [await client(), await client()];
    const hold = faults.intercept(({ api }) => (api === 'Produce' ? { kind: 'hold' } : undefined));
    for (const wire of wires) wire.send(frame(PRODUCE, 7, 1, produce('a')));
    await eventually('two holds', () => faults.held.length === 2);
    wires[0]?.socket.destroy();
    await eventually('one hold less', () => faults.held.length === 1);
    wires[1]?.socket.end();
    await eventually('none', () => faults.held.length === 0);
    hold.remove();
    expect(await records(setUp)).toBe(0);
    expect(clock.pending()).toEqual([]);
  });

  test('can be released by itself', async () => {
    const { faults, client } = await started();
    const wires = [await client(), await client()];
    const hold = faults.intercept(({ api }) => (api === 'Produce' ? { kind: 'hold' } : undefined));
    for (const wire of wires) wire.send(frame(PRODUCE, 7, 1, produce('a')));
    await eventually('two holds', () => hold.held.length === 2);
    hold.release(hold.held.find(({ connection }) => connection === wires[1]?.socket.localPort));
    await wires[1]?.next();
    expect(hold.held.map(({ connection }) => connection)).toEqual([wires[0]?.socket.localPort]);
  });

  test('for a time is released by the clock', async () => {
    const { faults, client, clock } = await started();
    const other = new ManualClock();
    const [wire, late] = [await client(), await client()];
    faults.intercept(({ api }) => (api === 'Produce' ? { kind: 'delay', ms: 500 } : undefined));
    faults.intercept(({ api }) => (api === 'ApiVersions' ? { kind: 'delay', ms: 100, clock: other } : undefined));
    wire.send(frame(PRODUCE, 7, 1, produce('a')));
    late.send(frame(API_VERSIONS, 0, 2));
    await eventually('both', () => faults.held.length === 2);
    clock.advance(499);
    other.advance(100);
    expect((await late.next()).correlation).toBe(2);
    expect(faults.held.length).toBe(1);
    clock.advance(1);
    expect((await wire.next()).correlation).toBe(1);
  });
});

describe('a dropped connection', () => {
  test.each([
    ['before', 0],
    ['after', 1],
  ] as const)('%s the request was handled leaves %i records', async (when, expected) => {
    const { faults, client, setUp } = await started();
    const wire = await client();
    faults.intercept(({ api }) => (api === 'Produce' ? { kind: 'drop', when } : undefined), { times: 1 });
    wire.send(frame(PRODUCE, 7, 1, produce('a')));
    await within('the drop', wire.closed);
    expect(wire.unread).toBe(0);
    expect(await records(setUp)).toBe(expected);
  });
});

describe('a broker', () => {
  test('that is paused takes requests and connections, and answers all when it goes on', async () => {
    const { faults, client, clock, setUp } = await started();
    const parked = await client();
    parked.send(frame(FETCH, 11, 1, fetchBody('t', 0, 0, { maxWait: 500 })));
    await eventually('a parked fetch', () => clock.pending().length === 1);
    faults.pause();
    const newcomer = await client();
    newcomer.send(frame(API_VERSIONS, 0, 2));
    setUp.send(frame(PRODUCE, 7, 3, produce('a')));
    await eventually('all three', () => faults.held.length === 3);
    clock.advance(500);
    expect(faults.held.map(({ correlationId }) => correlationId).sort()).toEqual([1, 2, 3]);
    expect([parked.unread, newcomer.unread, setUp.unread]).toEqual([0, 0, 0]);
    faults.resume();
    expect((await parked.next()).correlation).toBe(1);
    expect((await newcomer.next()).correlation).toBe(2);
    expect((await setUp.next()).correlation).toBe(3);
    expect(faults.held).toEqual([]);
  });

  test('that is cut off drops its connections and new ones, until it is healed', async () => {
    const { faults, client, setUp } = await started();
    faults.partition();
    await within('the drop', setUp.closed);
    const refusal = client().then(
      (refused) => refused.closed,
      () => 'reset',
    );
    await within('the refusal', refusal);
    faults.heal();
    expect((await (await client()).ask(API_VERSIONS, 0)).readInt16BE(0)).toBe(0);
  });

  test('is stopped whatever is held, delayed or paused', async () => {
    const { broker, faults, client, clock } = await started();
    const [held, delayed] = [await client(), await client()];
    faults.intercept(({ api }) => (api === 'Produce' ? { kind: 'hold' } : { kind: 'delay', ms: 1000 }));
    held.send(frame(PRODUCE, 7, 1, produce('a')));
    delayed.send(frame(API_VERSIONS, 0, 2));
    await eventually('both', () => faults.held.length === 2);
    faults.pause();
    await broker.stop();
    expect(faults.held).toEqual([]);
    expect(clock.pending()).toEqual([]);
  });
});

describe('a group', () => {
  test('whose coordinator moves is not found once on each connection, and its members stay', async () => {
    const { faults, client } = await started();
    const [one, other] = [await client(), await client()];
    const [id, otherId] = [await member(one, 'g'), await member(other, 'h')];
    faults.moveCoordinator('g');
    expect(await heartbeat(other, 'h', otherId)).toBe(0);
    expect([await heartbeat(one, 'g', id), await heartbeat(one, 'g', id)]).toEqual([16, 0]);
    expect(await heartbeat(await client(), 'g', id), 'who comes later knows better').toBe(0);
    faults.moveCoordinator();
    expect([await heartbeat(one, 'g', id), await heartbeat(one, 'g', id)]).toEqual([16, 0]);
    expect([await heartbeat(other, 'h', otherId), await heartbeat(other, 'h', otherId)]).toEqual([16, 0]);
  });

  test('whose coordinator moves answers those that wait for it', async () => {
    const { faults, client, clock } = await started();
    const [one, newcomer] = [await client(), await client()];
    await member(one, 'g');
    newcomer.send(frame(JOIN_GROUP, 3, 1, joinBody('g', '')));
    await eventually('the rebalance', () => clock.pending().includes('kafka group rebalance'));
    faults.moveCoordinator('g');
    expect((await newcomer.next()).body.readInt16BE(4)).toBe(16);
  });

  test('rebalances when it is told to', async () => {
    const { faults, client } = await started();
    const wire = await client();
    const id = await member(wire, 'g');
    expect(faults.rebalance('g')).toBe(true);
    expect(await heartbeat(wire, 'g', id)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    expect((await wire.ask(JOIN_GROUP, 3, joinBody('g', id))).readInt16BE(4)).toBe(0);
    expect(faults.rebalance('nobody')).toBe(false);
  });

  test('whose members are expelled is empty at once', async () => {
    const { faults, client, clock } = await started();
    const wire = await client();
    const id = await member(wire, 'g');
    expect(faults.expel('g')).toBe(true);
    expect(clock.pending(), 'no session, no rebalance').toEqual([]);
    expect(await heartbeat(wire, 'g', id)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    await member(wire, 'g2');
    expect(faults.expel('nobody')).toBe(false);
  });
});
