/** Randomness as a port: a seed gives the same story again. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A version 4 UUID (RFC 9562). */
  uuid(): string;
  /** An independent stream for one part, so that another part's draws do not shift its own. */
  fork(label: string): Random;
}
