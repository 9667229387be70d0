/** The ways on which something of a site can be under way; a fault holds what is on one of them. */
export const HOPS = ['mqtt', 'kafka', 'email', 'sms', 'lamp', 'http', 'chaos'] as const;
export type Hop = (typeof HOPS)[number];

/** Says that something is no longer under way: it has arrived, failed, or been given up. Saying it twice does nothing. */
export type Ended = () => void;

/**
 * Who wants to know when a site has come to rest is told of all that is under way in it (docs/decisions/0095). Between two
 * things that are told here a part may only go on by promises and events of the same turn: whatever waits for a socket,
 * a thread or a timer of the machine has to be told, and what waits for a timer of the site's clock is at rest.
 */
export interface Transit {
  /** Something is under way by `hop`; `what` names it to people, and to the faults that can hold it. */
  begin(hop: Hop, what: string): Ended;
  /**
   * The MQTT broker has a message that a part of the site published: at QoS 1 it has acknowledged it, at QoS 0 it was
   * written to it, and a will is sent by the broker itself. It is owed to the receivers of that topic from now on.
   */
  published(topic: string): void;
  /** The MQTT broker lost a message that it has acknowledged, or keeps it back: until it is `published` it is owed to nobody. */
  withheld(topic: string): void;
  /**
   * A fault holds what is under way as `what` by `hop`: until the answer is called it waits for the site's clock, or for the
   * test, and is at rest.
   */
  hold(hop: Hop, what: string): Ended;
  /**
   * Resolves when it is the turn of `what`: at once, unless time stands still. Then what competes at an instant takes turns by
   * the order of its name, each when the site has settled after the one before, so that it is not decided by sockets.
   */
  turn(what: string): Promise<void>;
  /**
   * Where time stands still and a fault holds the whole of `hop`: resolves when that is over and it is the turn of `what`, so
   * that it is not decided by sockets who comes back first. Who waits for it has nothing under way. Undefined otherwise.
   */
  passage(hop: Hop, what: string): Promise<void> | undefined;
  /** One that receives from the MQTT broker, by its client id: the same again for a session that is kept. */
  receiver(clientId: string, options: ReceiverOptions): Receiver;
  /** Kafka has records of the site up to `end`, the offset after the last one. Topics are named without prefix. */
  written(topic: string, partition: number, end: number): void;
  /** One that reads from Kafka. */
  reader(): Reader;
}

export interface ReceiverOptions {
  readonly filters: readonly string[];
  /** Resolves once the broker has answered something that was asked now over this connection, or that is gone. Never rejects. */
  ask?(): Promise<void>;
}

export interface Receiver {
  /** Connected: which messages come of that, of a kept session or retained, only the broker knows. */
  live(): void;
  /** Not connected: what it was owed comes with its next connection, or never. */
  away(): void;
  /** It has a message: nothing of it happens any more in this turn that is not told otherwise. */
  received(topic: string): void;
}

export interface Reader {
  /** It reads a partition, and is going to handle the record at `offset` next. */
  at(topic: string, partition: number, offset: number): void;
  /** It does not read that partition any more, or not for now. */
  leave(topic: string, partition: number): void;
  /** It reads nothing on until what it handed over is done with, which is told otherwise; or does again. */
  waits(waiting: boolean): void;
  /** It reads nothing any more. */
  end(): void;
}

const nothing = () => {};

/** For those whom nobody watches. */
export const unwatched: Transit = {
  begin: () => nothing,
  published: nothing,
  withheld: nothing,
  hold: () => nothing,
  turn: () => Promise.resolve(),
  passage: () => undefined,
  receiver: () => ({ live: nothing, away: nothing, received: nothing }),
  written: nothing,
  reader: () => ({ at: nothing, leave: nothing, waits: nothing, end: nothing }),
};
