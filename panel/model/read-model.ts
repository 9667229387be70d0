import { type EventDefinition, parseEvent } from '../../contracts/cloud-events.ts';
import { disablementChanged } from '../../contracts/disablements.ts';
import {
  deliveryRecorded,
  detectorRegistered,
  detectorStateChanged,
  incidentChanged,
  type LampState,
  lampSwitched,
  type Notification,
  valveCommanded,
  valveReported,
} from '../../contracts/events.ts';
import type { LampView, SiteView } from '../../contracts/http.ts';
import { type InRecord, isLeftOver } from '../../contracts/kafka-records.ts';
import { DEAD_LETTER_TOPICS } from '../../contracts/kafka-topics.ts';
import { watchdogPulsed } from '../../contracts/pulses.ts';
import { isCanary } from '../../contracts/signals.ts';
import type { SiteEvent } from '../../contracts/site-events.ts';
import type { ChangeListener } from './changes.ts';
import { DeadLetters } from './dead-letters.ts';
import { Detectors } from './detectors.ts';
import { Disablements } from './disablements.ts';
import type { EventLog } from './event-log.ts';
import { Floors } from './floors.ts';
import { Incidents } from './incidents.ts';
import {
  deliveryEvent,
  detectorEvent,
  disablementEvent,
  incidentEvent,
  lampEvent,
  pipelineEvent,
  valveEvent,
} from './site-events.ts';
import { Watchdogs } from './watchdogs.ts';

/** What a record says, told as an event unless it is history; `cause` is what that event is recognised by when it is repeated. */
type Tell = (event: SiteEvent | undefined, cause: string) => void;
type Fold = (record: InRecord, tell: Tell) => void;

/**
 * The site as it is, folded from Kafka's records alone: the same records give the same model, however often they come. What a record
 * changes is told to `events` (a thing that happened) and to those that listen for changes (a view to fetch again).
 */
export class ReadModel {
  readonly #disablements = new Disablements();
  readonly floors = new Floors(this.#disablements);
  readonly detectors = new Detectors({
    floors: this.floors,
    disablements: this.#disablements,
    onChange: (id, floor) => this.#detectorChanged(id, floor),
  });
  readonly incidents: Incidents;
  readonly deadLetters: DeadLetters;
  readonly watchdogs = new Watchdogs();
  readonly #lamps = new Map<string, LampState>();
  /** The open faults about the pipeline, one for each of its parts that is judged on its own. */
  readonly #pipelineFaults = new Set<string>();
  #pipelineSince: string | null = null;
  readonly #events: EventLog;
  readonly #offsets = new Map<string, number>();
  readonly #listeners = new Set<ChangeListener>();
  /** How each topic's records are folded; all but the signals, which come by the thousand. */
  readonly #folds = new Map<string, Fold>([
    [detectorRegistered.topic, (record) => this.#register(record)],
    [detectorStateChanged.topic, (record, tell) => this.#judge(record, tell)],
    [disablementChanged.topic, (record, tell) => this.#disable(record, tell)],
    [watchdogPulsed.topic, (record) => this.#pulse(record)],
    [valveCommanded.topic, (record) => this.#command(record)],
    [valveReported.topic, (record, tell) => this.#report(record, tell)],
    [incidentChanged.topic, (record, tell) => this.#incident(record, tell)],
    [deliveryRecorded.topic, (record, tell) => this.#deliver(record, tell)],
    [lampSwitched.topic, (record, tell) => this.#lamp(record, tell)],
    ...DEAD_LETTER_TOPICS.map((topic): [string, Fold] => [topic, (record) => this.deadLetters.add(record)]),
  ]);

  constructor({ events, keepClosedIncidents = 1_000 }: { events: EventLog; keepClosedIncidents?: number }) {
    this.#events = events;
    this.incidents = new Incidents({ keepClosed: keepClosedIncidents });
    this.deadLetters = new DeadLetters({ count: 1_000, bytes: 4 * 1024 * 1024 });
  }

  /** The topics that the model is made of, and where their reading begins: a signal that is over says nothing. */
  get topics(): readonly { readonly topic: string; readonly from: 'beginning' | 'end' }[] {
    const rest = [...this.#folds.keys()].map((topic) => ({ topic, from: 'beginning' as const }));
    return [{ topic: 'signals', from: 'end' }, ...rest];
  }

  get pipeline(): SiteView['pipeline'] {
    return { state: this.#pipelineFaults.size > 0 ? 'silent' : 'ok', since: this.#pipelineSince };
  }

  /** By name. */
  get lamps(): LampView[] {
    return [...this.#lamps.values()].sort((a, b) => (a.lamp < b.lamp ? -1 : 1));
  }

  lamp(name: string): LampView | undefined {
    return this.#lamps.get(name);
  }

  /** Calls `listener` for each view that changes from now on; the answer ends that. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * One record of `topics`; one that was read already is skipped. `news` is false for what happened before this
   * process began to look: that is state, and no event.
   * @throws SmokewireError RECORD_INVALID where it is not what its topic carries; the model stays as it was.
   */
  apply(record: InRecord, news: boolean): void {
    if (record.topic === 'signals') {
      if (!record.key?.startsWith('-')) this.detectors.signal(record);
      return;
    }
    const place = `${record.topic}/${record.partition}`;
    if (record.offset <= (this.#offsets.get(place) ?? -1)) return;
    this.#offsets.set(place, record.offset);
    this.#folds.get(record.topic)?.(record, (event, cause) => {
      if (event && news) this.#events.publish(event, `${event.type} ${cause}`);
    });
  }

  #register(record: InRecord): void {
    if (isLeftOver(record)) return;
    if (record.value === null) this.detectors.remove(Number(record.key));
    else {
      const { data } = parse(record, detectorRegistered);
      if (!isCanary(data.id)) this.detectors.register(data);
    }
  }

  #judge(record: InRecord, tell: Tell): void {
    if (record.value === null) return;
    const { id, data } = parse(record, detectorStateChanged);
    if (isCanary(data.id)) return;
    tell(detectorEvent(this.detectors.judge(data), data), id);
  }

  #disable(record: InRecord, tell: Tell): void {
    const { id, data } = parse(record, disablementChanged);
    if (!this.#disablements.apply(data)) return;
    this.detectors.disablementChanged(data.subject);
    const [kind, number] = data.subject.split('/');
    if (kind === 'floor') this.#changed({ view: 'floor', floor: Number(number) });
    tell(disablementEvent(data), id);
  }

  #pulse(record: InRecord): void {
    if (record.key === null) return;
    if (record.value === null) this.watchdogs.remove(record.key);
    else this.watchdogs.pulse(record.key, parse(record, watchdogPulsed).data);
  }

  #command(record: InRecord): void {
    const { data } = parse(record, valveCommanded);
    if (this.floors.command(data.id, data.floor, data.by)) this.#changed({ view: 'floor', floor: data.floor });
  }

  #report(record: InRecord, tell: Tell): void {
    if (record.value === null) return;
    const { id, data } = parse(record, valveReported);
    const move = this.floors.report(data);
    if (!move) return;
    this.#changed({ view: 'floor', floor: data.floor });
    // A valve that announces itself for the first time stands where it stands: it has not moved.
    if (!move.first || data.commandId !== null) tell(valveEvent(data, move.by), id);
  }

  #incident(record: InRecord, tell: Tell): void {
    const { id, data } = parse(record, incidentChanged);
    const change = this.incidents.change(data);
    if (!change) return;
    const closed = change === 'closed';
    this.#changed({ view: 'incident', id: data.incident });
    if (data.kind === 'fire' && data.floor !== null) {
      this.floors.setIncident(data.floor, closed ? null : data.incident);
      this.#changed({ view: 'floor', floor: data.floor });
    }
    if (data.subject.startsWith('pipeline')) this.#pipelineFault(data, closed, tell, id);
    else tell(incidentEvent(change, data), id);
  }

  #pipelineFault(data: Notification, closed: boolean, tell: Tell, cause: string): void {
    const before = this.pipeline.state;
    if (closed) this.#pipelineFaults.delete(data.incident);
    else this.#pipelineFaults.add(data.incident);
    if (this.pipeline.state === before) return;
    this.#pipelineSince = data.at;
    tell(pipelineEvent(!closed, data), cause);
  }

  #deliver(record: InRecord, tell: Tell): void {
    const { id, data } = parse(record, deliveryRecorded);
    this.incidents.deliver(data);
    this.#changed({ view: 'incident', id: data.incident });
    tell(deliveryEvent(data), id);
  }

  #lamp(record: InRecord, tell: Tell): void {
    if (record.value === null) {
      if (record.key !== null && this.#lamps.delete(record.key)) this.#changed({ view: 'lamp', lamp: record.key });
      return;
    }
    const { id, data } = parse(record, lampSwitched);
    const wasOn = this.#lamps.get(data.lamp)?.on ?? false;
    this.#lamps.set(data.lamp, data);
    this.#changed({ view: 'lamp', lamp: data.lamp });
    if (data.on !== wasOn) tell(lampEvent(data), id);
  }

  #detectorChanged(id: number, floor: number): void {
    this.#changed({ view: 'detector', id });
    this.#changed({ view: 'floor', floor });
  }

  #changed(change: Parameters<ChangeListener>[0]): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function parse<T>(record: InRecord, definition: EventDefinition<T>) {
  return parseEvent(record, [definition]);
}
