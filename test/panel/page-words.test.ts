import { describe, expect, it } from 'vitest';
import { SITE_EVENT_TYPES, type SiteEvent } from '../../contracts/site-events.ts';
import { author, duration, sentence, subject, weight } from '../../panel/page/words.ts';

const event = (type: SiteEvent['type'], about: string, data: SiteEvent['data'] = {}): SiteEvent => ({
  type,
  at: '2026-01-01T00:00:00.000Z',
  subject: about,
  data,
});

describe('the words of the page', () => {
  it.each(SITE_EVENT_TYPES)('has a sentence for %s, whatever its data', (type) => {
    expect(sentence(event(type, 'floor/3'))).toMatch(/^[A-Z].{3,}/);
  });

  it('says who and what', () => {
    expect(sentence(event('alarm.raised', 'floor/3', { detector: 8, joined: true }))).toBe(
      'Fire on floor 3: detector 8 too',
    );
    expect(sentence(event('valve.opened', 'floor/3', { by: 'incident/x' }))).toBe(
      'Valve of floor 3 opened by the fire alarm',
    );
    expect(sentence(event('notification.dead', 'incident/x', { channel: 'sms', to: '+1', about: 'detector/8' }))).toBe(
      'Not delivered: SMS to +1 about detector 8',
    );
    expect(author('operator/panel')).toBe('from the panel');
    expect(subject('pipeline')).toBe('pipeline');
    expect([duration(100), duration(5_000)]).toEqual(['100 ms', '5 s']);
  });

  it('gives weight to what needs somebody', () => {
    expect(weight(event('alarm.raised', 'floor/1'))).toBe('fire');
    expect(weight(event('notification.dead', 'incident/x'))).toBe('fault');
    expect(weight(event('detector.recovered', 'detector/1'))).toBe('good');
    expect(weight(event('notification.sent', 'incident/x'))).toBe('plain');
  });
});
