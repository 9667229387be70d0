import { z } from 'zod';

/** Points kept for one window's length: reading back begins at most this fraction of a window too early. */
const POINTS_PER_WINDOW = 64;

/** Where in `signals` a successor has to begin to read, so that it knows every last signal that may still count. */
export class ReadBack {
  readonly #points: { readonly offset: number; readonly proven: number }[] = [];

  /** The first record that is read stands at `offset`. */
  begin(offset: number): void {
    if (this.#points.length === 0) this.#points.push({ offset, proven: 0 });
  }

  /** The topic was made anew. */
  clear(): void {
    this.#points.length = 0;
  }

  /** A canary stands at `offset`, at that proven time; `spanMs` back everything may count. */
  note(offset: number, proven: number, spanMs: number): void {
    const points = this.#points;
    const last = points.at(-1);
    if (!last || proven - last.proven >= spanMs / POINTS_PER_WINDOW) points.push({ offset, proven });
    let first = 0;
    for (let next = points[1]; next && next.proven <= proven - spanMs; next = points[first + 1]) first++;
    points.splice(0, first);
  }

  /** The offset to begin at; undefined before any record was read. */
  from(): number | undefined {
    return this.#points[0]?.offset;
  }
}

const metadataSchema = z.object({ readBackFrom: z.int().nonnegative() });

/** The note beside a committed offset of `signals`. */
export function readBackMetadata(from: number | undefined): string {
  return from === undefined ? '' : JSON.stringify({ readBackFrom: from } satisfies z.infer<typeof metadataSchema>);
}

/** What such a note says; undefined for one that is not ours, since any tool may have moved the group's offset. */
export function parseReadBackMetadata(text: string): number | undefined {
  try {
    return metadataSchema.parse(JSON.parse(text)).readBackFrom;
  } catch {
    return undefined;
  }
}
