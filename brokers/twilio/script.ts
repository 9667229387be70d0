import type { MessageRequest } from './message.ts';

/** What the stand-in does with a message that it would take. */
export type SmsAnswer =
  | { readonly do: 'accept' }
  /** An HTTP status with an error of Twilio's: 429 with 20429, 500 with 20500, 400 with 21610, … */
  | { readonly do: 'refuse'; readonly status: number; readonly code: number; readonly message?: string }
  /** Answers nothing, or closes the connection. `REPLY`: the message is in the inbox, but the sender never hears. */
  | { readonly do: 'hang' | 'close'; readonly at: 'REQUEST' | 'REPLY' };

/** Decides about each message; `number` says which one it is since the script was given, from 1. */
export type SmsScript = (message: MessageRequest, number: number) => SmsAnswer;
