import { z } from 'zod';
import { defineEvent } from './cloud-events.ts';
import {
  detectorConfigSchema,
  valveCommandPayloadSchema,
  valvePositionSchema,
  valveStatePayloadSchema,
} from './mqtt-payloads.ts';

/** What the roles tell each other over Kafka: one definition for each type of event. All times are RFC 3339 in UTC. */

const id = z.int();
const floor = z.int();
const time = z.iso.datetime();
const uuid = z.uuid();

const alarmSchema = z.object({
  floor,
  detector: id,
  at: time,
  /** Where in `signals` the signal stands. A detector's signals share a partition, so a repetition never has a higher one. */
  offset: z.int().nonnegative().optional(),
});
export type Alarm = z.infer<typeof alarmSchema>;
/** A detector signalled 1; once for each such signal. */
export const alarmDetected = defineEvent({
  type: 'smokewire.alarm.detected',
  topic: 'alarms',
  schema: alarmSchema,
  key: (data: Alarm) => String(data.floor),
});

const valveRequestSchema = z.object({ floor, position: valvePositionSchema, by: z.string().min(1).max(200) });
export type ValveRequest = z.infer<typeof valveRequestSchema>;
/** A human switched a floor's valve. The event's id is the command's. */
export const valveRequested = defineEvent({
  type: 'smokewire.valve.requested',
  topic: 'operator-commands',
  schema: valveRequestSchema,
  key: (data: ValveRequest) => String(data.floor),
});

const resetRequestSchema = z.object({ floor, by: z.string().min(1).max(200) });
export type ResetRequest = z.infer<typeof resetRequestSchema>;
/** A human ends a floor's fire incident. */
export const resetRequested = defineEvent({
  type: 'smokewire.floor.reset-requested',
  topic: 'operator-commands',
  schema: resetRequestSchema,
  key: (data: ResetRequest) => String(data.floor),
});

const valveCommandSchema = valveCommandPayloadSchema.extend({ floor });
export type ValveCommand = z.infer<typeof valveCommandSchema>;
export const valveCommanded = defineEvent({
  type: 'smokewire.valve.commanded',
  topic: 'valve-commands',
  schema: valveCommandSchema,
  key: (data: ValveCommand) => String(data.floor),
});

const valveStateSchema = valveStatePayloadSchema.extend({ floor, at: time });
export type ValveState = z.infer<typeof valveStateSchema>;
export const valveReported = defineEvent({
  type: 'smokewire.valve.reported',
  topic: 'valve-states',
  schema: valveStateSchema,
  key: (data: ValveState) => String(data.floor),
});

const detectorSchema = detectorConfigSchema.extend({ id, floor });
export type Detector = z.infer<typeof detectorSchema>;
/** A detector announced itself: the registry. */
export const detectorRegistered = defineEvent({
  type: 'smokewire.detector.registered',
  topic: 'detectors',
  schema: detectorSchema,
  key: (data: Detector) => String(data.id),
});

const presenceSchema = z.object({ id, floor, status: z.enum(['online', 'offline']), at: time });
export type Presence = z.infer<typeof presenceSchema>;
/** A birth message or a Last Will arrived. */
export const presenceChanged = defineEvent({
  type: 'smokewire.detector.presence',
  topic: 'presence',
  schema: presenceSchema,
  key: (data: Presence) => String(data.id),
});

export const DETECTOR_STATES = ['ok', 'alarm', 'suspect', 'silent', 'never-seen'] as const;
/** What may be wrong with a detector that is heard. */
export const ODDITIES = ['wrong-floor', 'duplicate-id', 'babbling'] as const;
export type Oddity = (typeof ODDITIES)[number];
const detectorStateSchema = z.object({
  id,
  floor,
  state: z.enum(DETECTOR_STATES),
  since: time,
  /** The fault that is open about it, null while there is none. */
  incident: uuid.nullable(),
  /** How often it fell silent so far: what the next incident's id is derived from. */
  episode: z.int().nonnegative(),
  /** By which heartbeat it is judged, in ms, and since which offset of `signals`; absent where nobody announced it. */
  judged: z.object({ heartbeatMs: z.int().positive(), from: z.int() }).optional(),
  /** What else is, or was, wrong with it: each a fault of its own, and which time that was. Absent where nothing ever was. */
  oddities: z
    .array(z.object({ cause: z.enum(ODDITIES), episode: z.int().positive(), open: z.boolean() }))
    .readonly()
    .optional(),
  /** Noted before people are told that the incident is open. Whoever finds it so tells them. */
  untold: z.literal(true).optional(),
  /** Of a silence, by whoever found it out: when the detector was heard before it, null where never. It tells one silence from the next. */
  lastAt: time.nullable().optional(),
  /** The last offset of `signals` that this state includes; a signal at or below it is no news. -1 where there was none. */
  offset: z.int().min(-1),
});
export type DetectorState = z.infer<typeof detectorStateSchema>;
/** The watchdog's word on a detector, on change only. Ids below zero are canaries: there it is a word on the pipeline. */
export const detectorStateChanged = defineEvent({
  type: 'smokewire.detector.state',
  topic: 'detector-states',
  schema: detectorStateSchema,
  key: (data: DetectorState) => String(data.id),
});

/**
 * What is said of a subject: `opened` and `closed` are a fault's; `suspect` that a Last Will came, `trusted` that it was
 * refuted, without a fault.
 */
export const VERDICT_CHANGES = ['suspect', 'trusted', 'opened', 'closed'] as const;
export const VERDICT_CAUSES = [
  'silent',
  'lost-connection',
  'duplicate-id',
  'wrong-floor',
  'babbling',
  'flapping',
  'pipeline',
] as const;
const verdictSchema = z.object({
  site: z.string().min(1),
  /** Which watchdog found it out: that of redundant ones is the name of its consumer group. */
  group: z.string().min(1).max(63),
  /** `detector/8`, `pipeline` */
  subject: z.string().min(1).max(200),
  /** The fault; null where the change is `suspect` or `trusted`. Redundant watchdogs give a detector's the same id. */
  incident: uuid.nullable(),
  /** The count of the subject's faults of this kind: an older one is no news. */
  episode: z.int().nonnegative(),
  change: z.enum(VERDICT_CHANGES),
  cause: z.enum(VERDICT_CAUSES),
  floor: floor.nullable(),
  /** Whose time it is judged by, by name. */
  bridge: z.string().nullable(),
  gateway: z.string().nullable(),
  heartbeatMs: z.int().positive().nullable(),
  /** How long it may be silent; null where nobody expects to hear of it. */
  windowMs: z.number().positive().nullable(),
  at: time,
  reason: z.string().max(1_000),
});
export type Verdict = z.infer<typeof verdictSchema>;
/** What a watchdog found out; the correlator decides who is told of what. It stands in the partition of the site's key. */
export const verdictReached = defineEvent({
  type: 'smokewire.detector.verdict',
  topic: 'verdicts',
  schema: verdictSchema,
  key: (data: Verdict) => data.site,
});

const counts = z.record(z.string(), z.int().positive());
const censusSchema = z.object({
  /** The watchdog's, not the record's: that is the one of the site's key. */
  partition: z.int().nonnegative(),
  /** How many registered detectors are on each floor, behind each bridge, behind each gateway; none is left out. */
  floors: counts,
  bridges: counts,
  gateways: counts,
});
export type Census = z.infer<typeof censusSchema>;
/** How many detectors a watchdog's partition holds, on change only. It stands in the partition of the site's key. */
export const censusTaken = defineEvent({
  type: 'smokewire.watchdog.census',
  topic: 'census',
  schema: censusSchema,
  key: (data: Census) => String(data.partition),
});

export const INCIDENT_KINDS = ['fire', 'fault'] as const;
const notificationSchema = z.object({
  incident: uuid,
  kind: z.enum(INCIDENT_KINDS),
  /** `opened` and `closed` are told to people; `updated` (a further detector joins a fire) is for the panel. */
  change: z.enum(['opened', 'updated', 'closed']),
  /** `floor/3`, `detector/8`, `valve/3`, `pipeline`; of a fault of many `floor/3`, `gateway/…`, `bridge/…`, `site` */
  subject: z.string().min(1).max(200),
  floor: floor.nullable(),
  /** The detectors involved so far, in the order in which they came. */
  detectors: z.array(id),
  /** What is wrong with a detector, or the pipeline: there are several faults of the same subject. */
  cause: z.enum(VERDICT_CAUSES).optional(),
  /** How many detectors a fault of many stands for: `detectors` need not name them all. */
  behind: z.int().positive().optional(),
  at: time,
  /** Why, in a sentence for people: the reason that can be looked up. */
  reason: z.string().max(1_000),
});
export type Notification = z.infer<typeof notificationSchema>;
export const incidentChanged = defineEvent({
  type: 'smokewire.incident.changed',
  topic: 'notifications',
  schema: notificationSchema,
  key: (data: Notification) => data.incident,
});

const notice = z.object({
  /** The notification's id, the same on each attempt and each repetition. */
  id: uuid,
  incident: uuid,
  kind: z.enum(INCIDENT_KINDS),
  subject: z.string().min(1).max(200),
  /** After this a send would mislead: it becomes a dead letter instead. */
  expires: time,
});

const emailSchema = notice.extend({
  to: z.string().min(3).max(320),
  title: z.string().max(500),
  text: z.string().max(10_000),
});
export type EmailNotice = z.infer<typeof emailSchema>;
export const emailRequested = defineEvent({
  type: 'smokewire.email.requested',
  topic: 'emails',
  schema: emailSchema,
  key: (data: EmailNotice) => data.incident,
});

const smsSchema = notice.extend({ to: z.string().min(3).max(32), text: z.string().max(1_600) });
export type SmsNotice = z.infer<typeof smsSchema>;
export const smsRequested = defineEvent({
  type: 'smokewire.sms.requested',
  topic: 'sms',
  schema: smsSchema,
  key: (data: SmsNotice) => data.incident,
});

const lampSchema = notice.extend({ lamp: z.string().min(1).max(200), on: z.boolean(), text: z.string().max(1_000) });
export type LampNotice = z.infer<typeof lampSchema>;
export const lampRequested = defineEvent({
  type: 'smokewire.lamp.requested',
  topic: 'panel',
  schema: lampSchema,
  key: (data: LampNotice) => data.incident,
});

const lampStateSchema = z.object({ lamp: z.string(), on: z.boolean(), since: time, incident: uuid, text: z.string() });
export type LampState = z.infer<typeof lampStateSchema>;
export const lampSwitched = defineEvent({
  type: 'smokewire.lamp.switched',
  topic: 'lamps',
  schema: lampStateSchema,
  key: (data: LampState) => data.lamp,
});

export const DELIVERY_OUTCOMES = ['sent', 'retried', 'dead'] as const;
const deliverySchema = z.object({
  notification: uuid,
  incident: uuid,
  kind: z.enum(INCIDENT_KINDS),
  subject: z.string(),
  channel: z.enum(['email', 'sms', 'lamp']),
  to: z.string(),
  outcome: z.enum(DELIVERY_OUTCOMES),
  /** Which attempt this was, from 1. */
  attempt: z.int().positive(),
  at: time,
  /** The error's code and the server's words without secrets; null where it was sent. */
  reason: z.string().nullable(),
});
export type Delivery = z.infer<typeof deliverySchema>;
export const deliveryRecorded = defineEvent({
  type: 'smokewire.delivery.recorded',
  topic: 'deliveries',
  schema: deliverySchema,
  key: (data: Delivery) => data.incident,
});
