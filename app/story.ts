import { rfc3339 } from '../contracts/clock.ts';
import type { GroupView } from '../contracts/http.ts';
import type { InRecord } from '../contracts/kafka-records.ts';

/** The path of a message through the topics, in the order in which it passes them. */
export const PATH = [
  'signals',
  'presence',
  'alarms',
  'operator-commands',
  'valve-commands',
  'valve-states',
  'detector-states',
  'notifications',
  'emails',
  'sms',
  'panel',
  'deliveries',
  'lamps',
] as const;

/**
 * How far the records about a subject (`detector/8`, `floor/3`) got: for each topic on the path how many there are, where the
 * last one stands and since when; then what each group has not read yet. Without a subject, of all records.
 */
export function tellStory(
  subject: string | undefined,
  records: readonly InRecord[],
  groups: readonly GroupView[],
): string {
  const aboutIt = subject === undefined ? '' : ` about ${subject}`;
  const lines = PATH.map((topic) => {
    const about = records.filter(
      (record) => record.topic === topic && (subject === undefined || concerns(record, subject)),
    );
    const last = about.at(-1);
    if (!last) return `  ${topic.padEnd(18)} nothing${aboutIt}`;
    const place = `partition ${last.partition}, offset ${last.offset}, ${rfc3339(last.timestamp)}`;
    return `  ${topic.padEnd(18)} ${about.length}${aboutIt}, the last one at ${place}`;
  });
  const behind = groups.flatMap(({ group, members, partitions }) => {
    const lag = partitions.reduce((sum, partition) => sum + partition.lag, 0);
    return lag > 0 || members === 0 ? [`  group ${group}: ${members} members, ${lag} records behind`] : [];
  });
  return [
    `how far it got:`,
    ...lines,
    ...(behind.length > 0 ? behind : ['  every group is at the end of its topics']),
  ].join('\n');
}

/** A record is about a subject when it stands under its key, or names it. */
function concerns(record: InRecord, subject: string): boolean {
  const [kind, id] = subject.split('/');
  const keyed = kind === 'detector' ? KEYED_BY_DETECTOR : KEYED_BY_FLOOR;
  if (keyed.includes(record.topic)) return record.key === id;
  return record.value?.includes(`"${subject}"`) ?? false;
}

const KEYED_BY_DETECTOR: readonly string[] = ['signals', 'presence', 'detector-states'];
const KEYED_BY_FLOOR: readonly string[] = ['alarms', 'operator-commands', 'valve-commands', 'valve-states'];
