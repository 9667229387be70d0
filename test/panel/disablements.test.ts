import { describe, expect, it } from 'vitest';
import { parseEvent } from '../../contracts/cloud-events.ts';
import { type Disablement, disablementChanged } from '../../contracts/disablements.ts';
import { watchdogPulsed } from '../../contracts/pulses.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { answer, startPanel } from './support/panel.ts';
import { at, Records, T0 } from './support/records.ts';

const put = (body: unknown): RequestInit => ({
  method: 'PUT',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const remove: RequestInit = { method: 'DELETE' };

const disabled = (subject: string, until: string): Disablement => ({
  ...{ site: 'hq', subject, until, change: 'disabled' },
  ...{ at: at(1), by: 'operator/panel', reason: 'painters' },
});
const enabled = (subject: string): Disablement => ({
  ...{ site: 'hq', subject, change: 'enabled', at: at(2), by: 'operator/panel' },
});
const ended = (subject: string, until: string): Disablement => ({
  ...{ site: 'hq', subject, until, change: 'ended', at: until },
});

describe('a planned silence is ordered', () => {
  it.each([
    ['detectors/7', 'detector/7'],
    ['floors/3', 'floor/3'],
  ])('of %s, by an order whose id is answered', async (path, subject) => {
    const { ask, news, records, sent } = await startPanel({ clock: new ManualClock(T0) });
    news(records.detector(7, 3));
    const order = await answer(await ask(`/api/v1/${path}/disablement`, put({ for: '2h', reason: 'painters' })));
    const revoked = await answer(await ask(`/api/v1/${path}/disablement`, remove));
    const events = sent.map((record) => parseEvent(new Records().from(record), [disablementChanged]));
    expect([order.status, revoked.status]).toEqual([202, 202]);
    expect([order.body, revoked.body]).toEqual(events.map(({ id }) => ({ id })));
    const about = { site: 'hq', subject, at: at(0), by: 'operator/panel' };
    expect(events.map(({ data }) => data)).toEqual([
      { ...about, change: 'disabled', until: at(7_200), reason: 'painters' },
      { ...about, change: 'enabled' },
    ]);
    // All of a site's stand in one partition.
    expect(sent.map(({ key, partition }) => [key, partition])).toEqual([
      ['hq', undefined],
      ['hq', undefined],
    ]);
  });

  it.each([
    ['no end', {}],
    ['an end beyond what Kafka keeps', { for: '73h' }],
    ['no duration', { for: 'an hour' }],
    ['no time at all', { for: 0 }],
    ['a field that it does not know', { for: '1h', until: 'forever' }],
    ['an empty reason', { for: '1h', reason: '' }],
  ])('but not with %s', async (_, body) => {
    const { ask, news, records, sent } = await startPanel();
    news(records.detector(7, 3));
    for (const path of ['detectors/7', 'floors/3']) {
      expect(await answer(await ask(`/api/v1/${path}/disablement`, put(body)))).toMatchObject({
        status: 400,
        body: { code: 'REQUEST_INVALID' },
      });
    }
    expect(sent).toEqual([]);
  });

  it('but not of what is not known', async () => {
    const { ask, sent } = await startPanel();
    for (const init of [put({ for: '1h' }), remove]) {
      expect(await answer(await ask('/api/v1/detectors/7/disablement', init))).toMatchObject({
        status: 404,
        body: { code: 'DETECTOR_UNKNOWN' },
      });
      expect(await answer(await ask('/api/v1/floors/3/disablement', init))).toMatchObject({
        status: 404,
        body: { code: 'FLOOR_UNKNOWN' },
      });
    }
    expect(sent).toEqual([]);
  });
});

describe('a planned silence is shown', () => {
  const [soon, late] = [at(60), at(3_600)];

  it("at the detector, with the later end of its own and its floor's", async () => {
    const { model, news, records } = await startPanel();
    const told = (change: Disablement) => news(records.event(disablementChanged, change));
    const shown = () => [7, 8].map((id) => model.detectors.view(id)?.disabledUntil);
    told(disabled('detector/7', soon)); // known before the detector is
    news(records.detector(7, 3), records.detector(8, 3));
    expect(shown()).toEqual([soon, null]);
    told(disabled('floor/3', late));
    expect(shown()).toEqual([late, late]);
    expect(model.floors.view(3)?.disabledUntil).toBe(late);
    expect(model.detectors.page({ after: 0, limit: 1 }).detectors).toMatchObject([{ disabledUntil: late }]);
    told(enabled('floor/3'));
    expect(shown()).toEqual([soon, null]);
    expect(model.floors.view(3)?.disabledUntil).toBeNull();
    told(ended('detector/7', soon));
    expect(shown()).toEqual([null, null]);
  });

  it('until its own end: that of one which was prolonged says nothing', async () => {
    const { model, events, news, records } = await startPanel();
    const told = (change: Disablement) => news(records.event(disablementChanged, change));
    news(records.detector(7, 3));
    told(disabled('detector/7', soon));
    told(disabled('detector/7', late));
    told(ended('detector/7', soon));
    expect(model.detectors.view(7)?.disabledUntil).toBe(late);
    expect(events.recent(10).map(({ event }) => event.type)).toEqual(['detector.disabled', 'detector.disabled']);
  });

  it('by events, of which a repetition is none', async () => {
    const { events, news, records } = await startPanel();
    const told = (change: Disablement) => news(records.event(disablementChanged, change));
    news(records.detector(7, 3));
    for (const change of [disabled('detector/7', soon), disabled('floor/3', late)]) {
      told(change);
      told(change);
    }
    told(ended('detector/7', soon));
    told(enabled('floor/3'));
    told(enabled('floor/3'));
    expect(events.recent(10).map(({ event: { type, subject, data } }) => [type, subject, data])).toEqual([
      ['detector.disabled', 'detector/7', { detector: 7, until: soon, by: 'operator/panel', reason: 'painters' }],
      ['floor.disabled', 'floor/3', { floor: 3, until: late, by: 'operator/panel', reason: 'painters' }],
      ['detector.enabled', 'detector/7', { detector: 7, by: null }],
      ['floor.enabled', 'floor/3', { floor: 3, by: 'operator/panel' }],
    ]);
  });

  it('by the views that change: of a floor those of its detectors, and no others', async () => {
    const { model, news, records } = await startPanel();
    news(records.detector(7, 3), records.detector(8, 3), records.detector(9, 4));
    const changed: string[] = [];
    model.onChange((change) => {
      if (change.view === 'detector') changed.push(`detector ${change.id}`);
      if (change.view === 'floor') changed.push(`floor ${change.floor}`);
    });
    news(records.event(disablementChanged, disabled('floor/3', late)));
    expect([...new Set(changed)].sort()).toEqual(['detector 7', 'detector 8', 'floor 3']);
  });
});

it('says of the site when each watchdog last said that it lives', async () => {
  const { ask, news, records } = await startPanel();
  const pulse = (instance: string, seconds: number) =>
    records.event(watchdogPulsed, { group: 'watchdog', instance, at: at(seconds) });
  news(pulse('b', 1), pulse('a', 2), pulse('b', 3));
  const listed = async () => (await answer(await ask('/api/v1/site'))).body;
  expect(await listed()).toMatchObject({
    watchdogs: [
      { group: 'watchdog', instance: 'a', at: at(2) },
      { group: 'watchdog', instance: 'b', at: at(3) },
    ],
  });
  news(records.from({ topic: 'pulses', key: 'watchdog/a', value: null, timestamp: T0 }));
  expect(await listed()).toMatchObject({ watchdogs: [{ instance: 'b' }] });
});
