import { rfc3339 } from '../contracts/clock.ts';
import { type CloudEvent, eventRecord } from '../contracts/cloud-events.ts';
import { type LampNotice, lampRequested, lampSwitched } from '../contracts/events.ts';
import { idOf } from '../contracts/ids.ts';
import type { RecordSink } from '../transport/kafka/types.ts';
import { type Channel, SENT, type SendOutcome } from './channel.ts';

/** The id of the event that says that a lamp was switched as a notification asked for. */
export function switchIdOf(notification: string): string {
  return idOf('lamp-switched', notification);
}

/**
 * Lamps on the panel: writes each lamp as it is now to `lamps`. There is no timeout: what it writes to is what it reads
 * from, and the sink tries until Kafka takes it.
 */
export function lampChannel({ sink }: { readonly sink: RecordSink }): Channel<LampNotice> {
  /** For each lamp the time of the newest request that was carried out, milliseconds since the Unix epoch. */
  const newest = new Map<string, number>();

  return {
    name: 'lamp',
    definition: lampRequested,
    concurrency: 64,
    timeoutMs: undefined,
    perishable: false,
    recipient: (notice) => notice.lamp,
    lane: (notice) => notice.lamp,

    async send({ data: notice, time }: CloudEvent<LampNotice>): Promise<SendOutcome> {
      const { lamp, on, incident, text } = notice;
      // Requests are keyed by incident, so those of two incidents about one lamp stand in different partitions, and a
      // backlog of one must not undo what the other said later.
      if (time < (newest.get(lamp) ?? time)) return SENT;
      newest.set(lamp, time);
      await sink.send([
        eventRecord(lampSwitched, {
          id: switchIdOf(notice.id),
          source: 'lamp',
          time,
          data: { lamp, on, since: rfc3339(time), incident, text },
        }),
      ]);
      return SENT;
    },

    async close() {
      newest.clear();
    },
  };
}
