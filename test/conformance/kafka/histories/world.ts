import type { Random } from '../../../../contracts/random.ts';
import type { Recorder } from './history.ts';
import { aWhile, Link } from './link.ts';

/** How long things take on a broker, in milliseconds. */
export interface Pace {
  /** How long clients work. */
  readonly workMs: number;
  /** The session of a group's member. */
  readonly sessionMs: number;
  readonly rebalanceMs: number;
  /** How long a client waits for an answer before it gives the connection up. */
  readonly patienceMs: number;
  /** Between two troubles of the broker. */
  readonly troubleMs: number;
}

/** What all clients of one history share. */
export interface World {
  readonly recorder: Recorder;
  readonly address: string;
  readonly topic: string;
  readonly partitions: number;
  /** Of a group, a transactional id: a name that no other history has. */
  readonly name: (word: string) => string;
  readonly pace: Pace;
  /** Whether clients begin anything new. */
  working(): boolean;
}

/** A client with a stream of random numbers of its own. */
export class Client {
  readonly world: World;
  readonly random: Random;
  readonly link: Link;

  constructor(world: World, random: Random) {
    this.world = world;
    this.random = random;
    const { address, pace } = world;
    const dropRate = () => (world.working() ? 0.02 : 0);
    this.link = new Link({ address, random: random.fork('drops'), dropRate, patienceMs: pace.patienceMs });
  }

  chance(probability: number): boolean {
    return this.random.next() < probability;
  }

  /** A whole number in `[from, to]`. */
  between(from: number, to: number): number {
    return from + Math.floor(this.random.next() * (to - from + 1));
  }

  partition(): number {
    return this.between(0, this.world.partitions - 1);
  }

  /** Some milliseconds. */
  rest(mostMs: number): Promise<void> {
    return aWhile(this.random.next() * mostMs);
  }
}
