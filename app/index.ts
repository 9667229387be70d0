/** smokewire as a library: a whole site in a test's hands. */
export type { Duration } from '../contracts/duration.ts';
export { type ErrorCode, SmokewireError } from '../contracts/errors.ts';
export type {
  DeadLetterView,
  DetectorView,
  GroupView,
  LampView,
  ReceivedEmail,
  ReceivedSms,
  SiteView,
} from '../contracts/http.ts';
export type { Logger } from '../contracts/logger.ts';
export type { SiteEvent, SiteEventType } from '../contracts/site-events.ts';
export type {
  About,
  DetectorHandle,
  Disableable,
  FloorHandle,
  InboxHandle,
  LampHandle,
  MessageQuery,
  PlannedSilence,
  Subject,
  ValveHandle,
  Within,
} from './handles.ts';
export type { NotifiedQuery } from './kit/assertions.ts';
export type { Chaos } from './kit/chaos/chaos.ts';
export type { Fault } from './kit/chaos/fault.ts';
export type { Allowed, DeadLetterQuery } from './kit/expected.ts';
export type { NotificationQuery, SentNotification } from './kit/notifications.ts';
export type { Change as ReplayChange, Difference as ReplayDifference } from './kit/record/differences.ts';
export type { Outcome as ReplayOutcome } from './kit/record/outcome.ts';
export { type RecordedRun, type Recording, replay } from './kit/record/recording-run.ts';
export type { ReplayOptions, ReplayResult } from './kit/record/replay.ts';
export type { RunUntilOptions, SiteClock, WaitingTimer } from './kit/site-time.ts';
export type { Site } from './site.ts';
export { type SiteOptions, startSite } from './start-site.ts';
