import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** The port on which `server` listens from now on; without one, a port on which nobody does. */
export async function openPort(server?: Server): Promise<number> {
  const listening = server ?? createServer();
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const address = listening.address();
  if (server === undefined) {
    listening.close();
    await once(listening, 'close');
  }
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A port between a client and a broker. */
interface Cuttable {
  readonly url: string;
  /** Ends the connections that there are. */
  cut(): void;
  /** Ends them, and every further one at once. */
  refuse(): void;
  /** Takes connections again. */
  accept(): void;
}

/** The broker at `url` behind a port of its own; gone when the test is over. */
export async function cuttable(url: string): Promise<Cuttable> {
  const open = new Set<Socket>();
  let refusing = false;
  const server = createServer((near) => {
    if (refusing) return void near.on('error', () => undefined).destroy();
    const far = connect(Number(new URL(url).port), '127.0.0.1');
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => open.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    url: `mqtt://127.0.0.1:${await openPort(server)}`,
    cut,
    refuse: () => {
      refusing = true;
      cut();
    },
    accept: () => {
      refusing = false;
    },
  };
}
