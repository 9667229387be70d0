import type { Clock, Timer } from '../../contracts/clock.ts';
import { mayGrow } from '../../contracts/kafka-topics.ts';
import type { Ended } from '../../contracts/transit.ts';
import { untilAborted } from '../../contracts/until-aborted.ts';
import type { Assignment } from './assigner.ts';
import { withinMs } from './backoff.ts';
import type { Claim, Work } from './claim.ts';
import type { KafkaClient } from './client.ts';
import { errorFields } from './errors.ts';
import { FetchLoop } from './fetch-loop.ts';
import { GrowthWatch, mostPartitions } from './growth.ts';
import type { Link } from './link.ts';
import { isFenced, isGenerationOver, type Membership, type Progress, SESSION_TIMEOUT_MS } from './membership.ts';
import { extentsOf, persistently } from './offsets.ts';
import type { RecordBatch } from './types.ts';

/** Also the time in which a member learns of a rebalance, in milliseconds. */
export const HEARTBEAT_MS = 500;
/** Offsets are committed at most this often, in milliseconds: they only bound what a crash repeats. */
const COMMIT_EVERY_MS = 200;
/** How long running work may hold up a rebalance or a stop, in milliseconds; what has not ended then is repeated. */
const FINISH_MS = 2_000;

export interface GenerationOptions {
  readonly client: KafkaClient;
  readonly link: Link;
  readonly membership: Membership;
  /** Without prefix. */
  readonly topics: readonly string[];
  readonly assignment: Assignment;
  readonly lingerMs: number;
  readonly yieldMs: number;
}

/** One member's share of a group, from one rebalance to the next: it reads, keeps the session alive and commits. */
export class Generation {
  readonly #client: KafkaClient;
  readonly #clock: Clock;
  readonly #link: Link;
  readonly #membership: Membership;
  readonly #topics: readonly string[];
  readonly #partitions: readonly number[];
  /** How many there are. */
  readonly #of: number;
  readonly #growth: GrowthWatch;
  readonly #lingerMs: number;
  readonly #yieldMs: number;
  readonly #works = new Map<number, Work>();
  readonly #unready = new Set<number>();
  readonly #progress = new Map<string, Progress>();
  /** Aborts when the generation is over, for whatever reason. */
  readonly #over = new AbortController();
  #lost: unknown;
  #closed = false;
  #commitTimer: Timer | undefined;
  /** Told while something is done and not committed. */
  #uncommitted: Ended | undefined;
  /** Told from the end of the generation until its work has ended. */
  #ending: Ended | undefined;
  #committing: Promise<void> | undefined;
  #lastHeartbeat: number;
  #beating = false;
  /** Whether the last heartbeat failed. */
  #unanswered = false;
  #onReady: () => void = () => {};
  #loop: FetchLoop | undefined;

  constructor({ client, link, membership, topics, assignment, lingerMs, yieldMs }: GenerationOptions) {
    this.#client = client;
    this.#clock = client.wireClock;
    this.#link = link;
    this.#membership = membership;
    this.#topics = topics;
    this.#partitions = assignment.partitions;
    this.#of = assignment.of;
    this.#growth = new GrowthWatch({ client, link, looked: () => this.#looked() });
    this.#lingerMs = lingerMs;
    this.#yieldMs = yieldMs;
    this.#lastHeartbeat = this.#clock.now();
    for (const partition of this.#partitions) this.#unready.add(partition);
  }

  missing(): readonly string[] {
    const group = this.#membership.groupId;
    const behind = [...this.#unready].map((partition) => `${group}: reading the tables of partition ${partition}`);
    if (this.#loop?.failing) behind.push(`${group}: cannot read from Kafka`);
    return this.#unanswered ? [...behind, `${group}: the group's coordinator does not answer`] : behind;
  }

  /**
   * Returns when the group rebalances or `stop` aborts, with all work ended and committed. Throws when the session is lost.
   */
  async serve(begin: (claim: Claim) => Work, stop: AbortSignal, onReady: () => void): Promise<void> {
    const end = () => this.#over.abort();
    const { transit } = this.#client;
    this.#over.signal.addEventListener('abort', () => {
      this.#ending ??= transit.begin('kafka', `${this.#membership.groupId} ends its work`);
    });
    stop.addEventListener('abort', end, { once: true });
    if (stop.aborted) end();
    this.#onReady = onReady;
    const heartbeat = this.#clock.every('kafka heartbeat', HEARTBEAT_MS, () => void this.#beat());
    // Only when it is the leader who joins again, everybody has to.
    if (this.#membership.leads && this.#topics.some(mayGrow)) this.#growth.start();
    const loop = new FetchLoop({
      client: this.#client,
      link: this.#link,
      lingerMs: this.#lingerMs,
      yieldMs: this.#yieldMs,
      deliver: (batch) => this.#deliver(batch),
    });
    this.#loop = loop;
    try {
      const over = untilAborted(this.#over.signal);
      const begun = this.#begin(begin, loop);
      begun.catch(() => {});
      await Promise.race([begun, over]);
      const reading = loop.run(this.#over.signal);
      await Promise.race([reading, over]);
      this.#link.dropFetches();
      await withinMs(this.#clock, FINISH_MS, this.#finish());
    } finally {
      this.#closed = true;
      stop.removeEventListener('abort', end);
      this.#over.abort();
      heartbeat.cancel();
      this.#growth.stop();
      this.#commitTimer?.cancel();
      this.#uncommitted?.();
      this.#ending?.();
    }
    if (this.#lost) throw this.#lost;
  }

  async #begin(begin: (claim: Claim) => Work, loop: FetchLoop): Promise<void> {
    const prefix = this.#client.topicPrefix;
    const names = this.#topics.map((topic) => prefix + topic);
    const [extents, committed] = await persistently(this.#client, this.#link, this.#over.signal, () =>
      Promise.all([
        extentsOf(this.#link, names, this.#partitions),
        this.#membership.committed(this.#link, names, this.#partitions),
      ]),
    );
    if (this.#over.signal.aborted) return;
    for (const partition of this.#partitions) {
      const claim: Claim = {
        partition,
        partitions: this.#of,
        committed: new Map(
          committed
            .filter((progress) => progress.partition === partition)
            .map((progress) => [progress.topic.slice(prefix.length), progress]),
        ),
        extents: new Map(
          this.#topics.map((topic) => [topic, extents.get(prefix + topic)?.get(partition) ?? { start: 0, end: 0 }]),
        ),
        read: (topic, offset) => loop.read(topic, partition, offset),
        pause: (topic) => loop.pause(topic, partition),
        ready: () => this.#ready(partition),
        abandon: (reason) => this.#lose(reason),
        done: (topic, offset, metadata = '') => this.#done({ topic: prefix + topic, partition, offset, metadata }),
      };
      this.#works.set(partition, begin(claim));
    }
    if (this.#partitions.length === 0) this.#onReady();
  }

  #deliver(batch: RecordBatch): void | Promise<void> {
    return this.#works.get(batch.partition)?.take(batch);
  }

  #ready(partition: number): void {
    if (this.#unready.delete(partition) && this.#unready.size === 0) this.#onReady();
  }

  #done(progress: Progress): void {
    if (this.#closed) return;
    this.#progress.set(`${progress.topic}/${progress.partition}`, progress);
    const { transit, prompt } = this.#client;
    this.#uncommitted ??= transit.begin('kafka', `offsets of ${this.#membership.groupId}`);
    if (prompt) queueMicrotask(() => void this.#commit());
    else this.#commitLater();
  }

  #commitLater(): void {
    this.#commitTimer ??= this.#clock.after('kafka commit', COMMIT_EVERY_MS, () => {
      this.#commitTimer = undefined;
      void this.#commit();
    });
  }

  /** Commits what is done; what could not be committed is tried again with what is done next, or at the end. */
  async #commit(): Promise<void> {
    await this.#committing;
    if (this.#progress.size === 0 || this.#closed) return;
    const progress = [...this.#progress];
    const entries = progress.map(([, entry]) => entry);
    this.#progress.clear();
    this.#committing = this.#client.lifeline
      .around({ kind: 'commit' }, () => this.#membership.commit(this.#link, entries))
      .catch((error: unknown) => {
        if (isGenerationOver(error)) return this.#over.abort();
        this.#client.logger.debug(errorFields(error), 'a commit failed');
        for (const [key, entry] of progress) if (!this.#progress.has(key)) this.#progress.set(key, entry);
        if (!this.#closed) this.#commitLater();
      });
    await this.#committing;
    if (this.#progress.size > 0) return;
    this.#uncommitted?.();
    this.#uncommitted = undefined;
  }

  async #beat(): Promise<void> {
    if (this.#beating || this.#over.signal.aborted) return;
    this.#beating = true;
    try {
      await this.#membership.heartbeat(this.#link);
      this.#lastHeartbeat = this.#clock.now();
      this.#unanswered = false;
    } catch (error) {
      this.#unanswered = true;
      if (isGenerationOver(error)) this.#over.abort();
      else if (isFenced(error) || this.#clock.now() - this.#lastHeartbeat > SESSION_TIMEOUT_MS) {
        this.#lose(error);
      } else this.#client.logger.debug(errorFields(error), 'a heartbeat failed');
    } finally {
      this.#beating = false;
    }
  }

  /** With more partitions than were dealt out, they have to be dealt out anew. */
  #looked(): void {
    if (mostPartitions(this.#client, this.#link, this.#topics) > this.#of) this.#over.abort();
  }

  #lose(reason: unknown): void {
    this.#lost ??= reason;
    this.#over.abort();
  }

  /** Waits for the running work, and commits it. */
  async #finish(): Promise<void> {
    await Promise.all([...this.#works.values()].map((work) => work.finish()));
    if (!this.#lost) await this.#commit();
  }
}
