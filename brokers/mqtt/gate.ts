import type { Socket } from 'node:net';

/**
 * The broker's side of one connection, which can be stopped dead: nothing is read from it and nothing leaves it, and it stays
 * open, as when a cable is pulled or the process is suspended. What was written waits, and goes on once the gate is open.
 */
export class Gate {
  readonly #socket: Socket;
  /** How many want it shut. */
  #shut = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    const read = socket.read.bind(socket);
    socket.read = (size) => (this.#shut > 0 ? null : read(size));
  }

  /** The answer opens it again, unless others keep it shut. */
  shut(): () => void {
    this.#shut += 1;
    if (this.#shut === 1) this.#socket.cork();
    let open = false;
    return () => {
      if (open) return;
      open = true;
      this.#shut -= 1;
      if (this.#shut > 0 || this.#socket.destroyed) return;
      this.#socket.uncork();
      // What came meanwhile was announced to a reader that got nothing.
      this.#socket.emit('readable');
    };
  }
}
