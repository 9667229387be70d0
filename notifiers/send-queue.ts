import { Fifo } from './fifo.ts';

export interface SendQueueOptions<J> {
  /** How many may run at a time. */
  readonly slots: number;
  readonly isFire: (job: J) => boolean;
  /** Does the job; its slot is free when that is settled. Must not reject. */
  readonly run: (job: J) => Promise<void>;
}

/**
 * Who may send next: fire before fault, each in its order, and one slot is kept for fire, so that faults that hang in all
 * the others do not make a fire wait for their timeout.
 */
export class SendQueue<J> {
  readonly #options: SendQueueOptions<J>;
  readonly #faultSlots: number;
  readonly #fires = new Fifo<J>();
  readonly #faults = new Fifo<J>();
  #running = 0;
  #runningFaults = 0;
  #closed = false;

  constructor(options: SendQueueOptions<J>) {
    this.#options = options;
    this.#faultSlots = Math.max(1, options.slots - 1);
  }

  push(job: J): void {
    if (this.#closed) return;
    (this.#options.isFire(job) ? this.#fires : this.#faults).push(job);
    this.#start();
  }

  /** Drops what waits and `keep` answers false for; what runs goes on. */
  retain(keep: (job: J) => boolean): void {
    this.#fires.retain(keep);
    this.#faults.retain(keep);
  }

  /** Drops everything that waits, and takes no more. */
  close(): void {
    this.#closed = true;
    this.retain(() => false);
  }

  #start(): void {
    while (!this.#closed && this.#running < this.#options.slots) {
      const fire = this.#fires.shift();
      const job = fire ?? (this.#runningFaults < this.#faultSlots ? this.#faults.shift() : undefined);
      if (job === undefined) return;
      void this.#run(job, fire === undefined);
    }
  }

  async #run(job: J, isFault: boolean): Promise<void> {
    this.#running += 1;
    if (isFault) this.#runningFaults += 1;
    try {
      await this.#options.run(job);
    } finally {
      this.#running -= 1;
      if (isFault) this.#runningFaults -= 1;
      this.#start();
    }
  }
}
