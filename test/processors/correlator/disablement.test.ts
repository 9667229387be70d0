import { describe, expect, it } from 'vitest';
import { rfc3339 } from '../../../contracts/clock.ts';
import type { Disablement } from '../../../contracts/disablements.ts';
import { Disablements } from '../../../processors/correlator/disablement.ts';

const T0 = Date.UTC(2026, 0, 1);
const at = (seconds: number) => T0 + seconds * 1_000;

const disabled = (subject: string, until: number): Disablement => ({
  ...{ site: 'hq', subject, change: 'disabled', until: rfc3339(at(until)) },
  ...{ at: rfc3339(T0), by: 'operator/panel', reason: null },
});
const enabled = (subject: string): Disablement => ({
  ...{ site: 'hq', subject, change: 'enabled', at: rfc3339(T0), by: 'operator/panel' },
});
const ended = (subject: string, until: number, now = until): Disablement => ({
  ...{ site: 'hq', subject, change: 'ended', until: rfc3339(at(until)), at: rfc3339(at(now)) },
});

function knowing(...changes: Disablement[]): Disablements {
  const disablements = new Disablements();
  for (const change of changes) disablements.apply(change);
  return disablements;
}

describe('whose faults are not told', () => {
  it('those of who is disabled, from the order to its end', () => {
    const disablements = knowing(disabled('detector/7', 60));
    expect(disablements.until('detector/7', 3, at(59.999))).toBe(at(60));
    expect(disablements.until('detector/7', 3, at(60))).toBeUndefined();
    expect(disablements.until('detector/77', 3, at(1))).toBeUndefined();
  });

  it('those of all on a floor that is disabled, and of the floor itself', () => {
    const disablements = knowing(disabled('floor/3', 60));
    expect(disablements.until('detector/7', 3, at(1))).toBe(at(60));
    expect(disablements.until('floor/3', 3, at(1))).toBe(at(60));
    expect(disablements.until('detector/7', 4, at(1))).toBeUndefined();
    expect(disablements.until('pipeline', null, at(1))).toBeUndefined();
  });

  it('until the later end of the two', () => {
    const disablements = knowing(disabled('detector/7', 60), disabled('floor/3', 90), disabled('detector/8', 120));
    expect([7, 8].map((id) => disablements.until(`detector/${id}`, 3, at(1)))).toEqual([at(90), at(120)]);
    expect(disablements.until('detector/7', 3, at(75))).toBe(at(90));
  });

  it('until it is enabled, or disabled with another end', () => {
    const disablements = knowing(disabled('detector/7', 60), disabled('detector/7', 30));
    expect(disablements.until('detector/7', 3, at(1))).toBe(at(30));
    disablements.apply(enabled('detector/7'));
    expect(disablements.until('detector/7', 3, at(1))).toBeUndefined();
    disablements.apply(enabled('detector/7'));
    expect(disablements.nextEnd()).toBeUndefined();
  });
});

describe('the end of a planned silence', () => {
  it('is awaited, the first one first, and said once', () => {
    const disablements = knowing(disabled('detector/7', 60), disabled('floor/3', 30), disabled('detector/8', 60));
    expect(disablements.nextEnd()).toBe(at(30));
    expect(disablements.takeEnded(at(29))).toEqual([]);
    expect(disablements.takeEnded(at(30))).toEqual([ended('floor/3', 30)]);
    expect(disablements.nextEnd()).toBe(at(60));
    expect(disablements.takeEnded(at(61))).toEqual([ended('detector/7', 60, 61), ended('detector/8', 60, 61)]);
    expect(disablements.takeEnded(at(62))).toEqual([]);
    expect(disablements.nextEnd()).toBeUndefined();
  });

  it('says nothing where it was prolonged meanwhile', () => {
    const disablements = knowing(disabled('detector/7', 60), disabled('detector/7', 90), ended('detector/7', 60));
    expect(disablements.until('detector/7', 3, at(61))).toBe(at(90));
  });

  it('is known to who reads all of it again', () => {
    const disablements = knowing(disabled('detector/7', 60), ended('detector/7', 60), disabled('floor/3', 90));
    expect(disablements.takeEnded(at(80))).toEqual([]);
    expect(disablements.nextEnd()).toBe(at(90));
  });
});
