import type { MessageRequest } from './message.ts';

/** What the stand-in does with a message that it would take. */
export type SmsAnswer =
  | { readonly do: 'accept' }
  /** An HTTP status with an error of Twilio's: 429 with 20429, 500 with 20500, 400 with 21610, … */
  | { readonly do: 'refuse'; readonly status: number; readonly code: number; readonly message?: string }
  /** Answers nothing until it is released, or closes the connection. `REPLY`: the message is in the inbox, but the sender does not hear. */
  | { readonly do: 'hang' | 'close'; readonly at: 'REQUEST' | 'REPLY' };

/** A message as a script sees it. */
export interface SmsAttempt extends MessageRequest {
  /** The id that the sender gave it, the same for each attempt; undefined where it gave none. */
  readonly notification: string | undefined;
}

/** Decides about each message; `number` says which one it is since the script was given, from 1. */
export type SmsScript = (attempt: SmsAttempt, number: number) => SmsAnswer;
