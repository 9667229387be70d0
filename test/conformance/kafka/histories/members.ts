import { at, type Fields, isFields, listAt, numberAt, textAt, type Value } from '../protocol/values.ts';
import { offer, readShare, type Style, shares } from './assignor.ts';
import { isPassing, unlessUnanswered } from './link.ts';
import { look } from './readers.ts';
import { readOn } from './reading.ts';
import type { Client } from './world.ts';

const [MEMBER_ID_REQUIRED, REBALANCE_IN_PROGRESS] = [79, 27];

export interface Membership {
  readonly group: string;
  readonly style: Style;
  /** Of a static member (KIP-345). */
  readonly instance: string | null;
}

/** A consumer of a group: joins, reads and commits its share, leaves or dies, and comes back. */
export async function groupMember(client: Client, membership: Membership): Promise<void> {
  const member = new Member(client, membership);
  while (client.world.working()) {
    if (await member.join()) await member.work();
    await client.rest(5);
  }
  await member.leave();
}

class Member {
  readonly #client: Client;
  readonly #membership: Membership;
  #id = '';
  #generation = -1;
  /** What it owns, with the offset up to which it has read. */
  #positions = new Map<number, number>();

  constructor(client: Client, membership: Membership) {
    this.#client = client;
    this.#membership = membership;
  }

  /** From JoinGroup to its share. */
  async join(): Promise<boolean> {
    const { style } = this.#membership;
    if (style === 'eager') this.#positions.clear();
    const joined = await this.#askToJoin();
    if (!joined) return false;
    const given = await this.#sync(joined);
    if (!given) return false;
    const isKept = [...this.#positions.keys()].every((partition) => given.includes(partition));
    const committed = await look(this.#client, this.#membership.group);
    if (!committed) return false;
    // A note of a transaction's is no position to read from, nor is one that was made up beyond the end.
    this.#positions = new Map(given.map((partition) => [partition, Math.max(0, committed[partition] ?? 0)]));
    // Who had to give something up joins again, so that it can be given away.
    return style === 'eager' || isKept;
  }

  /** Until the group shares anew, or the member has had enough. */
  async work(): Promise<void> {
    const client = this.#client;
    while (client.world.working()) {
      const dice = client.random.next();
      if (dice < 0.02) return await this.leave();
      if (dice < 0.04) return this.#die();
      const error = await this.#beat();
      if (error !== 0) return this.#hear(error);
      const refused = await this.#advance();
      if (refused !== 0) return this.#hear(refused);
      await client.rest(10);
    }
  }

  async leave(): Promise<void> {
    const { group, instance } = this.#membership;
    const members = [{ memberId: this.#id, groupInstanceId: instance }];
    if (this.#id !== '')
      await this.#client.link.ask('LeaveGroup', 4, { groupId: group, members }).catch(unlessUnanswered);
    this.#forget();
  }

  get #identity(): Fields {
    const { group, instance } = this.#membership;
    return { groupId: group, memberId: this.#id, generationId: this.#generation, groupInstanceId: instance };
  }

  /** As a process that is killed: nobody is told, and a static one is there again as a new member at once. */
  #die(): void {
    this.#client.link.drop();
    this.#forget();
  }

  #forget(): void {
    this.#id = '';
    this.#generation = -1;
    this.#positions.clear();
  }

  /** After a rebalance it goes on as the same member; whatever else it is told, as a new one. */
  #hear(error: Value | undefined): void {
    if (error !== undefined && error !== REBALANCE_IN_PROGRESS && !isPassing(error)) this.#forget();
  }

  async #askToJoin(): Promise<Fields | undefined> {
    const { world, link } = this.#client;
    const { group, style } = this.#membership;
    const { sessionMs, rebalanceMs, patienceMs } = world.pace;
    const { generationId: _, ...identity } = this.#identity;
    const request = {
      ...identity,
      sessionTimeoutMs: sessionMs,
      rebalanceTimeoutMs: rebalanceMs,
      protocolType: 'consumer',
      protocols: [offer(style, world.topic, new Set(this.#positions.keys()))],
    };
    const begin = world.recorder.tick();
    const answer = await link
      .ask('JoinGroup', 7, request, patienceMs + rebalanceMs + sessionMs)
      .catch(unlessUnanswered);
    const error = answer && at(answer, 'errorCode');
    if (!answer || error !== 0) {
      if (answer && error === MEMBER_ID_REQUIRED) this.#id = textAt(answer, 'memberId');
      else this.#hear(error);
      return undefined;
    }
    this.#id = textAt(answer, 'memberId');
    this.#generation = numberAt(answer, 'generationId');
    const joined = { group, generation: this.#generation, member: this.#id };
    world.recorder.history.joins.push({ ...world.recorder.since(begin), ...joined });
    return answer;
  }

  async #sync(joined: Fields): Promise<number[] | undefined> {
    const { world, link } = this.#client;
    const { group, style, instance } = this.#membership;
    const request = {
      ...this.#identity,
      protocolType: 'consumer',
      protocolName: style,
      assignments: this.#assignments(joined),
    };
    const begin = world.recorder.tick();
    const patienceMs = world.pace.patienceMs + world.pace.rebalanceMs;
    const answer = await link.ask('SyncGroup', 5, request, patienceMs).catch(unlessUnanswered);
    if (!answer || at(answer, 'errorCode') !== 0) {
      this.#hear(answer && at(answer, 'errorCode'));
      return undefined;
    }
    const assignment = at(answer, 'assignment');
    const partitions = Buffer.isBuffer(assignment) ? readShare(assignment) : [];
    const owner = instance ?? this.#id;
    const share = { group, generation: this.#generation, member: this.#id, owner, partitions };
    world.recorder.history.shares.push({ ...world.recorder.since(begin), ...share });
    return partitions;
  }

  /** Everyone's, from the leader; nothing from the others. */
  #assignments(joined: Fields): Fields[] {
    const members = new Map<string, Buffer>();
    for (const member of listAt(joined, 'members')) {
      const metadata = isFields(member) ? member['metadata'] : undefined;
      if (Buffer.isBuffer(metadata)) members.set(textAt(member, 'memberId'), metadata);
    }
    const given = shares(this.#membership.style, this.#client.world.partitions, members);
    return [...given].map(([memberId, share]) => ({ memberId, assignment: Buffer.from(JSON.stringify(share)) }));
  }

  /** A heartbeat; its error, or undefined where it was not answered. */
  async #beat(): Promise<Value | undefined> {
    const answer = await this.#client.link.ask('Heartbeat', 4, this.#identity).catch(unlessUnanswered);
    return answer ? at(answer, 'errorCode') : 0;
  }

  /** Reads on in one of its partitions and commits how far it came; the error of that. */
  async #advance(): Promise<Value> {
    const client = this.#client;
    const owned = [...this.#positions];
    const [partition, from] = owned[client.between(0, owned.length - 1)] ?? [];
    if (partition === undefined || from === undefined) return 0;
    const to = await readOn(client, { partition, committed: client.chance(0.5), from }, 5).catch(unlessUnanswered);
    if (to === undefined) return 0;
    // Now and then it goes back of its own will.
    const next = client.chance(0.05) ? client.between(0, to) : to;
    this.#positions.set(partition, next);
    return client.chance(0.5) ? await this.#commit(partition, next) : 0;
  }

  async #commit(partition: number, offset: number): Promise<Value> {
    const { world, link } = this.#client;
    const { recorder, topic } = world;
    const { group, instance } = this.#membership;
    const begin = recorder.tick();
    const id = `${this.#id}/${begin}`;
    const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: id }];
    const request = { ...this.#identity, topics: [{ name: topic, partitions }] };
    const answer = await link.ask('OffsetCommit', 8, request).catch(unlessUnanswered);
    const error = answer ? at(answer, 'topics', 0, 'partitions', 0, 'errorCode') : undefined;
    const outcome = error === undefined ? 'unknown' : error === 0 ? 'acknowledged' : 'refused';
    const member = { id: this.#id, owner: instance ?? this.#id, generation: this.#generation };
    const what = { outcome, group, partition, offset, id, member, transaction: null } as const;
    recorder.history.commits.push({ ...recorder.since(begin, outcome), ...what });
    return error ?? 0;
  }
}
