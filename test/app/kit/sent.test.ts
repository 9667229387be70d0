import { expect, it } from 'vitest';
import { Sent } from '../../../app/kit/sent.ts';
import { eventRecord } from '../../../contracts/cloud-events.ts';
import { deliveryRecorded, lampRequested, lampSwitched } from '../../../contracts/events.ts';
import type { InRecord, OutRecord } from '../../../contracts/kafka-records.ts';
import { lampChannel } from '../../../notifiers/lamp.ts';

const AT = Date.parse('2026-01-01T00:00:05Z');
const NOTICE = {
  id: '0f8c9c1e-5f63-5e3b-9a3b-000000000001',
  incident: '0f8c9c1e-5f63-5e3b-9a3b-000000000002',
  kind: 'fault',
  subject: 'detector/8',
  expires: '2026-01-01T01:00:00.000Z',
  lamp: 'detector/8',
  on: true,
  text: 'Detector 8 is silent.',
} as const;

function read(record: OutRecord): InRecord {
  const headers = Object.fromEntries(Object.entries(record.headers ?? {}).map(([k, v]) => [k, Buffer.from(String(v))]));
  const value = record.value === null ? null : Buffer.from(record.value);
  return { ...record, partition: 0, offset: 0, timestamp: AT, headers, value };
}

const asked = eventRecord(lampRequested, { id: NOTICE.id, source: 'router', time: AT, data: NOTICE });
const said = eventRecord(deliveryRecorded, {
  id: '0f8c9c1e-5f63-5e3b-9a3b-000000000003',
  source: 'lamp',
  time: AT,
  data: {
    notification: NOTICE.id,
    incident: NOTICE.incident,
    kind: NOTICE.kind,
    subject: NOTICE.subject,
    channel: 'lamp',
    to: NOTICE.lamp,
    outcome: 'sent',
    attempt: 1,
    at: new Date(AT).toISOString(),
    reason: null,
  },
});

/** What the lamp's notifier writes of it. */
async function switched(): Promise<OutRecord> {
  const written: OutRecord[] = [];
  const sink = { send: async (records: readonly OutRecord[]) => void written.push(...records) };
  const event = { id: NOTICE.id, source: 'router', type: lampRequested.type, time: AT, data: NOTICE };
  await lampChannel({ sink }).send(event, new AbortController().signal);
  const [record] = written;
  if (record?.topic !== lampSwitched.topic) throw new Error('the notifier switched no lamp');
  return record;
}

it('a lamp counts as switched once the lamp says so, in whatever order that is read', async () => {
  const records = [asked, said, await switched()];
  for (const order of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]) {
    const sent = new Sent();
    for (const i of order) {
      expect(sent.list()).toEqual([]);
      const record = records[i];
      if (record) sent.apply(read(record));
    }
    expect(sent.list()).toMatchObject([{ id: NOTICE.id, channel: 'lamp', to: 'detector/8', title: 'on' }]);
  }
});
