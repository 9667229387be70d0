import { Interned } from './interned.ts';
import { MOST_INDEXED, RowIndex } from './row-index.ts';
import { Rows } from './rows.ts';
import { SideColumn } from './side-column.ts';
import { WideHalves } from './wide-halves.ts';

/**
 * Where a row has what. All that a signal needs lies together in 32 bytes, one line of the cache more often than not; what is
 * looked at only where something is told, in another 20.
 */
const HOT = { words: 2, longs: 2, halves: 5, bytes: 2 } as const;
const WORD = { id: 0, next: 1 } as const;
const LONG = { stamp: 0, heardAt: 1 } as const;
const HALF = { slot: 0, floor: 1, heartbeat: 2, judgedHeartbeat: 3, signals: 4 } as const;
const BYTE = { flags: 0, bridge: 1 } as const;
const COLD = { words: 0, longs: 3, halves: 1, bytes: 0 } as const;
const COLD_LONG = { toldOffset: 0, toldSince: 1, judgedFrom: 2 } as const;
const COLD_HALF = { episode: 0 } as const;

/** What is either so or not. Bits 4 to 6 are the state that was told. */
export const FLAG = { fire: 1, heard: 2, timed: 4, overdue: 8, waiting: 128 } as const;
const TOLD_SHIFT = 4;
const TOLD_BITS = 7;

/** The largest number of each size stands for one that is kept apart, since it does not fit. */
const WIDE_WORD = 0xffff_ffff;
const WIDE_BYTE = 0xff;

export const NO_ROW = -1;

/** No more signals than these are counted. */
export const MOST_SIGNALS = 0xffff;

/** A `seq` is kept as a word: greater ones begin anew. */
export const MOST_SEQ = WIDE_WORD;

/**
 * What is known of each detector, in two rows of 52 bytes together: no object, no pointer, nothing for the garbage collector.
 * Numbers that do not fit, such as an id beyond 2^32, stand in maps of their own: right, but at the price of a map's entry.
 */
export class Detectors {
  readonly #hot = new Rows(HOT);
  readonly #cold = new Rows(COLD);
  readonly #index = new RowIndex((row) => this.#hot.word(row, WORD.id));
  /** Ids that are no word, by row, and the rows of those that the index has no place for. */
  readonly #wideIds = new Map<number, number>();
  readonly #apart = new Map<number, number>();
  readonly #floors = new WideHalves(this.#hot, HALF.floor);
  readonly #heartbeats = new Interned(0);
  readonly #heartbeatOf = new WideHalves(this.#hot, HALF.heartbeat);
  readonly #judgedHeartbeatOf = new WideHalves(this.#hot, HALF.judgedHeartbeat);
  readonly #episodes = new WideHalves(this.#cold, COLD_HALF.episode);
  readonly #wideBridges = new Map<number, number>();
  readonly #gateways = new Interned<string | undefined>(undefined);
  readonly #gatewayOf = new SideColumn();
  /** The last `seq` and one more. */
  readonly #seqs = new SideColumn();
  /** What `expect` has read: or the reading would be optimized away. */
  #read = new Int32Array();

  get size(): number {
    return this.#hot.size;
  }

  /** NO_ROW for one that is not known. */
  find(id: number): number {
    const row = isWord(id) ? this.#index.find(id) : NO_ROW;
    return row === NO_ROW && this.#apart.size > 0 ? (this.#apart.get(id) ?? NO_ROW) : row;
  }

  /**
   * Signals of these come next. Where they stand is all over the memory, and a signal would wait for the slot of its detector
   * and then for its row; here the processor fetches many at once, if it has little else to do on the way: hence three loops.
   */
  expect(ids: ArrayLike<number>): void {
    if (this.#read.length < ids.length) this.#read = new Int32Array(ids.length);
    const [read, index, hot] = [this.#read, this.#index, this.#hot];
    for (let i = 0; i < ids.length; i++) read[i] = index.peek(ids[i] ?? 0);
    for (let i = 0; i < ids.length; i++) read[i] = index.guess(ids[i] ?? 0);
    for (let i = 0; i < ids.length; i++) read[i] = hot.word(read[i] ?? 0, WORD.id);
  }

  add(id: number): number {
    const row = this.#hot.add();
    this.#cold.add();
    this.#hot.setWord(row, WORD.id, isWord(id) ? id : WIDE_WORD);
    if (!isWord(id)) this.#wideIds.set(row, id);
    if (isWord(id) && row < MOST_INDEXED) this.#index.add(id, row);
    else this.#apart.set(id, row);
    return row;
  }

  id(row: number): number {
    const id = this.#hot.word(row, WORD.id);
    return id === WIDE_WORD ? (this.#wideIds.get(row) ?? id) : id;
  }

  is(row: number, flag: number): boolean {
    return (this.#hot.byte(row, BYTE.flags) & flag) !== 0;
  }

  mark(row: number, flag: number, on: boolean): void {
    const flags = this.#hot.byte(row, BYTE.flags);
    this.#hot.setByte(row, BYTE.flags, on ? flags | flag : flags & ~flag);
  }

  /** The state that was told, as a number from 1 on; 0 where nothing was. */
  toldState(row: number): number {
    return (this.#hot.byte(row, BYTE.flags) >>> TOLD_SHIFT) & TOLD_BITS;
  }

  setTold(row: number, state: number, since: number, episode: number, offset: number): void {
    const others = this.#hot.byte(row, BYTE.flags) & ~(TOLD_BITS << TOLD_SHIFT);
    this.#hot.setByte(row, BYTE.flags, others | (state << TOLD_SHIFT));
    this.#cold.setLong(row, COLD_LONG.toldSince, since);
    this.#episodes.set(row, episode);
    // From -1 on.
    this.#cold.setLong(row, COLD_LONG.toldOffset, offset + 1);
  }

  toldSince(row: number): number {
    return this.#cold.long(row, COLD_LONG.toldSince);
  }

  toldOffset(row: number): number {
    return this.#cold.long(row, COLD_LONG.toldOffset) - 1;
  }

  episode(row: number): number {
    return this.#episodes.get(row);
  }

  /** A signal came: all that it changes.  */
  hear(row: number, fire: boolean, at: number, stamp: number): void {
    const flags = this.#hot.byte(row, BYTE.flags) & ~(FLAG.fire | FLAG.overdue);
    this.#hot.setByte(row, BYTE.flags, flags | FLAG.heard | FLAG.timed | (fire ? FLAG.fire : 0));
    this.#hot.setLong(row, LONG.heardAt, at);
    this.#hot.setLong(row, LONG.stamp, stamp);
  }

  /** When it was heard last, or while it was not, announced. */
  heardAt(row: number): number {
    return this.#hot.long(row, LONG.heardAt);
  }

  setHeardAt(row: number, at: number): void {
    this.#hot.setLong(row, LONG.heardAt, at);
  }

  stamp(row: number): number {
    return this.#hot.long(row, LONG.stamp);
  }

  setStamp(row: number, stamp: number): void {
    this.#hot.setLong(row, LONG.stamp, stamp);
  }

  floor(row: number): number {
    return this.#floors.get(row);
  }

  setFloor(row: number, floor: number): void {
    this.#floors.set(row, floor);
  }

  /** Undefined where it has none, or said nothing of it. */
  gateway(row: number): string | undefined {
    return this.#gateways.valueOf(this.#gatewayOf.get(row));
  }

  setGateway(row: number, gateway: string | undefined): void {
    this.#gatewayOf.set(row, this.#gateways.codeOf(gateway));
  }

  /** The last `seq`; undefined where none came. */
  seq(row: number): number | undefined {
    const next = this.#seqs.get(row);
    return next === 0 ? undefined : next - 1;
  }

  setSeq(row: number, seq: number): void {
    this.#seqs.set(row, seq + 1);
  }

  countSignal(row: number): void {
    const signals = this.#hot.half(row, HALF.signals);
    if (signals < MOST_SIGNALS) this.#hot.setHalf(row, HALF.signals, signals + 1);
  }

  /** How many were counted since the last call. */
  takeSignals(row: number): number {
    const signals = this.#hot.half(row, HALF.signals);
    this.#hot.setHalf(row, HALF.signals, 0);
    return signals;
  }

  /** In ms; 0 for one that is not in the registry. */
  heartbeat(row: number): number {
    return this.#heartbeats.valueOf(this.#heartbeatOf.get(row)) ?? 0;
  }

  setHeartbeat(row: number, heartbeatMs: number): void {
    this.#heartbeatOf.set(row, this.#heartbeats.codeOf(heartbeatMs));
  }

  /** By which it is judged, in ms; 0 where it is by none. */
  judgedHeartbeat(row: number): number {
    return this.#heartbeats.valueOf(this.#judgedHeartbeatOf.get(row)) ?? 0;
  }

  judgedFrom(row: number): number {
    return this.#cold.long(row, COLD_LONG.judgedFrom) - 1;
  }

  setJudged(row: number, heartbeatMs: number, from: number): void {
    this.#judgedHeartbeatOf.set(row, this.#heartbeats.codeOf(heartbeatMs));
    this.#cold.setLong(row, COLD_LONG.judgedFrom, from + 1);
  }

  /** The number of the bridge on whose time it is judged; 0 for none. */
  bridge(row: number): number {
    const bridge = this.#hot.byte(row, BYTE.bridge);
    return bridge === WIDE_BYTE ? (this.#wideBridges.get(row) ?? bridge) : bridge;
  }

  setBridge(row: number, bridge: number): void {
    if (bridge >= WIDE_BYTE) this.#wideBridges.set(row, bridge);
    this.#hot.setByte(row, BYTE.bridge, Math.min(bridge, WIDE_BYTE));
  }

  /** The calendar's: the row behind it on the same page and one more, and its page and one more. */
  next(row: number): number {
    return this.#hot.word(row, WORD.next);
  }

  setNext(row: number, next: number): void {
    this.#hot.setWord(row, WORD.next, next);
  }

  slot(row: number): number {
    return this.#hot.half(row, HALF.slot);
  }

  setSlot(row: number, slot: number): void {
    this.#hot.setHalf(row, HALF.slot, slot);
  }
}

function isWord(id: number): boolean {
  return id >= 0 && id < WIDE_WORD;
}
