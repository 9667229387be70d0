/** Those who wait for their turn: by their names, and of one name in the order in which they came. */
export class Turns {
  #waiting: { readonly what: string; readonly go: () => void }[] = [];
  #onWanted = () => {};

  /** Calls `wanted` whenever somebody begins to wait. */
  onWanted(wanted: () => void): void {
    this.#onWanted = wanted;
  }

  /** Resolves when it is the turn of `what`. */
  turn(what: string): Promise<void> {
    return new Promise((go) => {
      this.#waiting.push({ what, go });
      this.#onWanted();
    });
  }

  /** Gives the next one its turn; false where nobody waits. */
  next(): boolean {
    const [first, ...others] = this.#waiting;
    if (!first) return false;
    const next = others.reduce((a, b) => (b.what < a.what ? b : a), first);
    this.#waiting = this.#waiting.filter((one) => one !== next);
    next.go();
    return true;
  }
}
