import type { Socket } from 'node:net';
import type { OutRecord } from '../contracts/kafka-records.ts';

/** Something that a part does to the world. */
export type Effect =
  /** Records are written. */
  | { readonly kind: 'produce'; readonly records: readonly OutRecord[] }
  /** Offsets of a group are committed. */
  | { readonly kind: 'commit' }
  /** A message leaves for people, or for a device. */
  | { readonly kind: 'send' };

/** What holds a part to the world, for whoever has to be able to cut it at any moment, as a kill of its process would. */
export interface Lifeline {
  /** Is given each socket as it is opened. */
  opened(socket: Socket): void;
  /** Stands around each effect. It calls `act` in the same turn, or rejects with STOPPED. */
  around<T>(effect: Effect, act: () => Promise<T>): Promise<T>;
}

/** For parts that nobody cuts. */
export const UNCUT: Lifeline = {
  opened: () => {},
  around: (_, act) => act(),
};
