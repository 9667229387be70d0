import type { Chance, Span } from './chance.ts';
import type { Plan } from './detector.ts';
import type { BridgePlan } from './story.ts';

/** What is odd about a detector for a while, although it is heard. */
export type Odd = Span &
  (
    | { readonly kind: 'wrong-floor'; readonly floor: number }
    /** A second device with its id: on which floor, at which bridge's broker, and from which number on it counts. */
    | { readonly kind: 'duplicate-id'; readonly floor: number; readonly bridge: number; readonly firstSeq: number }
    | { readonly kind: 'babbling'; readonly everyMs: number }
  );

export type OddOf<K extends Odd['kind']> = Odd & { readonly kind: K };

/** What a detector has to be told odd for, and what it must not. */
export interface OddPlan {
  /** Whether it numbers its signals, from 0 on whenever it connects. */
  readonly isNumbered: boolean;
  readonly oddities: readonly Odd[];
  /** When so many signals leave it at once, which is no babbling. */
  readonly bursts: readonly { readonly at: number; readonly signals: number }[];
  /** When a single signal of it comes from another floor, which proves nothing. */
  readonly strays: readonly { readonly at: number; readonly floor: number }[];
}

export const NEVER_ODD: OddPlan = { isNumbered: false, oddities: [], bursts: [], strays: [] };

/** So many times what its heartbeat lets expect is babbling, whatever the moment at which it is looked at. */
const BABBLE = 70;
/** Many windows have to pass, and a babble of the quickest would be too many records. */
const QUICK = [200, 500, 1_000] as const;
const SLOW = [1_000, 1_000, 3_000] as const;
/** Further apart than messages that get lost or come late. */
const SERIES_APART = 10_000;
const KINDS = ['wrong-floor', 'wrong-floor', 'duplicate-id', 'duplicate-id', 'babbling', 'harmless'] as const;

/** Something odd about a detector, or something that looks like it. */
export function withOddity(at: Plan, bridges: readonly BridgePlan[], chance: Chance): Plan {
  const isNumbered = chance.of(0.5);
  const [kind, floor] = [chance.pick(KINDS), 3 - at.floor];
  const heartbeatMs = chance.pick(kind === 'babbling' ? SLOW : QUICK);
  // An end takes many windows to be believed.
  const from = chance.int(1_000, 30_000);
  const span = { from, to: from + chance.int(2_000, 45_000) };
  // What is wrong with it otherwise hides what is odd.
  const ailments = chance.of(0.3) ? at.ailments : [];
  const plan = { ...at, isNumbered, ailments, heartbeats: [{ from: 0, heartbeatMs }] };
  switch (kind) {
    case 'wrong-floor':
      return { ...plan, oddities: [{ ...span, kind, floor }] };
    case 'duplicate-id': {
      // Two on one floor that do not number their signals are not to be told apart.
      const elsewhere = !isNumbered || chance.of(0.5);
      const bridge = chance.of(0.7) ? at.home : chance.int(0, bridges.length - 1);
      const firstSeq = SERIES_APART * chance.int(1, 100);
      return { ...plan, oddities: [{ ...span, kind, floor: elsewhere ? floor : at.floor, bridge, firstSeq }] };
    }
    case 'babbling':
      return { ...plan, oddities: [{ ...span, kind, everyMs: Math.floor(heartbeatMs / BABBLE) }] };
    case 'harmless': {
      const bursts = [{ at: span.from, signals: chance.int(50, 350) }];
      // Written twice, a stray is four changes from floor to floor.
      const strays = bridges.some(({ duplicates }) => duplicates > 0) ? [] : [{ at: span.to, floor }];
      return { ...plan, bursts, strays };
    }
  }
}
