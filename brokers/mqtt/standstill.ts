import type { Gate } from './gate.ts';

/** Whether a client stands still; its id is undefined before it has said who it is. */
export type CutsOff = (clientId: string | undefined) => boolean;

interface Cut {
  readonly cutsOff: CutsOff;
  readonly reopen: (() => void)[];
}

/** Which connections of the broker stand still: all of them while it is paused, and those of clients that are cut off. */
export class Standstill {
  readonly #clientIds = new Map<Gate, string | undefined>();
  readonly #cuts = new Set<Cut>();

  opened(gate: Gate): void {
    this.#clientIds.set(gate, undefined);
    for (const { cutsOff, reopen } of this.#cuts) if (cutsOff(undefined)) reopen.push(gate.shut());
  }

  closed(gate: Gate): void {
    this.#clientIds.delete(gate);
  }

  /** A client said who it is; false where it should not have been heard: it came while it is cut off. */
  introduced(gate: Gate, clientId: string): boolean {
    this.#clientIds.set(gate, clientId);
    return ![...this.#cuts].some(({ cutsOff }) => cutsOff(clientId));
  }

  /** Stops the connections of these clients dead. The answer ends it. */
  cutOff(cutsOff: CutsOff): () => void {
    const gates = [...this.#clientIds].filter(([, clientId]) => cutsOff(clientId));
    const cut: Cut = { cutsOff, reopen: gates.map(([gate]) => gate.shut()) };
    this.#cuts.add(cut);
    return () => {
      this.#cuts.delete(cut);
      for (const open of cut.reopen.splice(0)) open();
    };
  }
}
