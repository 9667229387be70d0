import { parseEvent } from '../../contracts/cloud-events.ts';
import { deadLetterOf, REPLAY_TOPIC_HEADER } from '../../contracts/dead-letters.ts';
import { type ErrorCode, SmokewireError } from '../../contracts/errors.ts';
import { valveCommanded } from '../../contracts/events.ts';
import type { InRecord, OutRecord } from '../../contracts/kafka-records.ts';
import { valveCommandPayloadSchema } from '../../contracts/mqtt-payloads.ts';
import { valveTopic } from '../../contracts/mqtt-topics.ts';

/** What has to be done for a record of `valve-commands`. */
export type Egress =
  | { readonly publish: { readonly topic: string; readonly payload: string } }
  | { readonly deadLetter: OutRecord; readonly code: ErrorCode };

/** @param now milliseconds since the Unix epoch: a command whose time is over is not published */
export function egressOf(
  record: InRecord,
  now: number,
  site: { readonly root: string; readonly site: string },
): Egress {
  try {
    const { floor, ...command } = parseEvent(record, [valveCommanded]).data;
    if (Date.parse(command.expires) <= now) {
      throw new SmokewireError('COMMAND_EXPIRED', `the command to floor ${floor} expired at ${command.expires}`);
    }
    return {
      publish: {
        topic: valveTopic(site.root, site.site, floor, 'command'),
        payload: JSON.stringify(valveCommandPayloadSchema.parse(command)),
      },
    };
  } catch (error) {
    if (!(error instanceof SmokewireError)) throw error;
    return { deadLetter: buried(record, error, now), code: error.code };
  }
}

/** A replay would find an expired command no younger. */
function buried(record: InRecord, error: SmokewireError, now: number): OutRecord {
  const letter = deadLetterOf(record, error, now);
  if (error.code !== 'COMMAND_EXPIRED') return letter;
  const headers = Object.entries(letter.headers ?? {}).filter(([name]) => name !== REPLAY_TOPIC_HEADER);
  return { ...letter, headers: Object.fromEntries(headers) };
}
