import { z } from 'zod';
import { disablementMsSchema } from './disablements.ts';
import { durationSchema } from './duration.ts';
import { DETECTOR_STATES, INCIDENT_KINDS } from './events.ts';
import { detectorModeSchema, signalValueSchema, valvePositionSchema } from './mqtt-payloads.ts';

/** Every route of the HTTP API; docs/http.md lists the same, and a test holds the two equal. */
export const ROUTES = [
  'GET /livez',
  'GET /readyz',
  'GET /metrics',
  'GET /openapi.json',
  'GET /api/v1/site',
  'GET /api/v1/detectors',
  'GET /api/v1/detectors/{id}',
  'POST /api/v1/detectors/{id}/{action}',
  'PUT /api/v1/detectors/{id}/disablement',
  'DELETE /api/v1/detectors/{id}/disablement',
  'GET /api/v1/floors',
  'GET /api/v1/floors/{floor}',
  'PUT /api/v1/floors/{floor}/valve',
  'POST /api/v1/floors/{floor}/reset',
  'PUT /api/v1/floors/{floor}/disablement',
  'DELETE /api/v1/floors/{floor}/disablement',
  'GET /api/v1/inbox/emails',
  'GET /api/v1/inbox/sms',
  'GET /api/v1/lamps',
  'GET /api/v1/incidents',
  'GET /api/v1/incidents/{id}',
  'GET /api/v1/groups',
  'GET /api/v1/dead-letters',
  'POST /api/v1/dead-letters/{topic}/{partition}/{offset}/replay',
  'GET /api/v1/events',
  'GET /',
] as const;

export const DETECTOR_ACTIONS = ['trip', 'clear', 'kill', 'silence', 'revive'] as const;
export type DetectorAction = (typeof DETECTOR_ACTIONS)[number];

const time = z.iso.datetime();

/** RFC 9457 problem details, with a `code` from the closed list of errors. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
});
export type Problem = z.infer<typeof problemSchema>;

export const readinessSchema = z.object({ ready: z.boolean(), missing: z.array(z.string()) });
export type Readiness = z.infer<typeof readinessSchema>;

/** Addresses are where a client on this machine reaches the part; null where this process does not know one. */
export const siteViewSchema = z.object({
  name: z.string(),
  detectors: z.int(),
  floors: z.int(),
  /** How many detectors are in each state. */
  states: z.record(z.enum(DETECTOR_STATES), z.int()),
  /** Whether the way from detectors to processors is proven alive: one fault about it all, and no verdict meanwhile. */
  pipeline: z.object({ state: z.enum(['ok', 'silent']), since: time.nullable() }),
  /** When each watchdog last said that it lives and judges, by its consumer group and instance. */
  watchdogs: z.array(z.object({ group: z.string(), instance: z.string(), at: time })),
  addresses: z.object({
    api: z.string(),
    mqtt: z.string().nullable(),
    kafka: z.array(z.string()),
    smtp: z.string().nullable(),
  }),
  topicPrefix: z.string(),
  /** The settings that decide what is told to whom; `grace` in milliseconds. */
  settings: z.object({ misses: z.int(), grace: z.int(), emailTo: z.array(z.string()), smsTo: z.array(z.string()) }),
  uptimeMs: z.int(),
  seed: z.string(),
  roles: z.array(z.string()),
});
export type SiteView = z.infer<typeof siteViewSchema>;

export const detectorViewSchema = z.object({
  id: z.int(),
  floor: z.int(),
  mode: detectorModeSchema.nullable(),
  heartbeatMs: z.int().nullable(),
  state: z.enum(DETECTOR_STATES),
  signal: signalValueSchema.nullable(),
  lastSignalAt: time.nullable(),
  since: time.nullable(),
  /** Until when its faults are not told, by its own planned silence or its floor's; null where they are. */
  disabledUntil: time.nullable(),
});
export type DetectorView = z.infer<typeof detectorViewSchema>;

/** A page of detectors by ascending id; `cursor` fetches the next one, null at the end. */
export const detectorPageSchema = z.object({ detectors: z.array(detectorViewSchema), cursor: z.string().nullable() });
export type DetectorPage = z.infer<typeof detectorPageSchema>;

export const floorViewSchema = z.object({
  floor: z.int(),
  detectors: z.int(),
  /** Detectors that signal 1. */
  alarms: z.array(z.int()),
  /** The fire incident that is open, null while there is none. */
  incident: z.string().nullable(),
  valve: z.object({ position: valvePositionSchema.nullable(), by: z.string().nullable(), since: time.nullable() }),
  /** Until when the faults of its detectors are not told; null where they are. */
  disabledUntil: time.nullable(),
});
export type FloorView = z.infer<typeof floorViewSchema>;

export const valveRequestBodySchema = z.strictObject({ position: valvePositionSchema });
export const disablementBodySchema = z.strictObject({
  for: durationSchema.pipe(disablementMsSchema),
  reason: z.string().min(1).max(500).optional(),
});
/** What was accepted: the id under which it can be followed. */
export const acceptedSchema = z.object({ id: z.string() });

export const receivedEmailSchema = z.object({
  /** The Message-ID. */
  id: z.string(),
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  text: z.string(),
  headers: z.record(z.string(), z.string()),
  receivedAt: time,
});
export type ReceivedEmail = z.infer<typeof receivedEmailSchema>;

export const receivedSmsSchema = z.object({
  /** Twilio's SID of the message. */
  id: z.string(),
  from: z.string(),
  to: z.string(),
  text: z.string(),
  /** Seconds for which the network may still deliver it; null where the sender set none. */
  validityPeriod: z.int().nullable(),
  receivedAt: time,
});
export type ReceivedSms = z.infer<typeof receivedSmsSchema>;

export const lampViewSchema = z.object({
  lamp: z.string(),
  on: z.boolean(),
  since: time,
  incident: z.string(),
  text: z.string(),
});
export type LampView = z.infer<typeof lampViewSchema>;

export const incidentViewSchema = z.object({
  id: z.string(),
  kind: z.enum(INCIDENT_KINDS),
  subject: z.string(),
  detectors: z.array(z.int()),
  openedAt: time,
  closedAt: time.nullable(),
  reason: z.string(),
  notifications: z.array(
    z.object({
      id: z.string(),
      channel: z.string(),
      to: z.string(),
      outcome: z.enum(['sent', 'retried', 'dead']),
      attempt: z.int(),
      at: time,
      reason: z.string().nullable(),
    }),
  ),
});
export type IncidentView = z.infer<typeof incidentViewSchema>;

export const groupViewSchema = z.object({
  group: z.string(),
  state: z.string(),
  members: z.int(),
  partitions: z.array(
    z.object({
      topic: z.string(),
      partition: z.int(),
      committed: z.int().nullable(),
      end: z.int(),
      lag: z.int(),
    }),
  ),
});
export type GroupView = z.infer<typeof groupViewSchema>;

export const deadLetterViewSchema = z.object({
  topic: z.string(),
  partition: z.int(),
  offset: z.int(),
  key: z.string().nullable(),
  /** At most its first 1,000 characters. */
  value: z.string().nullable(),
  at: time,
  /** Where it came from, and why it died. */
  origin: z.object({ topic: z.string(), partition: z.string(), offset: z.string() }),
  code: z.string(),
  message: z.string(),
  attempts: z.int().nullable(),
  replayable: z.boolean(),
});
export type DeadLetterView = z.infer<typeof deadLetterViewSchema>;

/**
 * A message of the event stream that says how a view looks now, for readers that asked for `views=true`; without an id, since a
 * reader that was away fetches the views again. `resync`: too much changed at once, fetch them now.
 */
export const viewMessageSchema = z.discriminatedUnion('view', [
  z.object({
    view: z.literal('site'),
    site: siteViewSchema.pick({ detectors: true, floors: true, states: true, pipeline: true }),
  }),
  z.object({ view: z.literal('detectors'), detectors: z.array(detectorViewSchema), removed: z.array(z.int()) }),
  z.object({ view: z.literal('floors'), floors: z.array(floorViewSchema) }),
  z.object({ view: z.literal('incidents'), incidents: z.array(incidentViewSchema) }),
  z.object({ view: z.literal('lamps'), lamps: z.array(lampViewSchema), removed: z.array(z.string()) }),
  z.object({ view: z.literal('resync') }),
]);
export type ViewMessage = z.infer<typeof viewMessageSchema>;
