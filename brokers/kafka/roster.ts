import { ErrorCode } from './error-codes.ts';
import type { JoinRequest, Member } from './member.ts';

/** The members of one group, by their ids and, those that are static, by their instances' ids (KIP-345). */
export class Roster {
  readonly #byId = new Map<string, Member>();
  readonly #byInstance = new Map<string, Member>();

  get size(): number {
    return this.#byId.size;
  }

  /** In the order in which they came. */
  [Symbol.iterator](): IterableIterator<Member> {
    return this.#byId.values();
  }

  get(memberId: string): Member | undefined {
    return this.#byId.get(memberId);
  }

  instance(instanceId: string): Member | undefined {
    return this.#byInstance.get(instanceId);
  }

  add(member: Member): void {
    this.#byId.set(member.id, member);
    if (member.instanceId !== null) this.#byInstance.set(member.instanceId, member);
  }

  delete(member: Member): void {
    this.#byId.delete(member.id);
    if (member.instanceId !== null) this.#byInstance.delete(member.instanceId);
  }

  /** Whether the caller is who it says: an instance's id belongs to the member that joined with it last. */
  identify(memberId: string, instanceId: string | null): ErrorCode {
    const named = this.#byId.get(memberId);
    if (instanceId === null) return named ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
    const owner = this.#byInstance.get(instanceId);
    if (!owner) return ErrorCode.UNKNOWN_MEMBER_ID;
    return owner === named ? ErrorCode.NONE : ErrorCode.FENCED_INSTANCE_ID;
  }

  /** Whether one of the assignors that the caller offers is offered by every member. */
  sharesProtocol({ protocols }: JoinRequest): boolean {
    return protocols.some(({ name }) => this.#everyoneOffers(name));
  }

  /** The assignor that every member offers and most put first; the first to get so many votes, when several do. */
  vote(): string {
    const votes = new Map<string, number>();
    for (const member of this) {
      const choice = member.protocols.find(({ name }) => this.#everyoneOffers(name))?.name;
      if (choice !== undefined) votes.set(choice, (votes.get(choice) ?? 0) + 1);
    }
    let best = '';
    for (const [name, count] of votes) if (count > (votes.get(best) ?? 0)) best = name;
    return best;
  }

  #everyoneOffers(name: string): boolean {
    for (const { protocols } of this) if (!protocols.some((offered) => offered.name === name)) return false;
    return true;
  }
}
