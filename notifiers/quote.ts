/** What must not show in the words of somebody else's server. */
export interface Confidential {
  /** Passwords, tokens, and each form in which they go over the wire. */
  readonly secrets: readonly string[];
  /** The text of the message. */
  readonly body: string;
}

const LONGEST = 200;

/** So many characters in common with the message are no accident. */
const ECHO = 12;

/**
 * A server's words as they may stand in logs, records and on the panel: one line of at most 200 characters, secrets masked.
 * Words that repeat a piece of the message are left out as a whole, since nobody knows where such a piece begins.
 */
export function quote(words: string, { secrets, body }: Confidential): string {
  const line = oneLine(secrets.reduce((text, secret) => (secret ? text.replaceAll(secret, '***') : text), words));
  if (repeats(line, oneLine(body))) return 'the answer repeats the message, and is not shown';
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}

function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}

function repeats(line: string, body: string): boolean {
  if (body.length < ECHO) return body.length > 0 && line.includes(body);
  for (let i = 0; i + ECHO <= line.length; i++) if (body.includes(line.slice(i, i + ECHO))) return true;
  return false;
}
