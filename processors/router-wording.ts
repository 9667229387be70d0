import type { Notification } from '../contracts/events.ts';

/** The words of one notification: a mail's title and text, an SMS, and what stands beside a lamp. */
export interface Wording {
  readonly title: string;
  readonly text: string;
  readonly sms: string;
  readonly lamp: string;
}

/** One SMS segment of the GSM alphabet (3GPP TS 23.038). */
export const SMS_CHARACTERS = 160;

/** Fire comes first in every line, then what it is about, then why. `site` tells people with several buildings which one. */
export function wordingOf(notification: Notification, site: string): Wording {
  const headline = `${headOf(notification)}${where(notification)}`;
  const { detectors, behind = detectors.length } = notification;
  const others = behind > detectors.length ? ` and ${behind - detectors.length} more` : '';
  const lines = [
    notification.reason,
    '',
    `Site:     ${site}`,
    `About:    ${subjectInWords(notification.subject)}`,
    ...(notification.floor === null ? [] : [`Floor:    ${notification.floor}`]),
    ...(detectors.length === 0 ? [] : [`Detector: ${detectors.join(', ')}${others}`]),
    `Time:     ${notification.at}`,
    `Incident: ${notification.incident}`,
  ];
  return {
    title: `${headline} (${site})`,
    text: `${lines.join('\n')}\n`,
    sms: shortened(`${headline} (${site}). ${gsm(notification.reason)}`),
    lamp: notification.reason,
  };
}

/** `detector/8` as people say it: `detector 8`. */
function subjectInWords(subject: string): string {
  return subject.replace('/', ' ');
}

/** The lamp of an incident. A floor's is its fire's: that all of its detectors are lost has one of its own. */
export function lampOf({ kind, subject, behind }: Notification): string {
  return kind === 'fault' && behind !== undefined ? `fault/${subject}` : subject;
}

function headOf({ kind, change, subject, cause, behind }: Notification): string {
  const words = subjectInWords(subject);
  if (kind === 'fire') return change === 'closed' ? `Fire ended: ${words}` : `FIRE: ${words}`;
  const special = cause && CAUSES[cause];
  // Who no longer comes and goes may be silent for good.
  if (special) return `${change === 'closed' ? 'Over' : 'Fault'}: ${words} ${special}`;
  if (change === 'closed') return `Recovered: ${words}`;
  if (behind !== undefined) return `Fault: ${words} is lost: ${behind} detectors are silent`;
  return `Fault: ${words} ${FAULTS[subject.split('/')[0] ?? ''] ?? 'is faulty'}`;
}

/** What is wrong, where it is something special. */
const CAUSES: Readonly<Partial<Record<NonNullable<Notification['cause']>, string>>> = {
  flapping: 'comes and goes',
  'duplicate-id': 'shares its id with another',
  'wrong-floor': 'is on another floor than it says',
  babbling: 'says too much',
};

/** What is wrong otherwise, by the kind of thing that it is wrong with. */
const FAULTS: Readonly<Record<string, string>> = {
  detector: 'is silent',
  valve: 'does not answer',
  pipeline: 'is silent',
};

/** The floor, where the subject does not say it already. */
function where({ subject, floor }: Notification): string {
  return floor === null || !subject.startsWith('detector/') ? '' : `, floor ${floor}`;
}

/** One character outside the GSM alphabet would more than halve what fits into a segment. */
function gsm(text: string): string {
  return text.normalize('NFKD').replace(/[^\n\x20-\x5a_a-z]/g, (c) => (/\p{M}/u.test(c) ? '' : '?'));
}

function shortened(text: string): string {
  return text.length <= SMS_CHARACTERS ? text : `${text.slice(0, SMS_CHARACTERS - 3)}...`;
}
