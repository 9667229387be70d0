import { connect as connectTcp, type Socket } from 'node:net';
import { type BrokerAddress, openSocket, reasonOf } from '../transport/mqtt/address.ts';
import { type PacketHandler, PacketReader } from './packet-reader.ts';

/** Who a connection belongs to, and is told what comes in. */
export interface ConnectionOwner {
  /** The broker accepted the session. */
  accepted(connection: Connection): void;
  acknowledged(connection: Connection, packetId: number): void;
  /** A message that is news: retained ones say how things were. */
  asked(connection: Connection): void;
  /** It is over; told once, whoever ended it. */
  closed(connection: Connection, reason: string): void;
}

/** 3.12 PINGREQ, 3.14 DISCONNECT, and 3.4 PUBACK without its packet id. */
const PINGREQ = Buffer.from([0xc0, 0x00]);
const DISCONNECT = Buffer.from([0xe0, 0x00]);
const puback = (id: number) => Buffer.from([0x40, 0x02, id >> 8, id & 0xff]);
/** A broker that owes an answer and has said nothing at all for so long is taken for dead. */
const PATIENCE_S = 10;
/** What may wait in a socket before a heartbeat is rather left out than added. */
const MAX_BACKLOG_BYTES = 4_096;

/** All connections read into the same memory: a chunk is handled before the next one is read. */
const inbox = Buffer.allocUnsafe(64 * 1024);

/** One TCP connection of one detector, from CONNECT to its end: no reconnect, no queue, no timer of its own. */
export class Connection implements PacketHandler {
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #reader = new PacketReader();
  #reason = 'the broker closed the connection';
  #ageS = 0;
  /** Seconds since the last packet to the broker, and since the broker owes an answer and is mute. */
  #quietS = 0;
  #muteS = 0;
  #pinged = false;

  /** @param localAddress where the connection comes from: an address has only some 28,000 ports to come from */
  constructor(address: BrokerAddress, localAddress: string | undefined, connect: Buffer, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#socket = address.tls ? this.#openTls(address) : this.#openTcp(address, localAddress);
    this.#socket.write(connect);
    this.#socket.on('error', (error) => {
      this.#reason = reasonOf(error);
    });
    this.#socket.on('close', () => owner.closed(this, this.#reason));
  }

  /** How long it has lived, in seconds. */
  get ageS(): number {
    return this.#ageS;
  }

  /** Whether the socket takes more, or is still busy with what it has. */
  get writable(): boolean {
    return this.#socket.writableLength < MAX_BACKLOG_BYTES;
  }

  write(packet: Buffer): void {
    this.#quietS = 0;
    this.#socket.write(packet);
  }

  /** Ends it as a crash does, without DISCONNECT: the broker publishes the will. Resolves when the socket is gone. */
  drop(reason: string): Promise<void> {
    if (this.#socket.closed) return Promise.resolve();
    const gone = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#reason = reason;
    this.#socket.destroy();
    return gone;
  }

  /** Writes `farewell` and DISCONNECT, so that no will is sent. Resolves when the broker has closed the connection (3.14.4). */
  end(farewell: Buffer): Promise<void> {
    if (this.#socket.closed) return Promise.resolve();
    const gone = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.end(Buffer.concat([farewell, DISCONNECT]));
    return gone;
  }

  /**
   * To be called once a second: pings where nothing else was sent for `keepaliveS`, and drops the connection when the
   * broker owes something (`expecting` says that the owner waits) and says nothing.
   */
  second(keepaliveS: number, expecting: boolean): void {
    this.#ageS += 1;
    this.#quietS += 1;
    this.#muteS = expecting || this.#pinged || this.#socket.writableLength > 0 ? this.#muteS + 1 : 0;
    if (this.#muteS > PATIENCE_S) {
      void this.drop('the broker does not answer');
    } else if (this.#quietS >= keepaliveS && !this.#pinged && !this.#socket.connecting) {
      this.#pinged = true;
      this.write(PINGREQ);
    }
  }

  connack(returnCode: number): void {
    if (returnCode === 0) this.#owner.accepted(this);
    else void this.drop(`the broker refused the connection, return code ${returnCode}`);
  }

  puback(packetId: number): void {
    this.#owner.acknowledged(this, packetId);
  }

  suback(packetId: number, granted: number): void {
    if (granted <= 2) this.#owner.acknowledged(this, packetId);
    else void this.drop('the broker refused the subscription');
  }

  publish(packetId: number, retained: boolean): void {
    if (packetId !== 0) this.write(puback(packetId));
    if (!retained) this.#owner.asked(this);
  }

  pingresp(): void {
    this.#pinged = false;
  }

  #openTcp({ host, port }: BrokerAddress, localAddress: string | undefined): Socket {
    return connectTcp({
      host,
      port,
      noDelay: true,
      ...(localAddress !== undefined && { localAddress }),
      onread: {
        buffer: inbox,
        callback: (length) => {
          this.#read(inbox.subarray(0, length));
          return true;
        },
      },
    });
  }

  #openTls(address: BrokerAddress): Socket {
    return openSocket(address).on('data', (chunk: Buffer) => this.#read(chunk));
  }

  #read(chunk: Buffer): void {
    if (this.#socket.destroyed) return;
    this.#muteS = 0;
    try {
      this.#reader.push(chunk, this);
    } catch (error) {
      void this.drop(`the broker sent what is no MQTT: ${reasonOf(error)}`);
    }
  }
}
