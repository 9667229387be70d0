import { createReadStream, type WriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { messageOf, SmokewireError } from '../../../contracts/errors.ts';
import type { Lines } from './read-recording.ts';

/** A file's lines, read anew each time; none of it stays in memory. @throws SmokewireError FILE_INVALID where it cannot be read */
export function linesOfFile(path: string): Lines {
  return async function* () {
    let rest = '';
    try {
      for await (const chunk of createReadStream(path, 'utf8')) {
        const lines = `${rest}${chunk}`.split('\n');
        rest = lines.pop() ?? '';
        yield* lines;
      }
    } catch (cause) {
      throw new SmokewireError('FILE_INVALID', `${path} cannot be read: ${messageOf(cause)}`, { cause });
    }
    if (rest !== '') yield rest;
  };
}

/** A file that is written as lines come. */
export class LineFile {
  /** Resolves once it is ended and written; rejects with FILE_INVALID as soon as it cannot be. */
  readonly done: Promise<void>;
  readonly #stream: WriteStream;

  private constructor(path: string, stream: WriteStream) {
    this.#stream = stream;
    this.done = finished(stream).catch((cause: unknown) => Promise.reject(cannotWrite(path, cause)));
    // Whoever writes may look only at the end.
    this.done.catch(() => {});
  }

  /** Makes the file, or empties it. @throws SmokewireError FILE_INVALID */
  static async create(path: string): Promise<LineFile> {
    const file = await open(path, 'w').catch((cause: unknown) => Promise.reject(cannotWrite(path, cause)));
    return new LineFile(path, file.createWriteStream());
  }

  readonly write = (line: string): void => void this.#stream.write(line);

  async end(): Promise<void> {
    this.#stream.end();
    await this.done;
  }
}

function cannotWrite(path: string, cause: unknown): SmokewireError {
  return new SmokewireError('FILE_INVALID', `${path} cannot be written: ${messageOf(cause)}`, { cause });
}
