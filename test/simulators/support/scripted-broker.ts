import { createServer, type Server, type Socket } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';
import { eventually } from '../../support/eventually.ts';

/** A client's connection, with what it sent. */
export interface Session {
  readonly socket: Socket;
  readonly packets: Packet[];
}

/**
 * A broker that does what a test says: it keeps every packet, and answers as `reply` tells it. Delivers nothing to anybody.
 */
export class ScriptedBroker implements AsyncDisposable {
  readonly sessions: Session[] = [];
  /** The answers to a packet; those of an ordinary broker unless replaced. */
  reply: (packet: Packet) => Packet[] = ordinaryReply;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker();
    await new Promise<void>((resolve) => broker.#server.listen(0, '127.0.0.1', resolve));
    return broker;
  }

  get url(): string {
    const address = this.#server.address();
    return `mqtt://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  }

  /** The latest session. */
  get session(): Session | undefined {
    return this.sessions.at(-1);
  }

  /** The first packet of the latest session that `matches`. */
  async packet(what: string, matches: (packet: Packet) => boolean): Promise<Packet> {
    return await eventually(what, () => this.session?.packets.find(matches));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.sessions) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    const packets: Packet[] = [];
    this.sessions.push({ socket, packets });
    const reader = parser();
    reader.on('packet', (packet) => {
      packets.push(packet);
      for (const answer of this.reply(packet)) socket.write(generate(answer));
    });
    socket.on('data', (chunk: Buffer) => void reader.parse(chunk));
    socket.on('error', () => undefined); // a killed detector resets its connection
  }
}

export function ordinaryReply(packet: Packet): Packet[] {
  switch (packet.cmd) {
    case 'connect':
      return [{ cmd: 'connack', returnCode: 0, sessionPresent: false }];
    case 'publish':
      return packet.qos === 1 && packet.messageId !== undefined ? [{ cmd: 'puback', messageId: packet.messageId }] : [];
    case 'subscribe':
      return packet.messageId === undefined ? [] : [{ cmd: 'suback', messageId: packet.messageId, granted: [1] }];
    case 'pingreq':
      return [{ cmd: 'pingresp' }];
    default:
      return [];
  }
}
