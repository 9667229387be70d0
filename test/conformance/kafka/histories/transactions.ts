import type { Fields } from '../protocol/values.ts';
import type { Outcome, TransactionEnd } from './history.ts';
import type { Insisted } from './link.ts';
import { newProducer } from './producers.ts';
import { type Sender, Sending } from './sending.ts';
import type { Client } from './world.ts';

/** A producer whose transactions are committed, aborted, or left; others may come with the same id and fence it. */
export async function transactionalProducer(client: Client, name: string, transactionalId: string): Promise<void> {
  const { world } = client;
  for (let session = 0; world.working(); session++) {
    const timeoutMs = client.chance(0.3) ? client.between(50, 300) : 60_000;
    const numbered = await newProducer(client, transactionalId, timeoutMs);
    if (!numbered) continue;
    const sender = { name: `${name}.${session}`, transactionalId, numbered };
    const sending = new Sending(client, sender);
    for (let number = 0; world.working(); number++) {
      const transaction = new Transaction(client, sender, `${sender.name}/${number}`, numbered);
      if (!(await transaction.run(sending))) break;
      await client.rest(10);
    }
  }
}

/** One transaction, from its first partition to its end. */
class Transaction {
  readonly #client: Client;
  readonly #id: string;
  readonly #identity: Fields;
  readonly #group: string;
  readonly #added = new Set<number>();

  constructor(client: Client, { transactionalId }: Sender, id: string, { producerId, epoch }: NumberedProducer) {
    this.#client = client;
    this.#id = id;
    this.#identity = { transactionalId, producerId, producerEpoch: epoch };
    this.#group = client.world.name('of-transactions');
  }

  /** Whether its producer can go on with the next one. */
  async run(sending: Sending): Promise<boolean> {
    const client = this.#client;
    const begin = client.world.recorder.tick();
    const isWhole = await this.#write(sending);
    const dice = client.random.next();
    // One of which a part may be missing is not committed, as no client would.
    const wanted = dice < 0.15 ? 'left' : dice < 0.4 || !isWhole ? 'abort' : 'commit';
    const outcome = wanted === 'left' ? 'acknowledged' : await this.#end(wanted);
    this.#record(begin, wanted, outcome);
    return isWhole && wanted !== 'left' && outcome === 'acknowledged';
  }

  async #write(sending: Sending): Promise<boolean> {
    const client = this.#client;
    for (let step = client.between(1, 4); step > 0; step--) {
      const partition = client.partition();
      if (!(await this.#add(partition))) return false;
      if ((await sending.burst(partition, client.between(1, 2), this.#id)) !== 'acknowledged') return false;
      if (client.chance(0.2) && !(await this.#commitOffset())) return false;
      // Long enough for a short timeout to run out, now and then.
      if (client.chance(0.1)) await client.rest(400);
    }
    return true;
  }

  async #add(partition: number): Promise<boolean> {
    if (this.#added.has(partition)) return true;
    const topics = [{ name: this.#client.world.topic, partitions: [partition] }];
    const request = { ...this.#identity, topics };
    const path = ['results', 0, 'results', 0, 'errorCode'];
    const told = await this.#client.link.insisting('AddPartitionsToTxn', 3, request, ...path);
    if (told?.error === 0) this.#added.add(partition);
    return told?.error === 0;
  }

  async #commitOffset(): Promise<boolean> {
    const { recorder, topic } = this.#client.world;
    const { link } = this.#client;
    const group = this.#group;
    const added = await link.insisting('AddOffsetsToTxn', 3, { ...this.#identity, groupId: group }, 'errorCode');
    if (added?.error !== 0) return false;
    const partition = this.#client.partition();
    const begin = recorder.tick();
    const [offset, id] = [this.#client.between(0, 1_000), `${this.#id}/${begin}`];
    const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: id }];
    const request = { ...this.#identity, groupId: group, topics: [{ name: topic, partitions }] };
    const path = ['topics', 0, 'partitions', 0, 'errorCode'];
    const outcome = outcomeOf(await link.insisting('TxnOffsetCommit', 3, request, ...path));
    const what = { outcome, group, partition, offset, id, member: null, transaction: this.#id };
    recorder.history.commits.push({ ...recorder.since(begin, outcome), ...what });
    return outcome === 'acknowledged';
  }

  async #end(wanted: 'commit' | 'abort'): Promise<Outcome> {
    const request = { ...this.#identity, committed: wanted === 'commit' };
    return outcomeOf(await this.#client.link.insisting('EndTxn', 3, request, 'errorCode'));
  }

  #record(begin: number, wanted: TransactionEnd['wanted'], outcome: Outcome): void {
    const { recorder } = this.#client.world;
    recorder.history.ends.push({ ...recorder.since(begin, outcome), transaction: this.#id, wanted, outcome });
  }
}

type NumberedProducer = NonNullable<Sender['numbered']>;

/** What is refused only when asked again may have had its effect the first time. */
function outcomeOf(told: Insisted | undefined): Outcome {
  if (told?.error === 0) return 'acknowledged';
  return told?.attempt === 1 ? 'refused' : 'unknown';
}
