import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quote } from '../../notifiers/quote.ts';

describe('quote', () => {
  it('leaves a server its words, on one line', () => {
    expect(quote('550 5.1.1 no such user\r\n550 go away', { secrets: ['s3cret'], body: 'the building burns' })).toBe(
      '550 5.1.1 no such user 550 go away',
    );
  });

  it('masks secrets, wherever and however often they stand', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string({ minLength: 4 }), (before, after, secret) => {
        const words = `${before}${secret}${after}${secret}`;
        fc.pre(!'***'.includes(secret));
        expect(quote(words, { secrets: [secret], body: '' }).includes(secret)).toBe(false);
      }),
    );
  });

  it('shows nothing of an answer that repeats a piece of the message', () => {
    const body = 'Detector 8 on floor 3 fell silent.\nLast heard at 04:05.';
    expect(quote(`554 rejected: "8 on floor 3 fell silent. Last"`, { secrets: [], body })).not.toContain('floor 3');
    expect(quote(`554 rejected: ${body}`, { secrets: [], body })).not.toContain('silent');
    expect(quote('554 says ok', { secrets: [], body: 'ok' })).not.toContain('ok');
  });

  it('ends after 200 characters', () => {
    expect(quote('x'.repeat(500), { secrets: [], body: '' })).toHaveLength(200);
  });
});
