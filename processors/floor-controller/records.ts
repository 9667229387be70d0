import { rfc3339 } from '../../contracts/clock.ts';
import { eventRecord } from '../../contracts/cloud-events.ts';
import { incidentChanged, type Notification, type ValveCommand, valveCommanded } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import type { OutRecord } from '../../contracts/kafka-records.ts';

const source = 'floor-controller';

/** A word about an incident; `cause` tells its updates from each other. */
export function incidentRecord(data: Omit<Notification, 'at'>, now: number, cause: string | number = ''): OutRecord {
  return eventRecord(incidentChanged, {
    id: idOf('notification', data.incident, data.change, cause),
    source,
    time: now,
    data: { ...data, at: rfc3339(now) },
  });
}

export function commandRecord(data: ValveCommand, now: number): OutRecord {
  return eventRecord(valveCommanded, { id: data.id, source, time: now, data });
}
