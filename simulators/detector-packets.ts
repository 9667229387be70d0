import { generate } from 'mqtt-packet';
import type { DetectorConfig } from '../contracts/mqtt-payloads.ts';
import { type DetectorSubject, detectorTopic } from '../contracts/mqtt-topics.ts';
import type { BrokerAddress } from '../transport/mqtt/address.ts';

/** Where a detector is on the wire. */
export interface Place {
  readonly root: string;
  readonly site: string;
  readonly floor: number;
  readonly id: number;
}

/** Packet ids of what a detector says at its birth, each a bit of its own; its signals take those from 16 on. */
export const BIRTH = { subscribe: 1, config: 2, status: 4 } as const;
export const FIRST_SIGNAL_ID = 16;

/** The name under which the broker knows a detector; a second client with it ends the first one's connection. */
export function clientIdOf({ site, id }: Place): string {
  return `smokewire-${site}-detector-${id}`;
}

/** CONNECT with the Last Will `offline`. A clean session: a poll that came while it was away needs no answer any more. */
export function connectPacket(place: Place, keepaliveS: number, { username, password }: BrokerAddress): Buffer {
  return generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clientId: clientIdOf(place),
    clean: true,
    keepalive: keepaliveS,
    will: { topic: topic(place, 'status'), payload: Buffer.from('offline'), qos: 1, retain: true },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: Buffer.from(password) }),
  });
}

/** What follows CONNACK: a passive detector subscribes to its poll, then each says what it is, and that it is there. */
export function birthPackets(place: Place, config: DetectorConfig): Buffer {
  const subscription = { topic: topic(place, 'poll'), qos: 1 } as const;
  return Buffer.concat([
    config.mode === 'passive'
      ? generate({ cmd: 'subscribe', messageId: BIRTH.subscribe, subscriptions: [subscription] })
      : Buffer.alloc(0),
    retained(place, 'config', JSON.stringify(config), BIRTH.config),
    retained(place, 'status', 'online', BIRTH.status),
  ]);
}

/** What a detector leaves behind when it is switched off in good order: the same as its will. */
export function deathPacket(place: Place): Buffer {
  return retained(place, 'status', 'offline', BIRTH.status);
}

/** A signal at QoS 0, which is never acknowledged and never repeated. */
export function heartbeatPacket(place: Place, payload: string): Buffer {
  return generate({ cmd: 'publish', topic: topic(place, 'signal'), payload, qos: 0, retain: false, dup: false });
}

/** A signal at QoS 1. `dup` says that it may have been sent before (MQTT 3.1.1, 3.3.1.1). */
export function signalPacket(place: Place, payload: string, messageId: number, dup: boolean): Buffer {
  return generate({
    cmd: 'publish',
    topic: topic(place, 'signal'),
    payload,
    qos: 1,
    retain: false,
    dup,
    messageId,
  });
}

function retained(place: Place, subject: DetectorSubject, payload: string, messageId: number): Buffer {
  return generate({
    cmd: 'publish',
    topic: topic(place, subject),
    payload,
    qos: 1,
    retain: true,
    dup: false,
    messageId,
  });
}

function topic({ root, site, floor, id }: Place, subject: DetectorSubject): string {
  return detectorTopic(root, site, floor, id, subject);
}
