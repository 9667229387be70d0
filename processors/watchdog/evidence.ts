import { ODDITIES, type Oddity } from '../../contracts/events.ts';
import type { Signal } from '../../contracts/signals.ts';
import { type Detectors, MOST_SEQ } from './detectors.ts';
import type { ToldOddity } from './oddities.ts';
import type { BridgeTime } from './proven-time.ts';

/** One signal late, written twice or sent anew proves nothing: so many looks in a row do, half a window or more apart. */
const LEAST_LOOKS = 3;
/** So many changes from one source to the other, with no more than so many looks without any between them, are two sources. */
const LEAST_ALTERNATIONS = 4;
const QUIET_LOOKS = 16;
/** Signals on another floor since the last one on its own. */
const LEAST_STRAYS = 2;
/** How far a `seq` may be from the last one, and belong to the same series: messages get lost, and come late. */
const NEAR = 16;

/** A detector that is odd, or may turn out to be. */
interface Suspicion {
  /** Where its last signal came from; undefined where none has since a restart. */
  floor: number | undefined;
  /** Its last signals, up to the first one on its own floor, and in how many looks there was no other. */
  strays: number;
  strayLooks: number;
  /** The last number of the series of `seq` that it has left. */
  otherSeq: number | undefined;
  alternations: number;
  quietLooks: number;
  /** How often it was found babbling, less how often it was not. */
  loudLooks: number;
  /** When it was looked at last, in proven time. */
  lookedAt: number;
  /** Up to this offset of `signals` a predecessor knew better. */
  knownTo: number;
  readonly open: Set<Oddity>;
}

/** What the calendar's look at a detector has to know. */
export interface Look {
  /** The canary record at which it looks, and proven time. */
  readonly offset: number;
  readonly now: number;
  /** How many signals came since the last one. */
  readonly signals: number;
  /** So many are babbling. */
  readonly limit: number;
  /** Whether so many periods were proven as there were; signals count on where the canary is away. */
  readonly isProven: boolean;
}

/**
 * What is odd about detectors that are heard: they signal from another floor than the registry says, two of them have one id, or
 * one signals far too often. A signal costs a count and two comparisons; who is odd in some way has an entry of its own.
 */
export class Evidence {
  readonly #detectors: Detectors;
  readonly #suspicions = new Map<number, Suspicion>();
  /** The newest announcement that came through each bridge, by its clock: before that, others may have held. */
  readonly #announcedAt = new Map<number, number>();

  constructor(detectors: Detectors) {
    this.#detectors = detectors;
  }

  /** What is wrong with it, in the order of `ODDITIES`. */
  of(row: number): readonly Oddity[] {
    const open = this.#suspicions.get(row)?.open;
    return open ? ODDITIES.filter((cause) => open.has(cause)) : [];
  }

  /** Whether it was looked at since `time`: canary records of several bridges follow one another at once. */
  wasLookedAt(row: number, time: number): boolean {
    const suspicion = this.#suspicions.size === 0 ? undefined : this.#suspicions.get(row);
    return suspicion !== undefined && suspicion.lookedAt > time;
  }

  /** Whether it has to be looked at, however quiet it is. */
  suspects(row: number): boolean {
    return this.#suspicions.size > 0 && this.#suspicions.has(row);
  }

  /** From which floor its last signal came, where anything is odd about it. */
  floorOf(row: number): number | undefined {
    return this.#suspicions.get(row)?.floor;
  }

  isBabbling(row: number): boolean {
    return this.#suspicions.get(row)?.open.has('babbling') ?? false;
  }

  /** A detector was announced through a bridge, at a time by its clock. */
  announced(bridge: number, at: number): void {
    this.#announcedAt.set(bridge, Math.max(at, this.#announcedAt.get(bridge) ?? at));
  }

  /**
   * A predecessor that knew the log up to `knownTo` told of these, if of any. What is open ends once nothing speaks for it for as long
   * as that takes.
   */
  recall(row: number, told: readonly ToldOddity[] | undefined, knownTo: number): void {
    const suspicion = told ? this.#suspect(row) : this.#suspicions.get(row);
    if (!suspicion) return;
    const open = (told ?? []).filter((oddity) => oddity.open).map(({ cause }) => cause);
    suspicion.knownTo = knownTo;
    suspicion.open.clear();
    for (const cause of open) suspicion.open.add(cause);
    suspicion.alternations = open.includes('duplicate-id') ? LEAST_ALTERNATIONS : 0;
    suspicion.strayLooks = open.includes('wrong-floor') ? LEAST_LOOKS : 0;
    suspicion.loudLooks = open.includes('babbling') ? LEAST_LOOKS : 0;
  }

  forget(row: number): void {
    this.#suspicions.delete(row);
  }

  /** The topic was made anew: nobody knew anything of it. */
  beginAnew(): void {
    for (const suspicion of this.#suspicions.values()) suspicion.knownTo = -1;
  }

  /** A signal of a registered detector at `offset`, through `bridge`. */
  signal(row: number, { floor, seq, receivedAt }: Signal, bridge: BridgeTime, offset: number): void {
    this.#detectors.countSignal(row);
    if (this.#isKnown(row, offset)) return;
    const isOfOtherSeries = seq !== undefined && this.#numbered(row, seq % MOST_SEQ);
    const isStray = floor !== this.#detectors.floor(row);
    const announcedAt = this.#announcedAt.get(bridge.number);
    const isOld = announcedAt !== undefined && receivedAt <= announcedAt;
    if ((!isStray || isOld) && !this.suspects(row)) return;
    const suspicion = this.#suspect(row);
    // One signal is one change, however many things tell.
    if (isOfOtherSeries || (!isOld && floor !== (suspicion.floor ?? this.#detectors.floor(row)))) alternate(suspicion);
    // Where it is now, it may have been then: that speaks against strays of others.
    if (!isStray) suspicion.strays = 0;
    if (isOld) {
      // It does not tell who it is from: that nobody goes to and fro is not proven by it either.
      suspicion.quietLooks = 0;
      return;
    }
    suspicion.floor = floor;
    if (isStray) suspicion.strays++;
  }

  /** A window has passed since it was looked at last, or half of one. Answers whether something else is wrong with it than before. */
  look(row: number, { now, offset, signals, limit, isProven }: Look): boolean {
    if (this.#isKnown(row, offset)) return false;
    const isLoud = isProven && signals >= limit;
    if (!isLoud && !this.suspects(row)) return false;
    const suspicion = this.#suspect(row);
    suspicion.lookedAt = now;
    if (isLoud) suspicion.loudLooks = Math.min(suspicion.loudLooks + 1, LEAST_LOOKS);
    else if (signals < limit / 2) suspicion.loudLooks = Math.max(suspicion.loudLooks - 1, 0);
    if (suspicion.strays === 0 && suspicion.floor !== undefined) suspicion.strayLooks = 0;
    else if (suspicion.strays >= LEAST_STRAYS) suspicion.strayLooks++;
    if (++suspicion.quietLooks > QUIET_LOOKS) {
      suspicion.alternations = 0;
      suspicion.otherSeq = undefined;
    }
    const isChanged = judge(suspicion);
    if (isOver(suspicion)) this.#suspicions.delete(row);
    return isChanged;
  }

  /** A device that begins anew counts from 0 once; two devices go back and forth between their series. Answers whether it went back. */
  #numbered(row: number, seq: number): boolean {
    const last = this.#detectors.seq(row);
    if (last === undefined || continues(seq, last)) {
      this.#detectors.setSeq(row, Math.max(seq, last ?? 0));
      return false;
    }
    const suspicion = this.#suspect(row);
    const { otherSeq } = suspicion;
    const goesBack = otherSeq !== undefined && continues(seq, otherSeq);
    // Late, or written twice.
    if (goesBack && seq <= otherSeq) return false;
    suspicion.otherSeq = last;
    this.#detectors.setSeq(row, seq);
    return goesBack;
  }

  /** Whether what a predecessor knew includes the log up to there. */
  #isKnown(row: number, offset: number): boolean {
    const suspicion = this.#suspicions.size === 0 ? undefined : this.#suspicions.get(row);
    return suspicion !== undefined && offset <= suspicion.knownTo;
  }

  #suspect(row: number): Suspicion {
    let suspicion = this.#suspicions.get(row);
    if (!suspicion) {
      suspicion = {
        floor: undefined,
        strays: 0,
        strayLooks: 0,
        otherSeq: undefined,
        alternations: 0,
        quietLooks: 0,
        loudLooks: 0,
        lookedAt: Number.NEGATIVE_INFINITY,
        knownTo: -1,
        open: new Set(),
      };
      this.#suspicions.set(row, suspicion);
    }
    return suspicion;
  }
}

function continues(seq: number, last: number): boolean {
  return Math.abs(seq - last) <= NEAR;
}

function alternate(suspicion: Suspicion): void {
  suspicion.alternations++;
  suspicion.quietLooks = 0;
}

/** A fault opens on more than it takes to keep it open. Answers whether one has opened or closed. */
function judge(suspicion: Suspicion): boolean {
  const { open, alternations, strayLooks, loudLooks } = suspicion;
  const set = (cause: Oddity, is: boolean) => {
    if (is === open.has(cause)) return false;
    return is ? open.add(cause).has(cause) : open.delete(cause);
  };
  const isDuplicate = alternations >= (open.has('duplicate-id') ? 1 : LEAST_ALTERNATIONS);
  const isMisplaced = !isDuplicate && strayLooks >= (open.has('wrong-floor') ? 1 : LEAST_LOOKS);
  const isBabbling = loudLooks >= (open.has('babbling') ? 1 : LEAST_LOOKS);
  const changed = [set('duplicate-id', isDuplicate), set('wrong-floor', isMisplaced), set('babbling', isBabbling)];
  return changed.includes(true);
}

function isOver({ open, strays, strayLooks, otherSeq, alternations, loudLooks }: Suspicion): boolean {
  return open.size === 0 && strays + strayLooks + alternations + loudLooks === 0 && otherSeq === undefined;
}
