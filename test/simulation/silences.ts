import { isCanary } from '../../contracts/signals.ts';
import type { Heard } from './bridge.ts';
import { type Plan, WILL_MS } from './detector.ts';
import { type History, WINDOWS } from './simulation.ts';
import { type Standing, View } from './view.ts';

const PERIOD = WINDOWS.canaryPeriodMs;
/** A song with a longer pause is two songs. */
const PAUSE_MS = 3 * PERIOD;
/** After so many beats of others a bridge that is mute may be taken as gone, and has to be some beats later. */
const GONE_BEATS = 30;
/** How many beats after its window a silence has to be told: one for the announcement, one for each end of the song. */
const LATE_BEATS = 3;
/** How long a note may be on its way, ms. */
const NOTED_MS = 200;

/** A time in which nothing stands in the log of a detector, from one of its signals to the next. Records are named by their position in its view. */
export interface Silence {
  /** The last signal before it; -1 where there was none. */
  readonly after: number;
  /** When that was received, ms. */
  readonly since: number;
  /** The signal that ends it; undefined where none does. */
  readonly endedAt: number | undefined;
  /** The canary records at which it is true that the detector is to blame. */
  readonly mayBeToldAt: readonly number[];
  /** The first canary record at which it is too late to learn of it; undefined where nobody has to. */
  readonly mustBeToldAt: number | undefined;
}

interface Song {
  /** To how many partitions the bridge deals out signals: where it learns of more, time begins anew. */
  readonly partitions: number;
  from: number;
  last: number;
  /** Beats since the detector was heard last, or since the song began. */
  beats: number;
}

/** A detector's silences, as one sees them who knows what was really received when. */
export function silencesOf(history: History, plan: Plan): Silence[] {
  const silences: Silence[] = [];
  const songs = new Map<string, Song>();
  const view = new View(history, plan.id);
  let silence = new OpenSilence(history, plan, undefined, -1);
  for (const [position, record] of view.records.entries()) {
    const { heard } = record;
    if (isCanary(heard.detector)) {
      sing(songs, heard);
      silence.canary(position, record, songs, view.isProof(record));
    } else if (heard.detector === plan.id && !view.isLost(record)) {
      silences.push(silence.ended(position));
      silence = new OpenSilence(history, plan, heard, position);
      for (const song of songs.values()) song.beats = 0;
    }
  }
  return [...silences, silence.ended(undefined)];
}

function sing(songs: Map<string, Song>, { bridge, at, partitions }: Heard): void {
  const song = songs.get(bridge);
  if (!song || song.partitions < partitions || at - song.last > PAUSE_MS) {
    songs.set(bridge, { partitions, from: at, last: at, beats: 0 });
  } else if (at > song.last) {
    song.last = at;
    song.beats++;
  }
}

class OpenSilence {
  readonly #history: History;
  readonly #plan: Plan;
  readonly #last: Heard | undefined;
  readonly #after: number;
  readonly #mayBeToldAt: number[] = [];
  #mustBeToldAt: number | undefined;
  /** Beats since the detector stood in the registry. */
  #beatsSinceAnnounced = 0;

  constructor(history: History, plan: Plan, last: Heard | undefined, after: number) {
    this.#history = history;
    this.#plan = plan;
    this.#last = last;
    this.#after = after;
  }

  canary(position: number, { partition, heard }: Standing, songs: ReadonlyMap<string, Song>, isProof: boolean): void {
    const { bridge, at, appendedAt } = heard;
    const announced = (this.#history.announced.get(this.#plan.id) ?? []).filter((one) => one.at <= appendedAt);
    const [first] = announced;
    const song = songs.get(bridge);
    if (!first || !song) return;
    const registered = this.#history.registered.get(this.#plan.id) ?? [];
    const isRegistered = registered.some((one) => one.partition === partition && one.at <= appendedAt);
    this.#beatsSinceAnnounced = isRegistered ? this.#beatsSinceAnnounced + 1 : 0;

    const windows = announced.map(({ heartbeatMs }) => WINDOWS.misses * heartbeatMs + WINDOWS.graceMs);
    // It may have been received long before Kafka took it.
    const silentFrom = this.#last?.at ?? first.receivedAt;
    // A Last Will is believed sooner: a healthy detector would have signalled since. A broker may have kept it for long.
    const heartbeat = Math.min(...announced.map(({ heartbeatMs }) => heartbeatMs));
    const least = this.#isCutOff(this.#last ? silentFrom - WILL_MS : 0, at) ? heartbeat + PERIOD : Math.min(...windows);
    const paths = this.#bridges(appendedAt).map((name) => {
      const own = songs.get(name);
      const gone = own !== song && (own === undefined || at - own.last >= (GONE_BEATS - 3) * PERIOD);
      const silentMs = gone || !own ? at - silentFrom : own.last - Math.max(silentFrom, own.from);
      return { own, gone, silentMs };
    });
    const isToBlame = paths.some(({ gone, silentMs }) => silentMs > least && (gone || this.#isAiling(silentFrom, at)));
    if (isToBlame) this.#mayBeToldAt.push(position);
    if (!isProof || paths.some(({ own, gone }) => own !== song && !gone)) return;

    const since = this.#last?.at ?? first.at;
    // A watchdog that starts after a change of the heartbeat knows the new one only, and not since when.
    const changes = (this.#history.announced.get(this.#plan.id) ?? []).slice(1);
    if (changes.some((change) => change.at > since || this.#history.story.crashRate > 0)) return;
    if (!this.#isNotedBeforeItIsRepeated(since, partition)) return;
    const beats = Math.min(song.beats, this.#beatsSinceAnnounced / songs.size);
    const allowed = Math.max(...windows) / PERIOD + LATE_BEATS + (paths.some(({ gone }) => gone) ? GONE_BEATS + 10 : 0);
    if (beats >= allowed) this.#mustBeToldAt ??= position;
  }

  /** Whose time it is judged by: the bridge's that heard it last, and before that one's through which it was announced. */
  #bridges(appendedAt: number): string[] {
    if (this.#last) return [this.#last.bridge];
    const announcements = this.#history.announcements.filter(({ id, at }) => id === this.#plan.id && at <= appendedAt);
    return [...new Set(announcements.map(({ bridge }) => bridge))];
  }

  #isCutOff(from: number, to: number): boolean {
    const { ailments, moves } = this.#plan;
    return (
      // A second device with its id has a Last Will of its own.
      this.#losesDouble(from, to) ||
      moves.some(({ at }) => at > from && at < to) ||
      ailments.some((ailment) => ailment.kind !== 'silenced' && ailment.from < to && ailment.to > from)
    );
  }

  /** The registry keeps the last announcement only: who finds no note of an earlier one begins with that. */
  #isNotedBeforeItIsRepeated(since: number, partition: number): boolean {
    const { id } = this.#plan;
    const repeated = this.#history.announcements.find((one) => one.id === id && one.at > since)?.at;
    return (
      repeated === undefined ||
      this.#history.world.said.some(
        ({ record, at }) =>
          at < repeated - NOTED_MS &&
          record.topic === 'detector-states' &&
          record.key === String(id) &&
          record.partition === partition &&
          record.value?.includes('judged'),
      )
    );
  }

  ended(endedAt: number | undefined): Silence {
    return {
      after: this.#after,
      since: this.#last?.at ?? this.#plan.bornAt,
      endedAt,
      mayBeToldAt: this.#mayBeToldAt,
      mustBeToldAt: this.#mustBeToldAt,
    };
  }

  /** Whether something was wrong with the detector itself. */
  #isAiling(from: number, to: number): boolean {
    return this.#losesDouble(from, to) || this.#plan.ailments.some((ailment) => ailment.from < to && ailment.to > from);
  }

  /** Whether a second device with its id was taken down: where that one was heard last, nobody is heard any more. */
  #losesDouble(from: number, to: number): boolean {
    return this.#plan.oddities.some((odd) => odd.kind === 'duplicate-id' && odd.to > from && odd.to < to);
  }
}
