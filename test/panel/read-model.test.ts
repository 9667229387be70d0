import { beforeEach, describe, expect, it } from 'vitest';
import { detectorRegistered, incidentChanged } from '../../contracts/events.ts';
import { idOf } from '../../contracts/ids.ts';
import type { InRecord } from '../../contracts/kafka-records.ts';
import type { Change } from '../../panel/model/changes.ts';
import { EventLog } from '../../panel/model/event-log.ts';
import { ReadModel } from '../../panel/model/read-model.ts';
import { at, Records } from './support/records.ts';

const COMMAND = idOf('command', 1);

let records: Records;
let events: EventLog;
let model: ReadModel;

beforeEach(() => {
  records = new Records();
  events = new EventLog({ run: 'run' });
  model = new ReadModel({ events });
});

function news(...all: InRecord[]): void {
  for (const record of all) model.apply(record, true);
}
function history(...all: InRecord[]): void {
  for (const record of all) model.apply(record, false);
}
const told = () => events.recent(1_000).map(({ event }) => `${event.type} ${event.subject}`);

describe('detectors', () => {
  it('shows an announced detector that was never heard, and how it reports', () => {
    news(records.detector(7, 3));
    expect(model.detectors.view(7)).toEqual({
      id: 7,
      floor: 3,
      mode: 'active',
      heartbeatMs: 1_000,
      state: 'never-seen',
      signal: null,
      lastSignalAt: null,
      since: null,
      disabledUntil: null,
    });
    expect(model.floors.view(3)).toMatchObject({ floor: 3, detectors: 1, alarms: [] });
  });

  it('takes in a detector that nobody announced by its first signal', () => {
    news(records.signal(412, 1, { floor: 9, seconds: 5 }));
    expect(model.detectors.view(412)).toEqual({
      id: 412,
      floor: 9,
      mode: null,
      heartbeatMs: null,
      state: 'alarm',
      signal: 1,
      lastSignalAt: at(5),
      since: at(5),
      disabledUntil: null,
    });
    expect(model.floors.view(9)?.alarms).toEqual([412]);
  });

  it('keeps the beginning of a state and the time of the last signal apart', () => {
    news(records.signal(1, 0), records.signal(1, 1, { seconds: 2 }), records.signal(1, 1, { seconds: 3 }));
    expect(model.detectors.view(1)).toMatchObject({ state: 'alarm', since: at(2), lastSignalAt: at(3) });
    news(records.signal(1, 0, { seconds: 4 }));
    expect(model.detectors.view(1)).toMatchObject({ state: 'ok', since: at(4) });
  });

  it('leaves it to the watchdog to say that a detector is silent, and that it came back', () => {
    news(records.signal(1, 0), records.state(1, 'silent', { since: at(9) }));
    news(records.signal(1, 0, { seconds: 10 }));
    expect(model.detectors.view(1)).toMatchObject({ state: 'silent', since: at(9) });
    news(records.state(1, 'ok', { since: at(10) }));
    expect(model.detectors.view(1)).toMatchObject({ state: 'ok', since: at(10) });
  });

  it('takes a silent detector off the alarms of its floor: it no longer signals', () => {
    news(records.signal(1, 1));
    expect(model.floors.view(1)?.alarms).toEqual([1]);
    news(records.state(1, 'silent'));
    expect(model.floors.view(1)?.alarms).toEqual([]);
  });

  it('takes the last signal from the watchdog until it hears one, and not when it is behind', () => {
    history(records.state(1, 'alarm', { offset: 10 }));
    expect(model.detectors.view(1)).toMatchObject({ state: 'alarm', signal: 1 });
    expect(model.floors.view(1)?.alarms).toEqual([1]);
    const heard = { ...records.signal(1, 0, { seconds: 8 }), offset: 12 };
    news(heard, records.state(1, 'alarm', { offset: 11, since: at(7) }));
    expect(model.detectors.view(1)).toMatchObject({ state: 'ok', signal: 0 });
  });

  it('counts the detectors in each state, and moves one between floors', () => {
    news(records.detector(1), records.detector(2), records.detector(3), records.signal(1, 0), records.signal(2, 1));
    expect(model.detectors.counts).toEqual({ ok: 1, alarm: 1, suspect: 0, silent: 0, 'never-seen': 1 });
    news(records.detector(2, 5));
    expect(model.floors.view(1)).toMatchObject({ detectors: 2, alarms: [] });
    expect(model.floors.view(5)).toMatchObject({ detectors: 1, alarms: [2] });
    expect(model.detectors.counts.alarm).toBe(1);
  });

  it('forgets a detector whose announcement was taken back', () => {
    news(records.detector(1), records.signal(1, 1));
    news(records.from({ topic: detectorRegistered.topic, key: '1', value: null, timestamp: 0 }));
    expect(model.detectors.view(1)).toBeUndefined();
    expect(model.floors.view(1)).toMatchObject({ detectors: 0, alarms: [] });
    expect(model.detectors.counts.alarm).toBe(0);
  });

  it('leaves canaries out', () => {
    news(records.signal(-1, 0, { floor: 0 }), records.state(-1, 'silent', { floor: 0 }), records.detector(-2, 0));
    expect(model.detectors.count).toBe(0);
    expect(model.floors.count).toBe(0);
    expect(told()).toEqual([]);
  });

  it('pages by ascending id, of a floor or in a state', () => {
    for (const id of [5, 3, 9, 1, 7]) news(records.detector(id, id < 5 ? 1 : 2));
    news(records.signal(9, 0, { floor: 2 }));
    const first = model.detectors.page({ after: -1, limit: 2 });
    expect(first.detectors.map(({ id }) => id)).toEqual([1, 3]);
    expect(first.next).toBe(3);
    const rest = model.detectors.page({ after: 3, limit: 3 });
    expect(rest.detectors.map(({ id }) => id)).toEqual([5, 7, 9]);
    expect(rest.next).toBeNull();
    expect(model.detectors.page({ after: -1, limit: 9, floor: 2 }).detectors.map(({ id }) => id)).toEqual([5, 7, 9]);
    expect(model.detectors.page({ after: -1, limit: 9, state: 'ok' }).detectors.map(({ id }) => id)).toEqual([9]);
  });

  it('refuses what is no signal, and stays as it was', () => {
    news(records.signal(1, 0));
    expect(() => news({ ...records.signal(1, 1), value: Buffer.from('2') })).toThrow('a signal is 0 or 1');
    expect(() => news({ ...records.signal(1, 1), key: ' 1' })).toThrow('a signal is 0 or 1');
    expect(model.detectors.view(1)).toMatchObject({ state: 'ok' });
    expect(model.detectors.count).toBe(1);
  });
});

describe('valves', () => {
  it('says who opened a valve, and since when', () => {
    news(
      records.valve(3, 'closed'),
      records.command(COMMAND, 3, 'open', 'incident/x'),
      records.valve(3, 'open', COMMAND, 6),
    );
    expect(model.floors.view(3)?.valve).toEqual({ position: 'open', by: 'incident/x', since: at(6) });
    expect(told()).toEqual(['valve.opened floor/3']);
    expect(events.recent(1)[0]?.event.data).toEqual({ floor: 3, by: 'incident/x', command: COMMAND });
  });

  it('fills in who it was when the command is read after the report', () => {
    news(records.valve(3, 'open', COMMAND));
    expect(model.floors.view(3)?.valve.by).toBeNull();
    news(records.command(COMMAND, 3, 'open', 'operator/panel'));
    expect(model.floors.view(3)?.valve.by).toBe('operator/panel');
  });

  it('takes the first report of a valve at birth for no movement', () => {
    news(records.valve(3, 'closed'), records.valve(3, 'closed', null, 5));
    expect(told()).toEqual([]);
    expect(model.floors.view(3)?.valve.since).toBe(at(0));
  });
});

describe('incidents', () => {
  const FIRE = idOf('incident', 'fire');

  it('follows a fire from the first alarm over a second detector to the reset', () => {
    news(records.incident('fire'));
    expect(model.floors.view(1)?.incident).toBe(FIRE);
    news(records.incident('fire', { change: 'updated', detectors: [7, 8] }));
    news(records.incident('fire', { change: 'closed', detectors: [7, 8], at: at(60) }));
    expect(model.floors.view(1)?.incident).toBeNull();
    expect(model.incidents.view(FIRE)).toMatchObject({
      kind: 'fire',
      detectors: [7, 8],
      openedAt: at(2),
      closedAt: at(60),
    });
    expect(told()).toEqual(['alarm.raised floor/1', 'alarm.raised floor/1', 'alarm.reset floor/1']);
    expect(events.recent(3).map(({ event }) => event.data['joined'])).toEqual([false, true, undefined]);
  });

  it('shows how a fault goes on, which is nothing that happened', () => {
    const fault = { kind: 'fault', subject: 'detector/7', cause: 'flapping' } as const;
    news(records.incident('flapping', { ...fault, reason: 'silent 3 times' }));
    const shown = () => model.incidents.view(idOf('incident', 'flapping'))?.reason;
    const changed: string[] = [];
    model.onChange(({ view }) => void changed.push(view));
    news(records.incident('flapping', { ...fault, change: 'updated', reason: 'silent 4 times' }));
    expect([shown(), changed]).toEqual(['silent 4 times', ['incident']]);
    news(records.incident('flapping', { ...fault, change: 'opened', reason: 'silent 3 times' }));
    expect([shown(), changed]).toEqual(['silent 4 times', ['incident']]);
    expect(told()).toEqual([]);
  });

  it('tells nothing twice that is told twice upstream', () => {
    const once = [
      records.incident('fire'),
      records.incident('fire', { change: 'updated', detectors: [7, 8] }),
      records.delivery('fire'),
      records.incident('fire', { change: 'closed', detectors: [7, 8] }),
      records.state(8, 'silent'),
      records.lamp('detector/8', true),
    ];
    news(...once);
    const before = told();
    expect(before).toHaveLength(6);
    const ends = once.map((record, i) => ({ ...record, offset: 100 + i }));
    news(...once, ...ends);
    expect(told()).toEqual(before);
  });

  it('shows the last word on each notification, also where that is read before its incident', () => {
    news(records.delivery('fire', { outcome: 'retried', reason: 'EMAIL_DEFERRED: 451' }));
    expect(model.incidents.view(FIRE)).toBeUndefined();
    news(records.incident('fire'), records.delivery('fire', { attempt: 2, at: at(9) }));
    expect(model.incidents.view(FIRE)?.notifications).toEqual([
      {
        id: idOf('notification', 'fire'),
        channel: 'email',
        to: 'safety@example.com',
        outcome: 'sent',
        attempt: 2,
        at: at(9),
        reason: null,
      },
    ]);
    const incident = `incident/${FIRE}`;
    expect(told()).toEqual([
      `notification.retried ${incident}`,
      'alarm.raised floor/1',
      `notification.sent ${incident}`,
    ]);
  });

  it('tells a fault of a valve', () => {
    news(records.incident('stuck', { kind: 'fault', subject: 'valve/3', floor: 3 }));
    expect(told()).toEqual(['valve.fault floor/3']);
    expect(model.floors.view(3)).toBeUndefined();
  });

  it('tells that the pipeline is silent once, however many of its parts are', () => {
    const fault = { kind: 'fault' as const, subject: 'pipeline', floor: null, detectors: [] };
    news(records.incident('a', fault), records.incident('b', fault));
    expect(model.pipeline).toEqual({ state: 'silent', since: at(2) });
    news(records.incident('a', { ...fault, change: 'closed', at: at(8) }));
    expect(model.pipeline.state).toBe('silent');
    news(records.incident('b', { ...fault, change: 'closed', at: at(9) }));
    expect(model.pipeline).toEqual({ state: 'ok', since: at(9) });
    expect(told()).toEqual(['pipeline.silent pipeline', 'pipeline.recovered pipeline']);
  });

  it('keeps every open incident and a bounded number of closed ones and early deliveries', () => {
    model = new ReadModel({ events, keepClosedIncidents: 10 });
    news(records.incident('open'));
    for (let i = 0; i < 100; i++) {
      news(records.incident(`n${i}`), records.delivery(`early${i}`));
      news(records.incident(`n${i}`, { change: 'closed' }));
    }
    expect(model.incidents.list()).toHaveLength(11);
    expect(model.incidents.list()[0]?.id).toBe(idOf('incident', 'open'));
    expect(model.incidents.list()[1]?.id).toBe(idOf('incident', 'n99'));
    expect(model.incidents.size).toBe(21);
  });
});

describe('lamps and detectors as events', () => {
  it('tells a lamp on change only', () => {
    news(records.lamp('detector/8', true), records.lamp('detector/8', true, { text: 'still' }));
    news(records.lamp('detector/8', false), records.lamp('detector/9', false));
    expect(told()).toEqual(['lamp.on lamp/detector/8', 'lamp.off lamp/detector/8']);
    expect(model.lamps.map(({ lamp, on }) => [lamp, on])).toEqual([
      ['detector/8', false],
      ['detector/9', false],
    ]);
  });

  it('tells suspicion, silence and recovery, and no other change', () => {
    news(
      records.state(8, 'never-seen'),
      records.state(8, 'ok', { since: at(2) }),
      records.state(8, 'suspect', { since: at(3) }),
    );
    news(records.state(8, 'silent', { since: at(4) }), records.state(8, 'ok', { since: at(5) }));
    expect(told()).toEqual([
      'detector.suspect detector/8',
      'detector.silent detector/8',
      'detector.recovered detector/8',
    ]);
  });
});

it('makes history into state and into no events', () => {
  history(
    records.state(8, 'silent'),
    records.incident('fire'),
    records.lamp('detector/8', true),
    records.delivery('fire'),
  );
  history(records.valve(1, 'open', COMMAND));
  expect(told()).toEqual([]);
  expect(model.detectors.counts.silent).toBe(1);
  expect(model.floors.view(1)).toMatchObject({ incident: idOf('incident', 'fire'), valve: { position: 'open' } });
  news(records.state(8, 'ok', { since: at(99) }));
  expect(told()).toEqual(['detector.recovered detector/8']);
});

it('does not go back when the source goes back', () => {
  const all = [
    records.state(8, 'silent'),
    records.state(8, 'ok', { since: at(2) }),
    records.lamp('x', true),
    records.lamp('x', false),
  ];
  news(...all);
  const before = [told(), model.detectors.view(8), model.lamps];
  for (const record of all) {
    news(record);
    expect([told(), model.detectors.view(8), model.lamps]).toEqual(before);
  }
});

it('says which views changed, and nothing for a signal that repeats itself', () => {
  news(records.detector(1), records.signal(1, 0));
  const changes: Change[] = [];
  const stop = model.onChange((change) => changes.push(change));
  news(records.signal(1, 0), records.signal(1, 0));
  expect(changes).toEqual([]);
  news(records.signal(1, 1));
  expect(changes).toEqual([
    { view: 'detector', id: 1 },
    { view: 'floor', floor: 1 },
  ]);
  stop();
  news(records.signal(1, 0));
  expect(changes).toHaveLength(2);
});

it('refuses a record that is not what its topic carries, and reads on', () => {
  const bad = { ...records.incident('x'), value: Buffer.from('{') };
  expect(() => news(bad)).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }));
  news(records.event(incidentChanged, JSON.parse(records.incident('y').value?.toString() ?? '')));
  expect(model.incidents.list()).toHaveLength(1);
});

it('reads the signals from their end and everything else from its beginning', () => {
  const beginnings = new Map(model.topics.map(({ topic, from }) => [topic, from]));
  expect(beginnings.get('signals')).toBe('end');
  expect(beginnings.get('notifications')).toBe('beginning');
  expect(beginnings.get('emails.dead')).toBe('beginning');
});
