import type { Loss, Missing } from './cases.ts';

/** Why people are told that a whole scope is lost. `registered`: how many detectors there are in it. */
export function lossReason({ scope, behind }: Loss, registered: number, first: Missing): string {
  const before = registered - behind;
  const known =
    before > 0 ? ` Of ${before} of them people were told before, or are not told while they are disabled.` : '';
  return `None of the ${registered} detectors ${inWords(scope)} is heard any more.${known} The first one: ${first.reason}`.slice(
    0,
    1_000,
  );
}

export function returnReason({ scope, behind }: Loss): string {
  return `All ${behind} detectors ${inWords(scope)} are heard again.`;
}

export function brokenUpReason({ scope, behind }: Loss, missing: number): string {
  return `${behind - missing} of ${behind} detectors ${inWords(scope)} are heard again. Those that are not have faults of their own from now on.`;
}

function inWords(scope: string): string {
  const [kind, ...name] = scope.split('/');
  switch (kind) {
    case 'floor':
      return `on floor ${name.join('/')}`;
    case 'gateway':
    case 'bridge':
      return `behind ${kind} ${name.join('/')}`;
    default:
      return 'of the site';
  }
}

/** Why a fault is closed that a correlator told of although it had been succeeded. */
export const SUCCEEDED_REASON = 'This fault is over, or told otherwise: it was said by a process that had stood still.';
