/** Where in a mail's dialogue something goes wrong. `DATA` is in the middle of the message. */
export type MailStage = 'MAIL' | 'RCPT' | 'DATA';

/** What the server does with a mail. */
export type MailAnswer =
  | { readonly do: 'accept' }
  /** Answers `code` (4xx: try again later; 5xx: never) at that stage; `only` limits it to one recipient at `RCPT`. */
  | {
      readonly do: 'refuse';
      readonly at: MailStage;
      readonly code: number;
      readonly message?: string;
      readonly only?: string;
    }
  /** Answers nothing any more, or closes the connection. `REPLY`: the mail is in the inbox, but the sender never hears. */
  | { readonly do: 'hang' | 'close'; readonly at: MailStage | 'REPLY' };

/** A mail that somebody starts to hand over, as far as it is known at MAIL FROM. */
export interface MailAttempt {
  /** Which attempt since the script was given, from 1. */
  readonly number: number;
  readonly from: string;
}

/** Decides about each mail, once, when it begins. */
export type MailScript = (attempt: MailAttempt) => MailAnswer;

/** An error that smtp-server turns into this reply. */
export function reply(code: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode: code });
}
