import { parseEvent } from '../../../contracts/cloud-events.ts';
import { type ValveState, valveCommanded, valveReported } from '../../../contracts/events.ts';
import type { InRecord, OutRecord } from '../../../contracts/kafka-records.ts';

interface Command {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * A valve answers to the id of a command, and that is another one in a replay, since it comes of where records stand in
 * their log. So a recorded answer is made one to the command of the replay that is the same: to the same valve, for the
 * same position, the nearest in time.
 */
export class ValveAnswers {
  readonly #recorded = new Map<string, { readonly name: string; readonly at: number }>();
  readonly #replayed = new Map<string, Command[]>();

  /** A command of the recording. */
  recorded(record: InRecord): void {
    const { id, at, name } = commandOf(record);
    this.#recorded.set(id, { name, at });
  }

  /** A command of the replay. */
  replayed(record: InRecord): void {
    const { name, ...command } = commandOf(record);
    this.#replayed.set(name, [...(this.#replayed.get(name) ?? []), command]);
  }

  /** The recorded answer as the replay needs it; undefined while the command that it is to has not been given. */
  translate(answer: OutRecord, source: InRecord): OutRecord | undefined {
    const report = reportOf(source);
    const command = report?.commandId && this.#recorded.get(report.commandId);
    if (!report || !command) return answer;
    const distance = ({ at }: Command) => Math.abs(at - command.at);
    const same = this.#replayed.get(command.name)?.toSorted((a, b) => distance(a) - distance(b))[0];
    return same && { ...answer, value: JSON.stringify({ ...report, commandId: same.id }) };
  }
}

function commandOf(record: InRecord): Command & { name: string } {
  const { data, time } = parseEvent(record, [valveCommanded]);
  return { id: data.id, at: time, name: `${data.floor} ${data.position}` };
}

/** Undefined for what the floor controller cannot read either. */
function reportOf(record: InRecord): ValveState | undefined {
  try {
    return parseEvent(record, [valveReported]).data;
  } catch {
    return undefined;
  }
}
