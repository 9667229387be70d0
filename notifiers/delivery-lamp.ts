import { rfc3339 } from '../contracts/clock.ts';
import { eventRecord } from '../contracts/cloud-events.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import { lampRequested } from '../contracts/events.ts';
import { idOf } from '../contracts/ids.ts';
import { coordinatesOf, type InRecord, type OutRecord } from '../contracts/kafka-records.ts';
import type { Channel as ChannelName } from '../contracts/kafka-topics.ts';
import type { Notice } from './channel.ts';

interface Loss {
  /** The notice that was not delivered; absent where it could not be read. */
  readonly about?: Pick<Notice, 'incident' | 'subject'>;
  readonly code: ErrorCode;
}

/** A lamp does not perish; the field only has to say something. */
const LAMP_LIFE_MS = 24 * 60 * 60 * 1_000;

/**
 * The lamp `delivery/<channel>`: somebody was not told. It is a fault, whatever the incident was. For a lamp that could not
 * be switched there is none: a lamp would be no way to say it, and would ask for itself for ever.
 */
export function deliveryLamp(channel: ChannelName, record: InRecord, { about, code }: Loss, now: number): OutRecord[] {
  if (channel === 'lamp') return [];
  const cause = coordinatesOf(record);
  const incident = about?.incident ?? idOf('unreadable-notice', cause);
  const text = about
    ? `${channel} about ${about.subject}, incident ${incident}, was not delivered: ${code}`
    : `A record on ${cause} could not be read, and nobody was told by ${channel}: ${code}`;
  return [
    eventRecord(lampRequested, {
      id: idOf('delivery-lamp', channel, cause),
      source: channel,
      time: now,
      data: {
        id: idOf('delivery-lamp', channel, cause),
        incident,
        kind: 'fault',
        subject: `delivery/${channel}`,
        expires: rfc3339(now + LAMP_LIFE_MS),
        lamp: `delivery/${channel}`,
        on: true,
        text,
      },
    }),
  ];
}
