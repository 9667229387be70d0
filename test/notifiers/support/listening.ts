import { createServer, type Server, type Socket } from 'node:net';

/** Makes a server listen on any free port, and answers with that. */
export async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** The connections that are open at a server. */
export function connectionsOf(server: Server): ReadonlySet<Socket> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {}).once('close', () => open.delete(socket));
  });
  return open;
}

/** A server that does with each connection what `serve` does. */
export function serverOf(serve: (socket: Socket) => void): Server {
  return createServer((socket) => {
    // Read, so that its end is noticed.
    socket.on('error', () => {}).resume();
    serve(socket);
  });
}
