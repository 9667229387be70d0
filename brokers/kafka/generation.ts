import { ErrorCode } from './error-codes.ts';
import type { JoinAnswer, Member, SyncAnswer } from './member.ts';
import type { Roster } from './roster.ts';

/** What the members of a group agreed on last; JoinGroup and SyncGroup are answered with it. */
export class Generation {
  number = 0;
  protocolType = '';
  /** The assignor chosen. */
  protocol = '';
  /** The id of the member that assigns. */
  leader = '';

  isLedBy(member: Member): boolean {
    return member.id === this.leader;
  }

  /** To a member that joined it. Its leader is told who else did. */
  joinedBy(member: Member, members: Roster): JoinAnswer {
    const told = this.isLedBy(member) ? [...members] : [];
    return {
      error: ErrorCode.NONE,
      generation: this.number,
      protocolType: this.protocolType,
      protocol: this.protocol,
      leader: this.leader,
      skipAssignment: false,
      memberId: member.id,
      members: told.map((other) => ({
        id: other.id,
        instanceId: other.instanceId,
        metadata: other.metadataFor(this.protocol),
      })),
    };
  }

  shareOf({ assignment }: Member): SyncAnswer {
    return { error: ErrorCode.NONE, protocolType: this.protocolType, protocol: this.protocol, assignment };
  }
}
