import { v5 } from 'uuid';

/** The namespace of every id of ours; never change it, or a repeated step would no longer repeat its ids. */
const NAMESPACE = '6f0c1f9e-3f6b-5d0a-9a53-1d1b8b6f2a10';

/**
 * A version 5 UUID (RFC 9562) made of what caused it: doing a record twice gives the same id, so the reader of an
 * at-least-once log recognises the repetition. `kind` says what is identified, `cause` where it comes from.
 */
export function idOf(kind: string, ...cause: readonly (string | number)[]): string {
  return v5(JSON.stringify([kind, ...cause]), NAMESPACE);
}
