import { describe, expect, it } from 'vitest';
import { parseEvent } from '../../contracts/cloud-events.ts';
import {
  ATTEMPTS_HEADER,
  DEAD_LETTER_HEADERS,
  NOT_BEFORE_HEADER,
  REPLAY_TOPIC_HEADER,
} from '../../contracts/dead-letters.ts';
import { SmokewireError } from '../../contracts/errors.ts';
import { lampRequested } from '../../contracts/events.ts';
import { headerOf } from '../../contracts/kafka-records.ts';
import { SENT } from '../../notifiers/channel.ts';
import { ASKED, EXPIRES, email, emailRecord } from './support/notices.ts';
import { DEFERRED, REFUSED, StageSet, settle } from './support/stage-set.ts';

/** A notice whose subject says which it is, so that stories can be read. */
const note = (name: string, change = {}) => email(name, { subject: name, ...change });

async function started(options: ConstructorParameters<typeof StageSet>[0] = {}): Promise<StageSet> {
  const set = new StageSet(options);
  await set.notifier.start();
  return set;
}

describe('a send that succeeds', () => {
  it('is recorded, and committed only then', async () => {
    const set = await started();
    set.kafka.hold();
    set.ask(note('a'));
    await settle();
    expect(set.channel.sent.map(({ subject }) => subject)).toEqual(['a']);
    expect(set.kafka.committed('emails')).toBe(0);
    set.kafka.release();
    await settle();
    expect(set.kafka.committed('emails')).toBe(1);
    expect(set.deliveries()).toEqual([
      {
        notification: note('a').id,
        incident: note('a').incident,
        kind: 'fault',
        subject: 'a',
        channel: 'email',
        to: 'safety@example.com',
        outcome: 'sent',
        attempt: 1,
        at: '2026-01-01T00:00:00.000Z',
        reason: null,
      },
    ]);
  });

  it('is not repeated when its record is read again by the same process', async () => {
    const set = await started();
    set.kafka.hold();
    set.ask(note('a'));
    await settle();
    if (set.group) void set.kafka.rebalance(set.group);
    await settle();
    set.clock.advance(1_500);
    await settle();
    set.kafka.release();
    await settle();
    set.ask(note('sentinel'));
    await settle();
    expect(set.channel.begun.map(({ subject }) => subject)).toEqual(['a', 'sentinel']);
    expect(set.kafka.committed('emails')).toBe(2);
    const ids = set.kafka.records('deliveries').map((record) => headerOf(record, 'ce_id'));
    expect(ids.length - new Set(ids).size, 'told again under the same id').toBe(1);
    const outcomes = await set.metrics.deliveries.get();
    expect(outcomes.values).toContainEqual({ value: 1, labels: { channel: 'email', outcome: 'repeated' } });
  });

  it('says so in the log, and no more than its ids', async () => {
    const set = await started();
    set.ask(note('a'));
    await settle();
    expect(set.logger.lines.map(({ level, message }) => [level, message])).toEqual([['debug', 'sent a notification']]);
    const text = JSON.stringify(set.logger.lines);
    for (const hidden of [note('a').text, note('a').title, note('a').to]) expect(text).not.toContain(hidden);
  });
});

describe('a send that fails and is worth another try', () => {
  it('is tried after 1, 5, 30 and 150 s, and then dead', async () => {
    const set = await started();
    set.channel.script = () => DEFERRED;
    set.ask(note('a', { expires: '2026-01-02T00:00:00.000Z' }));
    const at: number[] = [];
    for (let attempt = 1; attempt <= 5; attempt++) {
      await settle();
      expect(set.channel.begun).toHaveLength(attempt);
      at.push(set.clock.now() - ASKED);
      const [wait] = [1_000, 5_000, 30_000, 150_000, 0].slice(attempt - 1);
      set.clock.advance((wait ?? 0) - 1);
      await settle();
      expect(set.channel.begun).toHaveLength(attempt);
      set.clock.advance(1);
    }
    await settle();
    expect(at).toEqual([0, 1_000, 6_000, 36_000, 186_000]);
    expect(set.story()).toEqual(['a retried 1', 'a retried 2', 'a retried 3', 'a retried 4', 'a dead 5']);
    expect(set.kafka.records('emails.dead')).toHaveLength(1);
    for (const topic of ['emails', 'emails.retry-1', 'emails.retry-2', 'emails.retry-3', 'emails.retry-4']) {
      expect([topic, set.kafka.committed(topic)]).toEqual([topic, 1]);
    }
    expect(set.clock.pending()).toEqual([]);
  });

  it('is published with its attempts and its time, otherwise unchanged, before it is committed', async () => {
    const set = await started();
    set.channel.script = () => DEFERRED;
    set.ask(note('a'));
    await settle();
    const [asked] = set.kafka.records('emails');
    const [parked] = set.kafka.records('emails.retry-1');
    expect(parked).toMatchObject({ key: asked?.key, value: asked?.value, timestamp: asked?.timestamp });
    expect(parked && headerOf(parked, 'ce_id')).toBe(note('a').id);
    expect(parked && headerOf(parked, ATTEMPTS_HEADER)).toBe('1');
    expect(parked && headerOf(parked, NOT_BEFORE_HEADER)).toBe(String(ASKED + 1_000));
  });

  it('is told once in the log while it goes on, and when it is over', async () => {
    const set = await started();
    set.channel.script = (_, attempt) => (attempt === 1 ? DEFERRED : SENT);
    set.ask(note('a'), note('b'), note('c'));
    await settle();
    set.clock.advance(1_000);
    await settle();
    const loud = set.logger.lines.filter(({ level }) => level !== 'debug');
    expect(loud.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'sends fail, and are tried again'],
      ['info', 'sends succeed again'],
    ]);
  });

  it('is given up at once where the next try would come after it has expired', async () => {
    const set = await started();
    set.channel.script = () => DEFERRED;
    set.ask(note('a', { expires: '2026-01-01T00:00:00.900Z' }));
    await settle();
    expect(set.story()).toEqual(['a dead 1']);
  });
});

describe('a send that fails for good', () => {
  it('is a dead letter that can be replayed, and a lamp that says so', async () => {
    const set = await started();
    set.channel.script = () => REFUSED;
    set.ask(note('a'));
    await settle();
    expect(set.deliveries()).toMatchObject([{ outcome: 'dead', attempt: 1, reason: 'EMAIL_REFUSED: 550 never' }]);
    const [dead] = set.kafka.records('emails.dead');
    const header = (name: string) => dead && headerOf(dead, name);
    expect(dead).toMatchObject({ key: note('a').incident, value: set.kafka.records('emails')[0]?.value });
    expect(header(DEAD_LETTER_HEADERS.topic)).toBe('emails');
    expect(header(DEAD_LETTER_HEADERS.code)).toBe('EMAIL_REFUSED');
    expect(header(DEAD_LETTER_HEADERS.message)).toBe('550 never');
    expect(header(REPLAY_TOPIC_HEADER)).toBe('emails');
    expect(header(ATTEMPTS_HEADER)).toBe('1');
    const [lamp] = set.kafka.records('panel');
    expect(lamp && parseEvent(lamp, [lampRequested]).data).toMatchObject({
      lamp: 'delivery/email',
      on: true,
      kind: 'fault',
      incident: note('a').incident,
      text: expect.stringContaining(note('a').incident),
    });
    expect(set.kafka.committed('emails')).toBe(1);
  });

  it('begins anew when its dead letter is replayed', async () => {
    const set = await started();
    set.channel.script = (_, attempt) => (attempt < 6 ? DEFERRED : SENT);
    set.ask(note('a'));
    for (const wait of [0, 1_000, 5_000, 30_000, 150_000]) {
      set.clock.advance(wait);
      await settle();
    }
    const [dead] = set.kafka.records('emails.dead');
    if (dead) set.kafka.append({ ...emailRecord(note('a')), headers: headersOf(dead.headers) });
    await settle();
    expect(set.story().at(-1)).toBe('a sent 1');
  });

  it('is a defect where the channel throws: its words stay inside', async () => {
    const set = await started();
    set.channel.script = () => new TypeError('the password is 1234');
    set.ask(note('a'));
    await settle();
    expect(set.deliveries()).toMatchObject([{ outcome: 'dead', reason: 'INTERNAL: the channel threw TypeError' }]);
    expect(JSON.stringify([set.logger.lines, set.deliveries()])).not.toContain('1234');
  });
});

describe('a notice that has expired', () => {
  it('is not sent any more, and cannot be replayed', async () => {
    const set = await started();
    set.clock.advance(EXPIRES - ASKED + 1);
    set.ask(note('a'));
    await settle();
    expect(set.channel.begun).toEqual([]);
    expect(set.deliveries()).toMatchObject([{ outcome: 'dead', reason: expect.stringContaining('NOTICE_EXPIRED') }]);
    const [dead] = set.kafka.records('emails.dead');
    expect(dead && headerOf(dead, REPLAY_TOPIC_HEADER)).toBeUndefined();
    expect(dead && headerOf(dead, ATTEMPTS_HEADER)).toBe('0');
    expect(set.kafka.records('panel')).toHaveLength(1);
  });
});

describe('a record that is no notice', () => {
  it('is a dead letter with a lamp, and those behind it are sent', async () => {
    const set = await started();
    set.kafka.append({ topic: 'emails', key: 'k', value: '{"half', timestamp: ASKED });
    set.kafka.append({ ...emailRecord(note('no attempts')), topic: 'emails.retry-2' });
    set.ask(note('a'));
    await settle();
    expect(set.kafka.records('emails.dead').map((dead) => headerOf(dead, DEAD_LETTER_HEADERS.code))).toEqual([
      'RECORD_INVALID',
      'RECORD_INVALID',
    ]);
    expect(set.kafka.records('panel')).toHaveLength(2);
    expect(set.story()).toEqual(['a sent 1']);
    expect(set.kafka.committed('emails')).toBe(2);
  });
});

describe('a send that hangs', () => {
  it('ends after its timeout and is tried again', async () => {
    const set = await started();
    set.channel.script = (_, attempt) => (attempt === 1 ? 'hang' : SENT);
    set.ask(note('a'));
    await settle();
    set.clock.advance(10_000);
    await settle();
    expect(set.deliveries()).toMatchObject([{ outcome: 'retried', reason: 'SEND_TIMEOUT: no end within 10000 ms' }]);
    set.clock.advance(1_000);
    await settle();
    expect(set.story()).toEqual(['a retried 1', 'a sent 2']);
    expect(set.clock.pending()).toEqual([]);
  });

  it('holds up neither the sends behind it nor a fire', async () => {
    const set = await started({ concurrency: 3 });
    set.channel.script = ({ subject }) => (subject.startsWith('hangs') ? 'hang' : SENT);
    set.ask(note('hangs 1'), note('a'), note('hangs 2'), note('waits'), note('fire', { kind: 'fire' }));
    await settle();
    expect(set.channel.sent.map(({ subject }) => subject)).toEqual(['a', 'fire']);
    // Nothing is committed past the one that hangs.
    expect(set.kafka.committed('emails')).toBe(0);
    set.clock.advance(10_000);
    await settle();
    expect(set.channel.sent.map(({ subject }) => subject)).toEqual(['a', 'fire', 'waits']);
    expect(set.kafka.committed('emails')).toBe(5);
  });
});

describe('fire and fault', () => {
  it('lets a fire past ten thousand faults', async () => {
    const set = new StageSet({ concurrency: 2 });
    for (let i = 0; i < 9_000; i++) set.ask(note(`fault ${i}`));
    set.ask(note('fire', { kind: 'fire' }));
    set.kafka.fetchSize = 10_000;
    set.channel.script = ({ subject }) => (subject === 'fault 0' ? 'hang' : SENT);
    await set.notifier.start();
    await settle();
    expect(set.channel.begun.slice(0, 2).map(({ subject }) => subject)).toEqual(['fault 0', 'fire']);
  });

  it('reads no further ahead than allowed, and goes on once half of that is done', async () => {
    const set = new StageSet({ concurrency: 2, readAhead: { records: 10, bytes: 1e6 } });
    set.kafka.fetchSize = 1;
    set.channel.script = () => 'hang';
    for (let i = 0; i < 30; i++) set.ask(note(`fault ${i}`));
    await set.notifier.start();
    await settle();
    set.ask(note('too far', { kind: 'fire' }));
    await settle();
    expect(set.channel.begun.map(({ subject }) => subject)).toEqual(['fault 0']);
    set.channel.script = () => SENT;
    set.clock.advance(10_000);
    await settle();
    await settle();
    expect(set.channel.sent).toHaveLength(30);
  });
});

describe('notices of one incident', () => {
  const incident = note('x').incident;
  const told = (set: StageSet) => set.channel.sent.map(({ subject }) => subject);

  it('are told in order though the first has to be tried again', async () => {
    const set = await started();
    set.channel.script = ({ subject }, attempt) => (subject === 'opened' && attempt < 3 ? DEFERRED : SENT);
    set.ask(note('opened', { incident }), note('closed', { incident }), note('other'));
    await settle();
    set.ask(note('reopened', { incident }));
    await settle();
    expect(told(set)).toEqual(['other']);
    // They wait with it, and do not hold up the commit of the others.
    expect(set.kafka.committed('emails')).toBe(4);
    set.clock.advance(1_000);
    await settle();
    set.clock.advance(5_000);
    await settle();
    expect(told(set)).toEqual(['other', 'opened', 'closed', 'reopened']);
    expect(set.story().filter((line) => line.startsWith('closed'))).toEqual(['closed sent 1']);
  });

  it('are told in order though the process ends in between', async () => {
    const set = await started();
    set.channel.script = ({ subject }, attempt) => (subject === 'opened' && attempt === 1 ? DEFERRED : SENT);
    set.ask(note('opened', { incident }));
    await settle();
    await set.notifier.stop();
    set.ask(note('closed', { incident }));
    await set.again().start();
    await settle();
    expect(told(set)).toEqual([]);
    set.clock.advance(1_000);
    await settle();
    expect(told(set)).toEqual(['opened', 'closed']);
  });

  it('are told without the first when that is dead', async () => {
    const set = await started();
    set.channel.script = ({ subject }) => (subject === 'opened' ? REFUSED : SENT);
    set.ask(note('opened', { incident }), note('closed', { incident }));
    await settle();
    expect(told(set)).toEqual(['closed']);
  });
});

describe('a partition that is given back', () => {
  /** Gives it back while `hangs` is being sent; the grace runs out. */
  async function revoked(set: StageSet): Promise<void> {
    const over = set.kafka.revoke();
    await settle();
    set.clock.advance(1_500);
    await over;
  }

  it('begins no more sends of what waited for its time, for a slot or for its turn', async () => {
    const set = await started({ concurrency: 2 });
    set.channel.script = ({ subject }) => (subject === 'retried' ? DEFERRED : 'hang');
    set.ask(note('retried'), note('hangs'), note('queued'), note('behind', { incident: note('hangs').incident }));
    await settle();
    await revoked(set);
    set.channel.script = () => SENT;
    set.clock.advance(60_000);
    await settle();
    expect(set.channel.begun.map(({ subject }) => subject)).toEqual(['retried', 'hangs']);
    expect(set.clock.pending()).toEqual([]);
  });

  it('leaves a send that fails afterwards to the next owner', async () => {
    const set = await started();
    set.channel.script = (_, attempt) => (attempt === 1 ? 'hang' : SENT);
    set.ask(note('a'));
    await settle();
    await revoked(set);
    set.clock.advance(8_500);
    await settle();
    expect(set.kafka.records('emails.retry-1')).toEqual([]);
    if (set.group) set.kafka.begin(set.group);
    await settle();
    expect(set.story()).toEqual(['a sent 1']);
  });

  it('is as new when it comes back: nothing of it waits behind what was dropped', async () => {
    const set = await started();
    set.channel.script = (_, attempt) => (attempt === 1 ? DEFERRED : SENT);
    set.ask(note('a'));
    await settle();
    if (set.group) await set.kafka.rebalance(set.group);
    set.clock.advance(1_000);
    await settle();
    expect(set.story()).toEqual(['a retried 1', 'a sent 2']);
  });
});

describe('stop', () => {
  it('gives running sends a short time, commits what is done, and leaves no timer', async () => {
    const set = await started();
    let end: (() => void) | undefined;
    set.channel.script = ({ subject }) => (subject === 'hangs' ? 'hang' : subject === 'retried' ? DEFERRED : SENT);
    set.ask(note('a'), note('retried'), note('hangs'));
    await settle();
    const stopped = new Promise<void>((resolve) => {
      end = resolve;
    });
    void set.notifier.stop().then(end);
    await settle();
    expect(set.channel.closed).toBe(false);
    set.clock.advance(1_500);
    await stopped;
    expect(set.channel.closed).toBe(true);
    expect(set.kafka.committed('emails')).toBe(2);
    expect(set.clock.pending()).toEqual([]);
    expect(set.story()).toEqual(['a sent 1', 'retried retried 1']);
    await set.notifier.stop();
  });

  it('loses nothing: the next process sends what was broken off', async () => {
    const set = await started();
    set.channel.script = (_, attempt) => (attempt === 1 ? 'hang' : SENT);
    set.ask(note('a'));
    await settle();
    const stopping = set.notifier.stop();
    await settle();
    set.clock.advance(1_500);
    await stopping;
    await set.again().start();
    await settle();
    expect(set.story()).toEqual(['a sent 1']);
    expect(set.kafka.committed('emails')).toBe(1);
  });
});

describe('Kafka', () => {
  it('refusing to take a retry makes a dead letter of it, not a standstill', async () => {
    const set = await started();
    set.channel.script = ({ subject }) => (subject === 'a' ? DEFERRED : SENT);
    set.kafka.refusal = (topic) =>
      topic === 'emails.retry-1' ? new SmokewireError('PAYLOAD_TOO_LARGE', 'too large') : undefined;
    set.ask(note('a'), note('b'));
    await settle();
    expect(set.story()).toEqual(['b sent 1']);
    expect(set.kafka.records('emails.dead').map((dead) => headerOf(dead, DEAD_LETTER_HEADERS.code))).toEqual([
      'PAYLOAD_TOO_LARGE',
    ]);
    expect(set.kafka.records('panel')).toHaveLength(1);
    expect(set.kafka.committed('emails')).toBe(2);
  });

  it('going away leaves the record uncommitted', async () => {
    const set = await started();
    set.kafka.refusal = () => new SmokewireError('STOPPED', 'stopped');
    set.ask(note('a'));
    await settle();
    expect(set.channel.sent).toHaveLength(1);
    expect(set.kafka.committed('emails')).toBe(0);
  });
});

function headersOf(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
