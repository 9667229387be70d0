import { z } from 'zod';

/** What happens at a site, as `up --json` prints it and `GET /api/v1/events` streams it. */
export const SITE_EVENT_TYPES = [
  'site.ready',
  'alarm.raised',
  'alarm.reset',
  'valve.opened',
  'valve.closed',
  'valve.fault',
  'detector.suspect',
  'detector.silent',
  'detector.recovered',
  'detector.disabled',
  'detector.enabled',
  'floor.disabled',
  'floor.enabled',
  'pipeline.silent',
  'pipeline.recovered',
  'notification.sent',
  'notification.retried',
  'notification.dead',
  'lamp.on',
  'lamp.off',
  'site.stopped',
] as const;
export type SiteEventType = (typeof SITE_EVENT_TYPES)[number];

/** `subject` is `site`, `detector/7`, `floor/3`, `pipeline`, `incident/…` or `lamp/…`; `at` is RFC 3339. */
export const siteEventSchema = z.object({
  type: z.enum(SITE_EVENT_TYPES),
  at: z.iso.datetime(),
  subject: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type SiteEvent = z.infer<typeof siteEventSchema>;
