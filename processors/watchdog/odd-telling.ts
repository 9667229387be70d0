import type { Oddity } from '../../contracts/events.ts';
import { type Emission, NOTHING } from '../../transport/kafka/types.ts';
import type { Judge } from './judge.ts';
import { oddityIncident, oddityNews, type ToldOddity } from './oddities.ts';
import { aboutDetector, type Moment, seconds, stateRecord, type Voice, verdictRecord } from './telling.ts';
import type { Watched } from './watched.ts';

/**
 * Tells what is wrong with a detector that is heard, where that differs from what was told last. It is noted before it is told,
 * since it follows from more than is read back. `untold`: what a predecessor noted may not have been told.
 */
export function tellOddities(judge: Judge, watched: Watched, moment: Moment, voice: Voice, untold: boolean): Emission {
  const before = watched.told;
  if (!before) return NOTHING;
  const known = before.oddities ?? [];
  const { opened, closed, told } = oddityNews(known, watched.oddities);
  const repeated = untold ? known.filter(({ open }) => open) : [];
  if (opened.length + closed.length + repeated.length === 0) return NOTHING;
  const { id, floor } = watched;
  const about = aboutDetector(judge, watched);
  const say = (change: 'opened' | 'closed', reasonOf: (watched: Watched, cause: Oddity) => string) => {
    return (oddity: ToldOddity) => {
      const { cause, episode } = oddity;
      const incident = oddityIncident(voice.site, id, oddity);
      return verdictRecord(
        { ...about, incident, episode, change, cause, reason: reasonOf(watched, cause) },
        moment,
        voice,
      );
    };
  };
  const now = { ...before, oddities: told, offset: moment.offset };
  watched.told = now;
  return {
    notes: opened.length > 0 ? [stateRecord(id, floor, { ...now, untold: true }, moment.now)] : [],
    outputs: [...[...repeated, ...opened].map(say('opened', oddReason)), ...closed.map(say('closed', endReason))],
    changelog: [stateRecord(id, floor, now, moment.now)],
  };
}

function oddReason({ id, floor, heardFrom, reporting }: Watched, cause: Oddity): string {
  switch (cause) {
    case 'wrong-floor':
      return `Detector ${id} is on floor ${floor} by the registry, and signals from ${heardFrom === undefined ? 'another' : `floor ${heardFrom}`}.`;
    case 'duplicate-id':
      return `Two detectors seem to have the id ${id}, which is on floor ${floor} by the registry: signals of both come by turns.`;
    case 'babbling':
      return `Detector ${id} on floor ${floor} signals far more often than its heartbeat${reporting ? ` of ${seconds(reporting.heartbeatMs)}` : ''} lets expect.`;
  }
}

function endReason({ id, floor, reporting }: Watched, cause: Oddity): string {
  if (!reporting) return `Detector ${id} on floor ${floor} was taken out of the registry.`;
  switch (cause) {
    case 'wrong-floor':
      return `Detector ${id} signals from floor ${floor}, where the registry has it.`;
    case 'duplicate-id':
      return `Signals of detector ${id} on floor ${floor} come from one detector only.`;
    case 'babbling':
      return `Detector ${id} on floor ${floor} signals as often as it should.`;
  }
}
