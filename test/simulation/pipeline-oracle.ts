import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import { decision, type ToldIncident } from './oracle.ts';
import { type History, WINDOWS } from './simulation.ts';
import { END_MS } from './story.ts';

const GAP_MS = 3 * WINDOWS.canaryPeriodMs;
/** Between a record's way into the log and its way into a watchdog, ms. */
const LAG_MS = 700;
/** What a watchdog that was just started, or woken up, may take longer. */
const LATE_MS = 2_500;

/** What is wrong with what was said about the pipeline. */
export function pipelineProblems(history: History, told: readonly ToldIncident[]): string[] {
  const about = told.filter(({ data }) => data.subject === 'pipeline');
  const opened = about.filter(({ data }) => data.change === 'opened');
  const songs = history.heard.map((records) =>
    records.filter(({ detector }) => detector < 0).map(({ appendedAt }) => appendedAt),
  );
  return [
    ...opened
      .filter(({ data }) => wasHeard(history, songs, decision(history, data.incident)?.at ?? 0))
      .map(({ said }) => `FALSE pipeline: told at ${said.at} by ${said.cause.process}`),
    ...opened
      .filter(
        ({ data }) => !about.some((other) => other.data.change === 'closed' && other.data.incident === data.incident),
      )
      .map(({ data, said }) => `RECOVERY NOT TOLD pipeline: ${data.incident}, told at ${said.at}`),
    ...songs.flatMap((times, partition) =>
      pauses(times)
        .filter(
          ([from, to]) => to - from > GAP_MS + LATE_MS && isWatched(history, partition, from, from + GAP_MS + LATE_MS),
        )
        .filter(
          ([from, to]) =>
            !opened.some(
              ({ said, data }) =>
                (said.at >= from + GAP_MS && said.at <= to) || isOpenAt(about, data.incident, from + GAP_MS + LATE_MS),
            ),
        )
        .map(([from, to]) => `MISSED pipeline: partition ${partition} was silent from ${from} to ${to}`),
    ),
  ];
}

function isOpenAt(about: readonly ToldIncident[], incident: string | null, at: number): boolean {
  const mine = about.filter(({ data, said }) => data.incident === incident && said.at <= at);
  return mine.length === 1;
}

/** Whether a canary of every partition that there was had come within three periods, and could be read. */
function wasHeard({ story }: History, songs: readonly (readonly number[])[], at: number): boolean {
  if (story.kafkaOutages.some(({ from, to }) => from <= at && to >= at - GAP_MS - LAG_MS)) return false;
  const sung = songs.filter(([first = END_MS], partition) => partition < PARTITIONS || first < at - GAP_MS);
  return sung.every((times) => times.some((sang) => sang <= at - LAG_MS / 2 && sang > at - GAP_MS + LAG_MS));
}

function pauses(times: readonly number[]): [number, number][] {
  return times.map((from, i): [number, number] => [from, times[i + 1] ?? END_MS]);
}

/** Whether one watchdog could hear the partition all the time, and had a canary before. */
function isWatched({ story, watched }: History, partition: number, from: number, to: number): boolean {
  if (story.kafkaOutages.some((outage) => outage.from <= to && outage.to >= from)) return false;
  return (watched[partition] ?? []).some((span) => span.from < from - 1_500 && span.to > to);
}
