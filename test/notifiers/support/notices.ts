import { rfc3339 } from '../../../contracts/clock.ts';
import { eventRecord } from '../../../contracts/cloud-events.ts';
import {
  type EmailNotice,
  emailRequested,
  type LampNotice,
  lampRequested,
  type SmsNotice,
  smsRequested,
} from '../../../contracts/events.ts';
import { idOf } from '../../../contracts/ids.ts';
import type { OutRecord } from '../../../contracts/kafka-records.ts';

/** When the notices of these tests are asked for, and until when they are of use. */
export const ASKED = Date.UTC(2026, 0, 1);
export const EXPIRES = ASKED + 3_600_000;

const base = (name: string) => ({
  id: idOf('test', name),
  incident: idOf('test-incident', name),
  kind: 'fault' as const,
  subject: 'detector/8',
  expires: rfc3339(EXPIRES),
});

export function email(name: string, change: Partial<EmailNotice> = {}): EmailNotice {
  return { ...base(name), to: 'safety@example.com', title: `title of ${name}`, text: `text of ${name}`, ...change };
}

export function sms(name: string, change: Partial<SmsNotice> = {}): SmsNotice {
  return { ...base(name), to: '+15005550010', text: `text of ${name}`, ...change };
}

export function lamp(name: string, change: Partial<LampNotice> = {}): LampNotice {
  return { ...base(name), lamp: 'detector/8', on: true, text: `text of ${name}`, ...change };
}

export function emailRecord(notice: EmailNotice, time = ASKED): OutRecord {
  return eventRecord(emailRequested, { id: notice.id, source: 'router', time, data: notice });
}

export function smsRecord(notice: SmsNotice, time = ASKED): OutRecord {
  return eventRecord(smsRequested, { id: notice.id, source: 'router', time, data: notice });
}

export function lampRecord(notice: LampNotice, time = ASKED): OutRecord {
  return eventRecord(lampRequested, { id: notice.id, source: 'router', time, data: notice });
}
