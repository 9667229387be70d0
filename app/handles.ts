import type { Duration } from '../contracts/duration.ts';
import type { DetectorAction, DetectorView, LampView, ReceivedEmail, ReceivedSms } from '../contracts/http.ts';
import type { ValvePosition } from '../contracts/mqtt-payloads.ts';

/** How long a wait of the library takes at the most unless it is told otherwise: a default window, and time to be told. */
export const DEFAULT_WITHIN = '15s';

/** How long a wait may take, in the site's time: `10s`, or milliseconds. */
export interface Within {
  readonly within?: Duration;
}

/** Something of the site that a notification can be about. */
export interface Subject {
  /** `detector/8`, `floor/3`, `valve/3` */
  readonly subject: string;
}

/** What a notification is about: a handle, or its subject. */
export type About = Subject | string;

export function subjectOf(about: About): string {
  return typeof about === 'string' ? about : about.subject;
}

/** A planned silence: for how long faults are not told, from `1s` to `72h`, and why. */
export interface PlannedSilence {
  readonly for: Duration;
  readonly reason?: string;
}

/** What can be planned to be silent (docs/watchdog.md). */
export interface Disableable {
  /** Its faults are not told until the end, or until it is enabled; fires are. In the place of an earlier planned silence. */
  disable(silence: PlannedSilence): Promise<void>;
  enable(): Promise<void>;
  /** Until when it is disabled, RFC 3339, as the panel shows it; null where it is not. */
  readonly disabledUntil: string | null;
}

/** One simulated detector, in a test's hands. Actions resolve when they are done. */
export interface DetectorHandle extends Subject, Disableable, Record<DetectorAction, () => Promise<void>> {
  readonly id: number;
  /** Its state as the panel shows it now; undefined before anything is known of it. */
  readonly state: DetectorView['state'] | undefined;
  /** Resolves once it is in that state. @throws SmokewireError WAIT_TIMEOUT */
  is(state: DetectorView['state'], options?: Within): Promise<DetectorView>;
  /** Proves that it is not in that state, for `within` from now. @throws SmokewireError UNEXPECTED_EVENTS */
  isNot(state: DetectorView['state'], options?: Within): Promise<void>;
}

/** One floor's valve. */
export interface ValveHandle extends Subject {
  readonly floor: number;
  /** Where it stands as far as it has said so; null before. */
  readonly position: ValvePosition | null;
  /** Resolves once the valve reports that it is open. @throws SmokewireError WAIT_TIMEOUT */
  opened(options?: Within): Promise<void>;
  /** Resolves once the valve reports that it is closed. @throws SmokewireError WAIT_TIMEOUT */
  closed(options?: Within): Promise<void>;
  /** Proves that it is not open, for `within` from now. @throws SmokewireError UNEXPECTED_EVENTS */
  notOpened(options?: Within): Promise<void>;
  /** The human's switch; resolves with the command's id once it is accepted. */
  open(): Promise<string>;
  close(): Promise<string>;
  /** From now on it takes commands and does nothing, until `unstick`. */
  stick(): void;
  unstick(): void;
}

export interface FloorHandle extends Subject, Disableable {
  readonly floor: number;
  /** Ends its fire incident. @throws SmokewireError FLOOR_IN_ALARM while a detector still signals 1 */
  reset(): Promise<void>;
}

/** A lamp on the panel; its name is the subject of the incident that it is about. */
export interface LampHandle {
  readonly lamp: string;
  on(options?: Within): Promise<LampView>;
  off(options?: Within): Promise<LampView>;
}

/** Which message to wait for: about whom, and what its text has to match. Those that have arrived already count. */
export interface MessageQuery extends Within {
  readonly about?: About;
  readonly matching?: RegExp;
}

/** What people were told, as the embedded servers received it. */
export interface InboxHandle {
  /** The first e-mail that fits. @throws SmokewireError WAIT_TIMEOUT */
  email(query?: MessageQuery): Promise<ReceivedEmail>;
  /** The first SMS that fits. @throws SmokewireError WAIT_TIMEOUT */
  sms(query?: MessageQuery): Promise<ReceivedSms>;
  /** The first lamp that is on and fits: it bears the name of what it is about. @throws SmokewireError WAIT_TIMEOUT */
  lamp(query?: MessageQuery): Promise<LampView>;
  /** All e-mails so far. */
  emails(): ReceivedEmail[];
  /** All SMS so far. */
  smss(): ReceivedSms[];
}

/** Whether a message's words are about a subject: `detector/8` is said as "detector 8". */
export function isAbout(words: string, about: About): boolean {
  return new RegExp(`\\b${subjectOf(about).replace('/', ' ')}\\b`, 'i').test(words);
}
