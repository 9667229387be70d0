import { type Socket, connect as tcpConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { messageOf } from '../../contracts/errors.ts';
import { type Lifeline, UNCUT } from '../lifeline.ts';

/** Where an MQTT broker is, and as whom to sign in there. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly lifeline: Lifeline;
  readonly username?: string;
  readonly password?: string;
}

/** A URL with what may be given beside it. */
export interface MqttEndpoint {
  /** `mqtt://host:1883` or `mqtts://host:8883`; a name and password in it count unless given beside it. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly lifeline?: Lifeline;
}

export function brokerAddress({ url, username, password, lifeline = UNCUT }: MqttEndpoint): BrokerAddress {
  const parsed = new URL(url);
  const tls = parsed.protocol === 'mqtts:';
  const name = username ?? decodeURIComponent(parsed.username);
  const secret = password ?? decodeURIComponent(parsed.password);
  return {
    // An IPv6 address stands in brackets in a URL, and without them everywhere else.
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1') || 'localhost',
    port: Number(parsed.port) || (tls ? 8883 : 1883),
    tls,
    lifeline,
    ...(name !== '' && { username: name }),
    ...(secret !== '' && { password: secret }),
  };
}

/** The address as it may be told to people: without credentials. */
export function addressLabel({ tls, host, port }: BrokerAddress): string {
  return `${tls ? 'mqtts' : 'mqtt'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** A connection to the broker, still under way. Nagle's algorithm is off: packets are small, and each is awaited. */
export function openSocket(address: BrokerAddress): Socket {
  const socket = connect(address);
  address.lifeline.opened(socket);
  return socket;
}

function connect({ tls, host, port }: BrokerAddress): Socket {
  if (!tls) return tcpConnect({ host, port, noDelay: true });
  // A server name must not be an IP address (RFC 6066, 3).
  const named = /^[\d.]+$/.test(host) || host.includes(':') ? {} : { servername: host };
  const socket = tlsConnect({ host, port, ...named });
  socket.setNoDelay(true);
  return socket;
}

/** Why a connection failed. Where a name has several addresses, Node's error has no message of its own. */
export function reasonOf(error: unknown): string {
  return messageOf(error instanceof AggregateError && error.message === '' ? error.errors[0] : error);
}
