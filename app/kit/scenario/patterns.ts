import { z } from 'zod';
import { CHANNELS, type Channel } from '../../../contracts/kafka-topics.ts';
import { CHANNEL_WORDS } from '../notifications.ts';
import { detector, floor, matching, subject, subjectInWords } from './fields.ts';
import type { Happening, HappeningType } from './happenings.ts';

/** What a happening has to look like. */
export interface Pattern {
  /** As the report tells it: `e-mail about detector 8`. */
  readonly words: string;
  /** The subject whose story is told when it does not come. */
  readonly about: string | undefined;
  readonly types: readonly HappeningType[];
  fits(happening: Happening): boolean;
}

const CHANNEL_TYPES: Record<Channel, readonly HappeningType[]> = {
  email: ['email'],
  sms: ['sms'],
  lamp: ['lamp.on', 'lamp.off'],
};
const OUTCOME_WORDS = { sent: '', retried: ' to be tried again', dead: ' to be given up' };
const VALVE_TYPES = { open: 'valve.opened', closed: 'valve.closed', faulty: 'valve.fault' } as const;
const DETECTOR_TYPES = {
  alarm: 'alarm.raised',
  suspect: 'detector.suspect',
  silent: 'detector.silent',
  ok: 'detector.recovered',
} as const;

/** One channel or several; all of them unless given. */
const channels = z
  .union([z.enum(CHANNELS), z.array(z.enum(CHANNELS)).min(1)], {
    error: `a channel is expected, or a list of them: ${CHANNELS.join(', ')}`,
  })
  .default([...CHANNELS])
  .describe('over which channels, all of them unless given; a lamp counts when it goes on or off')
  .transform((given) => (typeof given === 'string' ? [given] : given));

/**
 * Everything that can be expected, forbidden or allowed, by the name under which it stands there. A row parses what is written
 * behind the name into patterns: to expect it is to expect each of them, to forbid or to allow it any of them.
 */
export const PATTERNS = z
  .strictObject({
    notification: z
      .strictObject({
        channel: channels,
        about: subject.optional().describe('what it is about'),
        to: z.string().min(1).optional().describe('an address or a number'),
        matching: matching.optional(),
        outcome: z.enum(['sent', 'retried', 'dead']).default('sent').describe('what becomes of it'),
      })
      .describe('people are told')
      .transform(({ channel, about, to, matching, outcome }): Pattern[] =>
        channel.map((name) => {
          const aboutWords = about === undefined ? '' : ` about ${subjectInWords(about)}`;
          const toWords = to === undefined ? '' : ` to ${to}`;
          return pattern({
            words: `${CHANNEL_WORDS[name]}${toWords}${aboutWords}${OUTCOME_WORDS[outcome]}`,
            types: outcome === 'sent' ? CHANNEL_TYPES[name] : [`notification.${outcome}`],
            about,
            matching,
            where: ({ subject, data }) =>
              (about === undefined || subject === about) &&
              (to === undefined || data['to'] === to) &&
              (outcome === 'sent' || data['channel'] === name),
          });
        }),
      ),
    lamp: z
      .strictObject({ about: subject, becomes: z.enum(['on', 'off']), matching: matching.optional() })
      .describe('a lamp on the panel goes on or off')
      .transform(({ about, becomes, matching }): Pattern[] => [
        pattern({
          words: `lamp ${subjectInWords(about)} goes ${becomes}`,
          types: [`lamp.${becomes}`],
          about,
          matching,
        }),
      ]),
    valve: z
      .strictObject({ floor, becomes: z.enum(['open', 'closed', 'faulty']) })
      .describe("a floor's valve says that it is open or closed, or does not answer")
      .transform(({ floor, becomes }): Pattern[] => [
        pattern({ words: `valve ${floor} becomes ${becomes}`, types: [VALVE_TYPES[becomes]], about: `floor/${floor}` }),
      ]),
    detector: z
      .strictObject({ id: detector, becomes: z.enum(['alarm', 'suspect', 'silent', 'ok']) })
      .describe('a detector raises or joins an alarm, loses its connection, is found silent, or is heard again')
      .transform(({ id, becomes }): Pattern[] => [
        pattern({
          words: `detector ${id} becomes ${becomes}`,
          types: [DETECTOR_TYPES[becomes]],
          about: `detector/${id}`,
          where: ({ data }) => data['detector'] === id,
        }),
      ]),
    alarm: z
      .strictObject({ floor, becomes: z.enum(['raised', 'reset']) })
      .describe('a floor is in alarm, once for each detector that says so, or a human has reset it')
      .transform(({ floor, becomes }): Pattern[] => [
        pattern({
          words: `alarm of floor ${floor} is ${becomes}`,
          types: [`alarm.${becomes}`],
          about: `floor/${floor}`,
        }),
      ]),
    disablement: z
      .strictObject({
        about: subject.refine((about) => /^(detector|floor)\//.test(about), 'a detector or a floor is expected'),
        becomes: z.enum(['disabled', 'enabled']),
      })
      .describe('a planned silence of a detector or a floor begins, or ends')
      .transform(({ about, becomes }): Pattern[] => [
        pattern({
          words: `${subjectInWords(about)} is ${becomes}`,
          types: [`detector.${becomes}`, `floor.${becomes}`],
          about,
        }),
      ]),
    pipeline: z
      .enum(['silent', 'ok'])
      .describe('the way from the detectors to the processors is found silent, or works again')
      .transform((becomes): Pattern[] => [
        pattern({
          words: `pipeline becomes ${becomes}`,
          types: [becomes === 'ok' ? 'pipeline.recovered' : 'pipeline.silent'],
          about: 'pipeline',
        }),
      ]),
    deadLetter: z
      .strictObject({
        topic: z.string().min(1).optional().describe('a topic of dead letters, as emails.dead'),
        code: z.string().min(1).optional().describe('the code of the error'),
      })
      .describe('somebody could not handle a record')
      .transform(({ topic, code }): Pattern[] => [
        pattern({
          words: ['dead letter', ...(topic ? [`on ${topic}`] : []), ...(code ? [`with ${code}`] : [])].join(' '),
          types: ['dead-letter'],
          about: undefined,
          where: ({ data }) =>
            (topic === undefined || data['topic'] === topic) && (code === undefined || data['code'] === code),
        }),
      ]),
    log: z
      .strictObject({ matching })
      .describe('an error in the log')
      .transform(({ matching }): Pattern[] => [
        pattern({ words: 'error in the log', types: ['log.error'], about: undefined, matching }),
      ]),
  })
  .partial();

/** `where` says what else has to be so; without it, that it is about what `about` says, if it says anything. */
function pattern(given: {
  words: string;
  types: readonly HappeningType[];
  about: string | undefined;
  matching?: RegExp | undefined;
  where?: (happening: Happening) => boolean;
}): Pattern {
  const { words, types, about, matching, where = ({ subject }) => about === undefined || subject === about } = given;
  return {
    words: matching ? `${words} that matches ${matching}` : words,
    types,
    about,
    fits: (happening) =>
      types.includes(happening.type) && where(happening) && (matching === undefined || matching.test(happening.text)),
  };
}
