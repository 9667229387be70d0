import { ERRORS, type ErrorCode, errorTraits } from '../../../contracts/errors.ts';
import { DELIVERY_OUTCOMES, DETECTOR_STATES } from '../../../contracts/events.ts';
import { DETECTOR_ACTIONS } from '../../../contracts/http.ts';
import { CHANNELS } from '../../../contracts/kafka-topics.ts';
import { valvePositionSchema } from '../../../contracts/mqtt-payloads.ts';
import { SITE_EVENT_TYPES } from '../../../contracts/site-events.ts';
import { CHAOS_ACTS } from '../chaos/acts.ts';

/** What the sites that were walked had. */
export interface Walked {
  readonly detectors: readonly number[];
  readonly floors: readonly number[];
  /** Those that were lit. */
  readonly lamps: readonly string[];
}

/** A kind of thing that a walk test goes through, and all that there is of it at the sites that were walked. */
interface Section {
  readonly title: string;
  /** What all of it is: read off the lists that the code itself goes by, or off the sites. */
  all(walked: Walked): readonly string[];
}

const POSITIONS = valvePositionSchema.options;

/** Codes of what can go wrong with a message or a send: those that are no answer of the API and no end of a command. */
const FAILURES = Object.keys(ERRORS)
  .filter((code): code is ErrorCode => code in ERRORS)
  .filter((code) => errorTraits(code).exit === undefined && errorTraits(code).status === undefined);

/** What a walk test counts, in the order of a report. Names of things are `7`, `3 open`, `email retried`. */
export const SECTIONS = {
  detectors: { title: 'Detectors that signalled or failed', all: ({ detectors }) => detectors.map(String) },
  states: { title: 'States of a detector', all: () => DETECTOR_STATES },
  actions: { title: 'What was done to detectors', all: () => DETECTOR_ACTIONS },
  valves: {
    title: 'Valves that moved',
    all: ({ floors }) => floors.flatMap((floor) => POSITIONS.map((position) => `${floor} ${position}`)),
  },
  channels: {
    title: 'Channels, and what became of notifications',
    all: () => CHANNELS.flatMap((channel) => DELIVERY_OUTCOMES.map((outcome) => `${channel} ${outcome}`)),
  },
  lamps: { title: 'Lamps that were lit', all: ({ lamps }) => lamps.flatMap((lamp) => [`${lamp} on`, `${lamp} off`]) },
  events: { title: 'Events', all: () => SITE_EVENT_TYPES },
  faults: { title: 'Faults on purpose', all: () => Object.keys(CHAOS_ACTS) },
  failures: { title: 'Failures of messages and sends', all: () => FAILURES },
} as const satisfies Record<string, Section>;

export type SectionName = keyof typeof SECTIONS;
