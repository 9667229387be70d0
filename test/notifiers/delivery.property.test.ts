import fc from 'fast-check';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { parseEvent } from '../../contracts/cloud-events.ts';
import { deliveryRecorded, type EmailNotice } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import { RETRY_DELAYS_MS } from '../../contracts/kafka-topics.ts';
import { createMetrics } from '../../contracts/metrics.ts';
import { type Channel, SENT } from '../../notifiers/channel.ts';
import type { GroupWork } from '../../notifiers/kafka-feed.ts';
import { Notifier } from '../../notifiers/notifier.ts';
import { recordingLogger } from '../support/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryKafka } from './support/memory-kafka.ts';
import { ASKED, email, emailRecord } from './support/notices.ts';
import { DEFERRED, REFUSED, ScriptedChannel, settle } from './support/stage-set.ts';

type Answer = 'sent' | 'deferred' | 'refused' | 'hang';

/** What happens next: a notice of one of three incidents, with what its sends are answered with; or time, or a mishap. */
type Step =
  | { readonly do: 'ask'; readonly incident: number; readonly fire: boolean; readonly answers: readonly Answer[] }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'settle' | 'crash' | 'rebalance' | 'hold' | 'release' };

const ask = fc.record({
  do: fc.constant('ask' as const),
  incident: fc.nat({ max: 2 }),
  fire: fc.boolean(),
  answers: fc.array(fc.constantFrom<Answer>('deferred', 'hang', 'refused', 'sent'), { maxLength: 6 }),
});
const advance = fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 999, 1_000, 10_000, 35_000) });
const settled = fc.constant<Step>({ do: 'settle' });
const mishap = fc.record({
  do: fc.constantFrom('crash' as const, 'rebalance' as const, 'hold' as const, 'release' as const),
});

/** One site's e-mail role, through crashes and rebalances, on one Kafka. */
class Story {
  readonly kafka = new MemoryKafka();
  readonly clock = new ManualClock(ASKED);
  readonly asked: EmailNotice[] = [];
  readonly told: EmailNotice[] = [];
  readonly #answers = new Map<string, Answer[]>();
  #alive = { yes: true };
  #group: GroupWork | undefined;

  async start(): Promise<void> {
    const alive = { yes: true };
    this.#alive = alive;
    // What a dead process still has in hand reaches nobody: neither Kafka nor people.
    const sink = {
      send: async (records: Parameters<MemoryKafka['send']>[0]) => {
        if (!alive.yes) await new Promise(() => {});
        await this.kafka.send(records);
      },
    };
    const scripted = new ScriptedChannel(3);
    scripted.script = (notice) => {
      if (!alive.yes) return 'hang';
      const answer = this.#answers.get(notice.id)?.shift() ?? 'sent';
      if (answer === 'sent') this.told.push(notice);
      return answer === 'sent' ? SENT : answer === 'deferred' ? DEFERRED : answer === 'refused' ? REFUSED : 'hang';
    };
    const channel: Channel<EmailNotice> = scripted;
    const feed = (group: GroupWork) => {
      this.#group = group;
      return this.kafka.feed(group);
    };
    const metrics = createMetrics(new Registry());
    const { clock } = this;
    await new Notifier({ channel, feed, sink, clock, logger: recordingLogger(), metrics }).start();
  }

  async play(step: Step): Promise<void> {
    // Time does not pass inside an answer: that would be a timeout of a send that has succeeded.
    if (step.do === 'settle' || step.do === 'advance') await settle();
    if (step.do === 'advance') {
      this.clock.advance(step.ms);
      await settle();
    }
    if (step.do === 'ask') {
      const name = `notice ${this.asked.length}`;
      const incident = idOf('test-incident', step.incident);
      const notice = email(name, { incident, kind: step.fire ? 'fire' : 'fault', expires: '2026-02-01T00:00:00.000Z' });
      this.asked.push(notice);
      this.#answers.set(notice.id, [...step.answers]);
      this.kafka.append(emailRecord(notice, this.clock.now()));
    }
    if (step.do === 'hold') this.kafka.hold();
    if (step.do === 'release') this.kafka.release();
    if (step.do === 'crash') {
      this.#alive.yes = false;
      this.kafka.crash();
      await this.start();
    }
    if (step.do === 'rebalance' && this.#group) {
      const over = this.kafka.rebalance(this.#group);
      await settle();
      this.clock.advance(1_500);
      await over;
    }
  }

  /** Lets time pass until every notice has had all its attempts. */
  async end(): Promise<void> {
    this.kafka.release();
    for (let round = 0; round < 60; round++) {
      await settle();
      this.clock.advance(20_000);
    }
    await settle();
  }

  outcomes(): Map<string, string[]> {
    const all = new Map<string, string[]>();
    for (const record of this.kafka.records('deliveries')) {
      const { notification, outcome } = parseEvent(record, [deliveryRecorded]).data;
      all.set(notification, [...(all.get(notification) ?? []), outcome]);
    }
    return all;
  }
}

const TOPICS = ['emails', ...RETRY_DELAYS_MS.map((_, i) => `emails.retry-${i + 1}`)];

describe('whatever happens', () => {
  it('every notice ends as sent or as a dead letter, and is committed', async () => {
    const steps = fc.array(fc.oneof({ weight: 3, arbitrary: ask }, advance, settled, mishap), { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(steps, async (played) => {
        const story = new Story();
        await story.start();
        for (const step of played) await story.play(step);
        await story.end();
        const outcomes = story.outcomes();
        const dead = story.kafka.records('emails.dead').map((record) => record.value?.toString());
        for (const notice of story.asked) {
          const ends = (outcomes.get(notice.id) ?? []).filter((outcome) => outcome !== 'retried');
          expect(ends.length, notice.title).toBeGreaterThan(0);
          if (ends.includes('sent')) expect(story.told).toContainEqual(notice);
          if (ends.includes('dead')) expect(dead).toContain(JSON.stringify(notice));
        }
        for (const topic of TOPICS) {
          expect([topic, story.kafka.committed(topic)]).toEqual([topic, story.kafka.records(topic).length]);
        }
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('what one person is told of one incident comes in order, and once, while the process lives', async () => {
    const steps = fc.array(fc.oneof({ weight: 4, arbitrary: ask }, advance, settled), { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(steps, async (played) => {
        const story = new Story();
        await story.start();
        for (const step of played) await story.play(step);
        await story.end();
        for (const incident of new Set(story.asked.map((notice) => notice.incident))) {
          const titles = (notices: readonly EmailNotice[]) =>
            notices.filter((notice) => notice.incident === incident).map(({ title }) => title);
          const told = titles(story.told);
          expect(told).toEqual(titles(story.asked).filter((title) => told.includes(title)));
        }
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});
