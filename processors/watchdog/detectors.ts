import { Interned } from './interned.ts';
import { RowIndex } from './row-index.ts';
import { Rows } from './rows.ts';
import { SideColumn } from './side-column.ts';

/** Where a row has what; of 52 bytes. */
const LAYOUT = { words: 2, longs: 5, halves: 6, bytes: 2 } as const;
const WORD = { id: 0, next: 1 } as const;
const LONG = { stamp: 0, heardAt: 1, toldOffset: 2, toldSince: 3, judgedFrom: 4 } as const;
const HALF = { slot: 0, floor: 1, heartbeat: 2, judgedHeartbeat: 3, episode: 4, signals: 5 } as const;
const BYTE = { flags: 0, bridge: 1 } as const;

/** What is either so or not. Bits 4 to 6 are the state that was told. */
export const FLAG = { fire: 1, heard: 2, timed: 4, overdue: 8, waiting: 128 } as const;
const TOLD_SHIFT = 4;
const TOLD_BITS = 7;

/** The largest number of each size stands for one that is kept apart, since it is too large. */
const WIDE_WORD = 0xffff_ffff;
const WIDE_HALF = 0xffff;
const WIDE_BYTE = 0xff;

export const NO_ROW = -1;

/** No more signals than these are counted. */
export const MOST_SIGNALS = 0xffff;

/** A `seq` is kept as a word: greater ones begin anew. */
export const MOST_SEQ = WIDE_WORD;

/**
 * What is known of each detector, one row of 52 bytes each: no object, no pointer, nothing for the garbage collector. Numbers
 * that do not fit, such as an id beyond 2^32, stand in maps of their own: right, but at the price of a map's entry.
 */
export class Detectors {
  readonly #rows = new Rows(LAYOUT);
  readonly #index = new RowIndex((row) => this.#rows.word(row, WORD.id));
  /** Ids that are no word, by row, and the rows by these. */
  readonly #wideIds = new Map<number, number>();
  readonly #wideRows = new Map<number, number>();
  readonly #wideHalves = Array.from({ length: LAYOUT.halves }, () => new Map<number, number>());
  readonly #wideBridges = new Map<number, number>();
  readonly #heartbeats = new Interned(0, WIDE_HALF);
  readonly #gateways = new Interned<string | undefined>(undefined);
  readonly #gatewayOf = new SideColumn();
  /** The last `seq` and one more. */
  readonly #seqs = new SideColumn();

  get size(): number {
    return this.#rows.size;
  }

  /** NO_ROW for one that is not known. */
  find(id: number): number {
    return isWord(id) ? this.#index.find(id) : (this.#wideRows.get(id) ?? NO_ROW);
  }

  add(id: number): number {
    const row = this.#rows.add();
    if (isWord(id)) {
      this.#rows.setWord(row, WORD.id, id);
      this.#index.add(id, row);
    } else {
      this.#rows.setWord(row, WORD.id, WIDE_WORD);
      this.#wideIds.set(row, id);
      this.#wideRows.set(id, row);
    }
    return row;
  }

  id(row: number): number {
    const id = this.#rows.word(row, WORD.id);
    return id === WIDE_WORD ? (this.#wideIds.get(row) ?? id) : id;
  }

  is(row: number, flag: number): boolean {
    return (this.#rows.byte(row, BYTE.flags) & flag) !== 0;
  }

  mark(row: number, flag: number, on: boolean): void {
    const flags = this.#rows.byte(row, BYTE.flags);
    this.#rows.setByte(row, BYTE.flags, on ? flags | flag : flags & ~flag);
  }

  /** The state that was told, as a number from 1 on; 0 where nothing was. */
  toldState(row: number): number {
    return (this.#rows.byte(row, BYTE.flags) >>> TOLD_SHIFT) & TOLD_BITS;
  }

  setTold(row: number, state: number, since: number, episode: number, offset: number): void {
    const others = this.#rows.byte(row, BYTE.flags) & ~(TOLD_BITS << TOLD_SHIFT);
    this.#rows.setByte(row, BYTE.flags, others | (state << TOLD_SHIFT));
    this.#rows.setLong(row, LONG.toldSince, since);
    this.#setHalf(row, HALF.episode, episode);
    // From -1 on.
    this.#rows.setLong(row, LONG.toldOffset, offset + 1);
  }

  toldSince(row: number): number {
    return this.#rows.long(row, LONG.toldSince);
  }

  toldOffset(row: number): number {
    return this.#rows.long(row, LONG.toldOffset) - 1;
  }

  episode(row: number): number {
    return this.#half(row, HALF.episode);
  }

  /** A signal came: all that it changes.  */
  hear(row: number, fire: boolean, at: number, stamp: number): void {
    const flags = this.#rows.byte(row, BYTE.flags) & ~(FLAG.fire | FLAG.overdue);
    this.#rows.setByte(row, BYTE.flags, flags | FLAG.heard | FLAG.timed | (fire ? FLAG.fire : 0));
    this.#rows.setLong(row, LONG.heardAt, at);
    this.#rows.setLong(row, LONG.stamp, stamp);
  }

  /** When it was heard last, or while it was not, announced. */
  heardAt(row: number): number {
    return this.#rows.long(row, LONG.heardAt);
  }

  setHeardAt(row: number, at: number): void {
    this.#rows.setLong(row, LONG.heardAt, at);
  }

  stamp(row: number): number {
    return this.#rows.long(row, LONG.stamp);
  }

  setStamp(row: number, stamp: number): void {
    this.#rows.setLong(row, LONG.stamp, stamp);
  }

  floor(row: number): number {
    return this.#half(row, HALF.floor);
  }

  setFloor(row: number, floor: number): void {
    this.#setHalf(row, HALF.floor, floor);
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
    const signals = this.#rows.half(row, HALF.signals);
    if (signals < MOST_SIGNALS) this.#rows.setHalf(row, HALF.signals, signals + 1);
  }

  /** How many were counted since the last call. */
  takeSignals(row: number): number {
    const signals = this.#rows.half(row, HALF.signals);
    this.#rows.setHalf(row, HALF.signals, 0);
    return signals;
  }

  /** In ms; 0 for one that is not in the registry. */
  heartbeat(row: number): number {
    return this.#heartbeat(row, HALF.heartbeat);
  }

  setHeartbeat(row: number, heartbeatMs: number): void {
    this.#setHeartbeat(row, HALF.heartbeat, heartbeatMs);
  }

  /** By which it is judged, in ms; 0 where it is by none. */
  judgedHeartbeat(row: number): number {
    return this.#heartbeat(row, HALF.judgedHeartbeat);
  }

  judgedFrom(row: number): number {
    return this.#rows.long(row, LONG.judgedFrom) - 1;
  }

  setJudged(row: number, heartbeatMs: number, from: number): void {
    this.#setHeartbeat(row, HALF.judgedHeartbeat, heartbeatMs);
    this.#rows.setLong(row, LONG.judgedFrom, from + 1);
  }

  /** The number of the bridge on whose time it is judged; 0 for none. */
  bridge(row: number): number {
    const bridge = this.#rows.byte(row, BYTE.bridge);
    return bridge === WIDE_BYTE ? (this.#wideBridges.get(row) ?? bridge) : bridge;
  }

  setBridge(row: number, bridge: number): void {
    if (bridge >= WIDE_BYTE) this.#wideBridges.set(row, bridge);
    this.#rows.setByte(row, BYTE.bridge, Math.min(bridge, WIDE_BYTE));
  }

  /** The calendar's: the row behind it on the same page and one more, and its page and one more. */
  next(row: number): number {
    return this.#rows.word(row, WORD.next);
  }

  setNext(row: number, next: number): void {
    this.#rows.setWord(row, WORD.next, next);
  }

  slot(row: number): number {
    return this.#rows.half(row, HALF.slot);
  }

  setSlot(row: number, slot: number): void {
    this.#rows.setHalf(row, HALF.slot, slot);
  }

  #half(row: number, at: number): number {
    const value = this.#rows.half(row, at);
    return value === WIDE_HALF ? (this.#wideHalves[at]?.get(row) ?? value) : value;
  }

  #setHalf(row: number, at: number, value: number): void {
    const wide = value < 0 || value >= WIDE_HALF;
    if (wide) this.#wideHalves[at]?.set(row, value);
    this.#rows.setHalf(row, at, wide ? WIDE_HALF : value);
  }

  #heartbeat(row: number, at: number): number {
    const code = this.#rows.half(row, at);
    return code === WIDE_HALF ? (this.#wideHalves[at]?.get(row) ?? 0) : (this.#heartbeats.valueOf(code) ?? 0);
  }

  #setHeartbeat(row: number, at: number, heartbeatMs: number): void {
    const code = this.#heartbeats.codeOf(heartbeatMs);
    if (code === WIDE_HALF) this.#wideHalves[at]?.set(row, heartbeatMs);
    this.#rows.setHalf(row, at, code);
  }
}

function isWord(id: number): boolean {
  return id >= 0 && id < WIDE_WORD;
}
