import { expect, it } from 'vitest';
import type { SiteEvent } from '../../contracts/site-events.ts';
import { EventLog } from '../../panel/model/event-log.ts';

const event = (n: number): SiteEvent => ({
  type: 'lamp.on',
  at: '2026-01-01T00:00:00.000Z',
  subject: `lamp/${n}`,
  data: {},
});
const subjects = (logged: readonly { event: SiteEvent }[]) => logged.map(({ event: { subject } }) => subject);

function logWith(count: number, capacity: number, run = 'a'): EventLog {
  const log = new EventLog({ run, capacity });
  for (let n = 1; n <= count; n++) log.publish(event(n));
  return log;
}

it('resumes after the id of any event that is still kept', () => {
  const log = logWith(5, 10);
  expect(log.since('a-3')).toEqual({ events: log.recent(2), lost: false });
  expect(subjects(log.since('a-0').events)).toHaveLength(5);
  expect(log.since(log.lastId)).toEqual({ events: [], lost: false });
});

it('says what a reader that was away for too long has lost', () => {
  const log = logWith(15, 10);
  expect(log.since('a-5')).toMatchObject({ lost: false });
  const { events, lost } = log.since('a-4');
  expect(lost).toBe(true);
  expect(subjects(events)).toEqual([
    'lamp/6',
    'lamp/7',
    'lamp/8',
    'lamp/9',
    'lamp/10',
    'lamp/11',
    'lamp/12',
    'lamp/13',
    'lamp/14',
    'lamp/15',
  ]);
});

it.each(['b-3', 'a-99', 'nonsense', '', 'a-x', '3'])(
  'does not guess what %j means: an id of another run, or of none',
  (id) => {
    expect(logWith(5, 10).since(id)).toEqual({ events: [], lost: true });
  },
);

it('publishes one event for one cause, and remembers a bounded number of causes', () => {
  const log = new EventLog({ run: 'a', capacity: 3 });
  const heard: string[] = [];
  const stop = log.onEvent(({ id }) => heard.push(id));
  log.publish(event(1), 'x');
  log.publish(event(1), 'x');
  expect(heard).toEqual(['a-1']);
  for (const cause of ['1', '2', '3']) log.publish(event(2), cause);
  log.publish(event(1), 'x');
  expect(heard).toHaveLength(5);
  stop();
  log.publish(event(9));
  expect(heard).toHaveLength(5);
  expect(log.recent(100)).toHaveLength(3);
});
