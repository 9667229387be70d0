import { createServer, type Socket } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';
import { onTestFinished } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { openPort } from './wire.ts';

/** How a scripted broker answers; everything else it does only when it is told. */
export interface Script {
  /** CONNACK's return code; undefined for no answer. Default 0. */
  connack?: number | undefined;
  sessionPresent?: boolean;
  /** What SUBACK grants; default what was asked for. */
  granted?: number[];
  /** Default true. */
  answersPings?: boolean;
}

/** The server's side of one connection. */
export class ScriptedConnection {
  /** What the client sent so far. */
  readonly packets: Packet[] = [];
  /** How many chunks PUBACKs came in. */
  ackChunks = 0;
  readonly socket: Socket;

  constructor(socket: Socket, script: Script) {
    this.socket = socket;
    const { connack = 0, sessionPresent = false, granted, answersPings = true } = script;
    const incoming = parser();
    incoming.on('packet', (packet) => {
      this.packets.push(packet);
      if (packet.cmd === 'connect' && !('connack' in script && script.connack === undefined)) {
        this.send({ cmd: 'connack', returnCode: connack, sessionPresent });
      }
      if (packet.cmd === 'subscribe') {
        const asked = packet.subscriptions.map(({ qos }) => qos);
        this.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: granted ?? asked });
      }
      if (packet.cmd === 'pingreq' && answersPings) this.send({ cmd: 'pingresp' });
    });
    socket.on('data', (chunk) => {
      if (chunk[0] === 0x40) this.ackChunks += 1;
      incoming.parse(chunk);
    });
    socket.on('error', () => undefined);
  }

  send(packet: Packet): void {
    this.socket.write(generate(packet));
  }

  /** A message at QoS 1, or at QoS 0 with the id 0. */
  publish(messageId: number, payload: string, topic = 'a/b'): void {
    this.socket.write(publishPacket(messageId, payload, topic));
  }

  sent(cmd: Packet['cmd']): Packet[] {
    return this.packets.filter((packet) => packet.cmd === cmd);
  }

  /** The ids that were acknowledged. */
  get acknowledged(): (number | undefined)[] {
    return this.sent('puback').map(({ messageId }) => messageId);
  }
}

/** A server that speaks MQTT as the test tells it, right or wrong. */
export class ScriptedBroker {
  readonly connections: ScriptedConnection[] = [];
  readonly url: string;

  private constructor(url: string) {
    this.url = url;
  }

  static async open(script: Script = {}): Promise<ScriptedBroker> {
    const server = createServer();
    const broker = new ScriptedBroker(`mqtt://127.0.0.1:${await openPort(server)}`);
    server.on('connection', (socket) => broker.connections.push(new ScriptedConnection(socket, script)));
    onTestFinished(() => {
      for (const { socket } of broker.connections) socket.destroy();
      server.close();
    });
    return broker;
  }

  /** The `number`-th connection, from 0, once the client has subscribed on it. */
  async subscribed(number: number): Promise<ScriptedConnection> {
    return await eventually(`connection ${number} to subscribe`, () => {
      const connection = this.connections[number];
      return connection?.sent('subscribe').length ? connection : undefined;
    });
  }
}

export function publishPacket(messageId: number, payload: string | Buffer, topic = 'a/b', retain = false): Buffer {
  const common = { cmd: 'publish', topic, payload, dup: false, retain } as const;
  return generate(messageId === 0 ? { ...common, qos: 0 } : { ...common, qos: 1, messageId });
}
