import { valveCommanded, valveReported } from '../../../contracts/events.ts';
import type { InRecord, OutRecord } from '../../../contracts/kafka-records.ts';
import { readable } from './outcome.ts';

interface Command {
  readonly id: string;
  /** Which valve, and which position. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * A valve answers to the id of a command, and that is another one in a replay, since it comes of where records stand in
 * their log. So a recorded answer is made one to the command of the replay that is the same: to the same valve, for the
 * same position, the nearest in time.
 */
export class ValveAnswers {
  readonly #recorded = new Map<string, Command>();
  readonly #replayed = new Map<string, Command[]>();

  /** A command of the recording. */
  recorded(record: InRecord): void {
    const command = commandOf(record);
    if (command) this.#recorded.set(command.id, command);
  }

  /** A command of the replay. */
  replayed(record: InRecord): void {
    const command = commandOf(record);
    if (command) this.#replayed.set(command.name, [...(this.#replayed.get(command.name) ?? []), command]);
  }

  /** The recorded answer as the replay needs it; undefined while the command that it is to has not been given. */
  translate(answer: OutRecord, source: InRecord): OutRecord | undefined {
    const report = readable(source, valveReported)?.data;
    const command = report?.commandId && this.#recorded.get(report.commandId);
    if (!report || !command) return answer;
    const distance = ({ at }: Command) => Math.abs(at - command.at);
    const same = this.#replayed.get(command.name)?.toSorted((a, b) => distance(a) - distance(b))[0];
    return same && { ...answer, value: JSON.stringify({ ...report, commandId: same.id }) };
  }
}

function commandOf(record: InRecord): Command | undefined {
  const command = readable(record, valveCommanded);
  return command && { id: command.data.id, at: command.time, name: `${command.data.floor} ${command.data.position}` };
}
