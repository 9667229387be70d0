import type { ReceivedEmail } from '../../contracts/http.ts';

/** Where in a mail's dialogue something goes wrong. `DATA` is in the middle of the message, `END` after it. */
export type MailStage = 'MAIL' | 'RCPT' | 'DATA' | 'END';

/** What the server does with a mail. */
export type MailAnswer =
  | { readonly do: 'accept' }
  /** Reads the mail, and then does what `by` says of it; stages that are over by then count for nothing. */
  | { readonly do: 'judge'; readonly by: (mail: ReceivedEmail) => MailAnswer }
  /** Answers `code` (4xx: try again later; 5xx: never) at that stage; `only` limits it to one recipient at `RCPT`. */
  | {
      readonly do: 'refuse';
      readonly at: MailStage;
      readonly code: number;
      readonly message?: string;
      readonly only?: string;
    }
  /** Answers nothing until it is released, or closes the connection. `REPLY`: the mail is in the inbox, but the sender does not hear. */
  | { readonly do: 'hang' | 'close'; readonly at: MailStage | 'REPLY' };

/** A mail that somebody starts to hand over, as far as it is known at MAIL FROM. */
export interface MailAttempt {
  /** Which attempt since the script was given, from 1. */
  readonly number: number;
  readonly from: string;
}

/** Decides about each mail, once, when it begins. */
export type MailScript = (attempt: MailAttempt) => MailAnswer;

/** How a dialogue can continue. */
export interface Ways {
  /** Answers, with a refusal where there is an error. */
  go(error?: Error): void;
  /** Ends the connection. */
  cut(): void;
  /** Waits. */
  hang(): void;
}

/** Does what `answer` has for `stage`; where it has nothing for it, the dialogue goes on. */
export function carryOut(
  answer: MailAnswer,
  stage: MailStage | 'REPLY',
  { go, cut, hang }: Ways,
  recipient?: string,
): void {
  if (answer.do === 'accept' || answer.do === 'judge' || answer.at !== stage) {
    go();
  } else if (answer.do === 'refuse') {
    const meant = answer.only === undefined || answer.only === recipient;
    go(meant ? reply(answer.code, answer.message ?? 'refused by the script') : undefined);
  } else if (answer.do === 'close') {
    cut();
  } else {
    hang();
  }
}

/** An error that smtp-server turns into this reply. */
export function reply(code: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode: code });
}
