import { parseEvent } from '../../contracts/cloud-events.ts';
import { detectorRegistered, detectorStateChanged, presenceChanged } from '../../contracts/events.ts';
import { headerOf, type InRecord, isLeftOver, movedAmong, type OutRecord } from '../../contracts/kafka-records.ts';
import { PARTITIONS } from '../../contracts/kafka-topics.ts';
import { isCanary, parseSignal, partitionsSung, type Signal, signalValueOf } from '../../contracts/signals.ts';
import type { Extent } from '../../transport/kafka/offsets.ts';
import { partitionOf } from '../../transport/kafka/partition.ts';
import { type Committed, type Emission, NOTHING, type Task } from '../../transport/kafka/types.ts';
import { plausibleTime } from '../plausible-time.ts';
import { CensusWriter } from './census-writer.ts';
import { Judge, type WindowOptions } from './judge.ts';
import type { JudgedPartitions } from './judged-partitions.ts';
import { Strays } from './moves.ts';
import { tellOddities } from './odd-telling.ts';
import { OthersSilences } from './others-silences.ts';
import type { PassiveRegistry } from './passive-registry.ts';
import { type PipelineMonitor, type PipelineNews, PipelineWatch } from './pipeline.ts';
import { GAP_PERIODS } from './proven-time.ts';
import { parseReadBackMetadata, ReadBack, readBackMetadata } from './read-back.ts';
import { type Moment, pipelineKey, seconds, stateRecord, tell, tellPipeline, type Voice } from './telling.ts';
import { isOld, type Told } from './told.ts';
import type { Watched } from './watched.ts';

/** Further ahead of ours no bridge's clock is, in ms. */
const MOST_SKEW_MS = 3_600_000;

/**
 * Of how many detectors one step tells, and how many it looks at: where all fall silent at once, the others follow as Kafka
 * acknowledges, and whatever else the process has to do comes in between.
 */
const MOST_TOLD = 250;
const MOST_LOOKED_AT = 20_000;

export interface WatchdogTaskOptions extends WindowOptions {
  readonly site: string;
  /** The watchdog's consumer group. */
  readonly group: string;
  readonly partition: number;
  /** How many there are. */
  readonly partitions: number;
  /** Whose heartbeats come in this partition. */
  readonly canary: number;
  /** Shared by the tasks of a process. */
  readonly monitor: PipelineMonitor;
  readonly passive: PassiveRegistry;
  readonly judged: JudgedPartitions;
}

/** The watchdog of one partition: turns records into what the judge and the pipeline's watch know, and their words into records. */
export class WatchdogTask implements Task {
  readonly #options: WatchdogTaskOptions;
  readonly #judge: Judge;
  readonly #pipeline: PipelineWatch;
  readonly #readBack = new ReadBack();
  readonly #others = new OthersSilences();
  readonly #strays: Strays;
  readonly #census: CensusWriter;
  readonly #voice: Voice;
  /** The last offset of `signals` that was read. */
  #offset = -1;
  /** Records of `signals` below this one were told by a predecessor; they only rebuild what it knew. */
  #firstNew = 0;
  /** Records of `signals` below this one stood there already when the tables were read, whatever those tell of later ones. */
  #live = 0;
  /** Whether everything that the tables and the read-back left untold was put on the list. */
  #swept = false;
  /** Partitions were added: nothing is judged here until the group has dealt them out. */
  #isOutgrown = false;
  /** There is more to tell than one step tells: the time of the last canary record. */
  #more: number | undefined;

  constructor(options: WatchdogTaskOptions) {
    this.#options = options;
    this.#judge = new Judge(options);
    this.#pipeline = new PipelineWatch(options);
    const { site, group } = options;
    this.#voice = { site, group, partition: partitionOf(site, PARTITIONS) };
    this.#strays = new Strays(options);
    this.#census = new CensusWriter(options.partition, this.#voice.partition);
    options.passive.forget(options.partition);
    options.judged.hold(options.partition);
  }

  table(record: InRecord, now: number, restoring: boolean): Emission {
    if ((movedAmong(record) ?? 0) > this.#options.partitions) {
      this.#isOutgrown = true;
      return NOTHING;
    }
    if (this.#strays.take(record, restoring) || isLeftOver(record)) return NOTHING;
    switch (record.topic) {
      case 'detectors':
        return this.#registry(record, now);
      case 'presence':
        return this.#presence(record, now, restoring);
      default:
        return this.#state(record, now, restoring);
    }
  }

  restored(
    committed: ReadonlyMap<string, Committed>,
    extents: ReadonlyMap<string, Extent>,
  ): ReadonlyMap<string, number> {
    this.#judge.restored();
    this.#live = extents.get('signals')?.end ?? 0;
    const signals = committed.get('signals');
    if (!signals) return new Map();
    this.#firstNew = signals.offset;
    const from = Math.min(parseReadBackMetadata(signals.metadata) ?? signals.offset, signals.offset);
    this.#offset = from - 1;
    this.#readBack.begin(from);
    return new Map([['signals', from]]);
  }

  expect(records: readonly InRecord[]): void {
    this.#judge.expect(records.map(({ key }) => Number(key)));
  }

  input(record: InRecord, now: number): Emission {
    if (record.offset <= this.#offset) this.#beginAnew();
    this.#readBack.begin(record.offset);
    this.#offset = record.offset;
    const value = signalValueOf(record);
    // What else cannot be read, the filter buries: it is the one who looks for a 1.
    if (value === undefined) return NOTHING;
    const signal = this.#parse(record, value, now);
    if (!signal) return NOTHING;
    const moment = { offset: record.offset, at: signal.receivedAt, now };
    if (!isCanary(signal.detector)) return this.#signal(signal, moment);
    return signal.value === 0 && this.#proves(record) ? this.#canary(signal, moment) : NOTHING;
  }

  deadline(): number | undefined {
    return this.#more === undefined ? this.#pipeline.deadline() : 0;
  }

  wake(now: number): Emission {
    const news = this.#pipeline.overdue(now, this.#offset);
    const emissions = news ? [this.#pipelineNews(news, now)] : [];
    if (this.#more !== undefined) emissions.push(...this.#tellNews({ offset: this.#offset, at: this.#more, now }));
    return merge(emissions);
  }

  metadata(topic: string): string {
    return topic === 'signals' ? readBackMetadata(this.#readBack.from()) : '';
  }

  /** The partition went to another member: its detectors are polled, and its silence is told, by that one. */
  dropped(): void {
    this.#options.passive.forget(this.#options.partition);
    this.#options.monitor.forget(this.#options.partition);
    this.#options.judged.forget(this.#options.partition);
  }

  /** Throws RECORD_INVALID for a 0 that cannot be read; undefined for a 1, which the filter buries. */
  #parse(record: InRecord, value: 0 | 1, now: number): Signal | undefined {
    try {
      const signal = parseSignal(record);
      return { ...signal, receivedAt: plausibleTime(signal.receivedAt, now) };
    } catch (error) {
      if (value === 1) return undefined;
      throw error;
    }
  }

  /**
   * Whether a canary's record proves time: where its bridge deals signals out to other partitions than the watchdog does, those of
   * a detector that has moved are in another one.
   */
  #proves(canary: InRecord): boolean {
    const { partitions } = this.#options;
    const sung = partitionsSung(canary) ?? partitions;
    this.#isOutgrown ||= sung > partitions;
    return sung === partitions && !this.#isOutgrown;
  }

  #signal(signal: Signal, moment: Moment): Emission {
    const watched = this.#judge.signal(signal, moment.offset);
    if (!watched || !this.#isNew(moment) || isOld(watched.told, moment.offset)) return NOTHING;
    return this.#tell(watched, moment);
  }

  #canary(signal: Signal, moment: Moment): Emission {
    this.#judge.canary(moment.offset, signal.bridge, signal.receivedAt);
    this.#readBack.note(moment.offset, this.#judge.time.now, this.#judge.spanMs);
    if (!this.#isNew(moment)) return NOTHING;
    this.#options.judged.judged(this.#options.partition, moment.now);
    const news = this.#pipeline.sang(moment.now, moment.at, moment.offset);
    this.#others.settle(this.#judge, moment.offset);
    // What happened while nobody was watching, in the tables, comes to light once the log is caught up with.
    if (!this.#swept) this.#judge.sweep();
    if (moment.offset + 1 >= this.#live) this.#judge.time.live();
    this.#swept = true;
    const census = { outputs: this.#census.take(this.#judge.census, moment.now), changelog: [] };
    const pipeline = news ? [this.#pipelineNews(news, moment.now)] : [];
    // Who waits has his turn when he is woken: of canary records that were left unread one batch brings thousands.
    const words = this.#more === undefined ? this.#tellNews(moment) : [];
    if (this.#more !== undefined) this.#more = moment.at;
    return merge([this.#strays.passOn(), ...pipeline, ...words, census]);
  }

  /** Tells of those of whom something else is true than was told, though not of too many at once. */
  #tellNews(moment: Moment): Emission[] {
    const emissions: Emission[] = [];
    const tooEarly: Watched[] = [];
    let looked = 0;
    for (; looked < MOST_LOOKED_AT && emissions.length < MOST_TOLD; looked++) {
      const watched = this.#judge.takeNews();
      if (!watched) break;
      if (isOld(watched.told, moment.offset)) {
        tooEarly.push(watched);
        continue;
      }
      const emission = this.#tell(watched, moment);
      if (emission !== NOTHING) emissions.push(emission);
    }
    for (const watched of tooEarly) this.#judge.putBack(watched);
    // Where it is too early for all of them, the log has to go on first.
    const isMore = (looked === MOST_LOOKED_AT && tooEarly.length < looked) || emissions.length === MOST_TOLD;
    this.#more = isMore ? moment.at : undefined;
    return emissions;
  }

  #registry(record: InRecord, now: number): Emission {
    const { passive, partition } = this.#options;
    const id = Number(record.key);
    if (isCanary(id)) return NOTHING;
    if (record.value === null) {
      passive.remove(partition, id);
      this.#judge.unregister(id);
      return NOTHING;
    }
    const { data, time } = parseEvent(record, [detectorRegistered]);
    if (data.mode === 'passive') passive.set(partition, data);
    else passive.remove(partition, data.id);
    // Or a clock that was put back since would keep the log from ever reaching it.
    const at = time > now + MOST_SKEW_MS ? now : time;
    const bridge = headerOf(record, 'bridge') ?? '';
    this.#judge.register(data.id, data.floor, data, { at, bridge });
    return NOTHING;
  }

  #presence(record: InRecord, now: number, restoring: boolean): Emission {
    if (record.value === null || isCanary(Number(record.key))) return NOTHING;
    const { data } = parseEvent(record, [presenceChanged]);
    const at = Date.parse(data.at);
    const will = data.status === 'offline' ? { at, bridge: headerOf(record, 'bridge') ?? '' } : undefined;
    const watched = this.#judge.presence(data.id, data.floor, will);
    // While the log is being caught up with, the sweep at its end tells what is true then.
    if (restoring || this.#offset + 1 < this.#firstNew) return NOTHING;
    if (this.#offset < (watched.told?.offset ?? -1)) {
      this.#judge.putBack(watched);
      return NOTHING;
    }
    return this.#tell(watched, { offset: this.#offset, at, now });
  }

  /** What a predecessor told, and once restored, what is written here beside the task's own words. */
  #state(record: InRecord, now: number, restoring: boolean): Emission {
    if (record.value === null) return NOTHING;
    const { data } = parseEvent(record, [detectorStateChanged]);
    const lastAt = typeof data.lastAt === 'string' ? Date.parse(data.lastAt) : data.lastAt;
    const told: Told = { ...data, since: Date.parse(data.since), lastAt };
    if (isCanary(data.id)) {
      if (record.key !== pipelineKey(this.#options.canary, this.#options.group)) return NOTHING;
      if (restoring) this.#pipeline.recall(told);
      const news = restoring ? undefined : this.#pipeline.noted(told);
      return news ? this.#pipelineNews(news, now) : NOTHING;
    }
    if (restoring) {
      const known = this.#judge.toldOf(data.id);
      // One that stood still and was succeeded wrote last, and nobody was left to contradict it: what is true is said once more.
      const isBehind = known !== undefined && told.episode < known.episode;
      this.#judge.recall(data.id, data.floor, isBehind ? { ...known, untold: true } : told);
      return NOTHING;
    }
    return this.#heardTold(data, told, now);
  }

  /**
   * A predecessor that stood still, and does not know yet that it was succeeded, may write once more, and is contradicted. The
   * silence that it found, told of and saw the end of has its number, though: under the same one the next is no news to anybody,
   * and one that was told under it is taken for over with it. That is told under the next number.
   */
  #heardTold({ id, floor }: { readonly id: number; readonly floor: number }, told: Told, now: number): Emission {
    const known = this.#judge.toldOf(id);
    if (!known) return NOTHING;
    if (told.episode > known.episode) this.#others.note(id, told);
    const isPassed = told.offset <= Math.max(this.#offset, this.#firstNew - 1, known.offset);
    const isOver = told.state !== 'silent' && isPassed;
    const isOurs = known.state === 'silent' && told.episode === known.episode && told.offset < known.offset;
    let counted: Told = known;
    if (isOver && told.episode > known.episode) counted = { ...known, episode: told.episode };
    else if (isOver && isOurs) counted = { ...known, state: told.state, incident: null, untold: undefined };
    if (counted !== known) this.#judge.correct(id, counted);
    if (told.offset >= known.offset) return NOTHING;
    return this.#here({ outputs: [], changelog: [stateRecord(id, floor, counted, now, told)] });
  }

  /** Offsets fall only where the topic was made anew: what was told includes nothing of it. */
  #beginAnew(): void {
    this.#firstNew = 0;
    this.#live = 0;
    this.#readBack.clear();
    this.#others.clear();
    this.#pipeline.beginAnew();
    this.#judge.beginAnew();
  }

  #isNew({ offset }: Moment): boolean {
    return offset >= this.#firstNew;
  }

  /** What belongs to another partition is that one's to tell, though a producer may not know so yet. */
  #tell(watched: Watched, moment: Moment): Emission {
    const { partition, partitions } = this.#options;
    if (this.#isOutgrown || partitionOf(String(watched.id), partitions) !== partition) return NOTHING;
    const untold = watched.told?.untold === true;
    const emission = tell(this.#judge, watched, moment, this.#voice);
    return this.#here(merge([emission, tellOddities(this.#judge, watched, moment, this.#voice, untold)]));
  }

  /** What is noted stands in this partition, to how many the producer may deal out keys by now. */
  #here(emission: Emission): Emission {
    if (emission === NOTHING) return NOTHING;
    const { partition } = this.#options;
    const { notes = [], outputs, changelog } = emission;
    const here = (records: readonly OutRecord[]) => records.map((record) => ({ ...record, partition }));
    return { notes: here(notes), outputs, changelog: here(changelog) };
  }

  #pipelineNews(news: PipelineNews, now: number): Emission {
    const { canary, canaryPeriodMs, partition } = this.#options;
    const reasons = {
      opened: `No canary has come for more than ${seconds(GAP_PERIODS * canaryPeriodMs)}: the way from the detectors through MQTT and Kafka is not proven alive (partition ${partition}). No detector is judged until it is.`,
      closed: 'The canaries are heard again: detectors are judged from here on.',
    };
    return tellPipeline(news, { canary, partition, voice: this.#voice }, reasons, { now, offset: this.#offset });
  }
}

function merge(emissions: readonly Emission[]): Emission {
  const told = emissions.filter((emission) => emission !== NOTHING);
  if (told.length <= 1) return told[0] ?? NOTHING;
  return {
    notes: told.flatMap(({ notes = [] }) => notes),
    outputs: told.flatMap(({ outputs }) => outputs),
    changelog: told.flatMap(({ changelog }) => changelog),
  };
}
