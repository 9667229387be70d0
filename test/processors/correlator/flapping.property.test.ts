import fc from 'fast-check';
import { expect, it } from 'vitest';
import { STEADY_MS } from '../../../processors/correlator/flapping.ts';
import { FlappingDetector } from './flapping-detector.ts';

/** From seconds to beyond every span that matters. */
const span = fc.oneof(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 0, max: 2 * STEADY_MS + 1 }));

type Act = (detector: FlappingDetector) => void;

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.constant<Act>((detector) => (detector.isSilent ? detector.heard() : detector.silent())),
  fc.constant<Act>((detector) => detector.repeat()),
  fc.constant<Act>((detector) => detector.suspect()),
  span.map<Act>((ms) => (detector) => detector.pass(ms)),
  span.map<Act>((ms) => (detector) => detector.sleep(ms)),
);

const story = fc.record({ watchdogs: fc.constantFrom(1, 2), acts: fc.array(act, { maxLength: 60 }) });

it('whatever a detector does, one fault at the most is open about it, a silence is always part of one, and each closes', () => {
  fc.assert(
    fc.property(story, ({ watchdogs, acts }) => {
      const detector = new FlappingDetector({ watchdogs });
      for (const does of acts) {
        does(detector);
        expect(detector.open.length).toBeLessThanOrEqual(1);
        if (detector.isSilent) expect(detector.open).toHaveLength(1);
      }
      detector.heard();
      detector.pass(STEADY_MS);
      expect(detector.open).toEqual([]);
      const opened = detector.told.filter((told) => told.endsWith('opened'));
      const closed = detector.told.filter((told) => told.endsWith('closed'));
      expect(closed.map((told) => told.replace('closed', 'opened')).sort()).toEqual(opened.sort());
      expect(new Set(opened).size).toBe(opened.length);
    }),
    { numRuns: 500 },
  );
});

it('a silence that lasts is told as one', () => {
  fc.assert(
    fc.property(story, ({ watchdogs, acts }) => {
      const detector = new FlappingDetector({ watchdogs });
      for (const does of acts) does(detector);
      detector.silent();
      detector.pass(STEADY_MS);
      expect(detector.told.findLast((told) => !told.endsWith('updated'))).toMatch(/^silent \d+ opened$/);
      expect(detector.open).toHaveLength(1);
    }),
    { numRuns: 500 },
  );
});

it('how often people hear of a detector is bounded, however often it comes and goes', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 6, maxLength: 200 }), (spans) => {
      const detector = new FlappingDetector();
      for (const ms of spans) {
        if (detector.isSilent) detector.heard();
        else detector.silent();
        detector.pass(ms);
      }
      // Two silences, each opened and closed, and then one fault that goes on.
      expect(detector.told.filter((told) => !told.endsWith('updated')).length).toBeLessThanOrEqual(5);
    }),
    { numRuns: 300 },
  );
});
