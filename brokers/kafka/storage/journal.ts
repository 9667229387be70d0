import { closeSync, constants, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { crc32c } from '../codec/crc32c.ts';
import { type Change, StorageFailure } from '../store.ts';
import { onDisk, writeAt } from './disk.ts';
import type { Flusher } from './flusher.ts';

/** The file is written anew once it is twice what it holds, and this much at least. */
const LEAST_BYTES_TO_REWRITE = 1024 * 1024;
const CRC_DIGITS = 8;
const NEWLINE = 0x0a;

/**
 * A table that survives the process: for each key what was put last. In a file of lines, each of them a set of changes
 * that is there as a whole or not at all:
 *
 *   CRC-32C of the rest, in 8 hexadecimal digits; JSON [[key, value or null], …]
 *
 * A line is with the operating system when `put` returns. Half a line at the end, as a crash leaves it, is cut off.
 */
export class Journal {
  readonly #path: string;
  readonly #flusher: Flusher;
  /** Both as JSON: smaller than what they stand for. */
  readonly #entries = new Map<string, string>();
  #file: number | undefined;
  #fileBytes = 0;
  #liveBytes = 0;
  #leastBytesToRewrite = LEAST_BYTES_TO_REWRITE;

  constructor(path: string, flusher: Flusher) {
    this.#path = path;
    this.#flusher = flusher;
  }

  /** Reads what is there. */
  open(): void {
    this.#file = openSync(this.#path, constants.O_RDWR | constants.O_CREAT);
    this.#entries.clear();
    this.#liveBytes = 0;
    this.#fileBytes = this.#replay(readFileSync(this.#path));
    ftruncateSync(this.#file, this.#fileBytes);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** The entries of one kind, each with what follows the kind in its key, in the order in which they were first put. */
  *of(kind: string): Generator<{ key: unknown[]; value: unknown }> {
    const front = `[${JSON.stringify(kind)}`;
    for (const [text, value] of this.#entries) {
      if (!text.startsWith(front)) continue;
      const [, ...key]: unknown[] = JSON.parse(text);
      yield { key, value: JSON.parse(value) };
    }
  }

  /** Makes all of these changes, or none when it throws StorageFailure. */
  put(changes: readonly Change[]): void {
    if (this.#file === undefined) throw new Error('the journal is closed');
    if (changes.length === 0) return;
    const texts = changes.map(([key, value]) => [JSON.stringify(key), value && JSON.stringify(value)] as const);
    const line = lineOf(texts);
    writeAt(this.#file, line, this.#fileBytes);
    this.#fileBytes += line.length;
    this.#flusher.touched(this.#path);
    for (const [key, value] of texts) this.#apply(key, value);
    if (this.#fileBytes > Math.max(2 * this.#liveBytes, this.#leastBytesToRewrite)) this.#rewrite();
  }

  #apply(key: string, value: string | undefined): void {
    const before = this.#entries.get(key);
    if (before !== undefined) this.#liveBytes -= key.length + before.length;
    if (value === undefined) {
      this.#entries.delete(key);
      return;
    }
    this.#entries.set(key, value);
    this.#liveBytes += key.length + value.length;
  }

  /** Applies the whole lines of a file; answers how many bytes they take. Throws when one before the last is broken. */
  #replay(bytes: Buffer): number {
    let whole = 0;
    for (const { start, end, text } of linesOf(bytes)) {
      if (text === undefined) continue;
      // Behind what a crash left there is nothing: this is damage, and to go on would be to forget the rest.
      if (start !== whole) throw new Error(`the journal is damaged at byte ${whole}`);
      const changes: [unknown, unknown][] = JSON.parse(text.toString());
      for (const [key, value] of changes) {
        this.#apply(JSON.stringify(key), value === null ? undefined : JSON.stringify(value));
      }
      whole = end;
    }
    return whole;
  }

  /** Puts a file of what is live in the place of the old one; whichever is there is whole. */
  #rewrite(): void {
    const path = `${this.#path}.new`;
    let file: number | undefined;
    try {
      file = onDisk(() => openSync(path, 'w'));
      const written = this.#writeLive(file);
      onDisk(() => renameSync(path, this.#path));
      this.close();
      this.#file = file;
      this.#fileBytes = written;
      this.#leastBytesToRewrite = LEAST_BYTES_TO_REWRITE;
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error;
      // The old one goes on, and is not tried to be replaced at every put.
      if (file !== undefined) {
        closeSync(file);
        rmSync(path, { force: true });
      }
      this.#leastBytesToRewrite = 2 * this.#fileBytes;
    }
  }

  /** Answers how many bytes it wrote. */
  #writeLive(file: number): number {
    let written = 0;
    for (const entry of this.#entries) {
      const line = lineOf([entry]);
      writeAt(file, line, written);
      written += line.length;
    }
    onDisk(() => fsyncSync(file));
    return written;
  }
}

/** The lines of a file and where they are; without the text where its CRC is wrong. */
function* linesOf(bytes: Buffer): Generator<{ start: number; end: number; text: Buffer | undefined }> {
  let start = 0;
  for (let newline = bytes.indexOf(NEWLINE); newline >= 0; newline = bytes.indexOf(NEWLINE, start)) {
    const textAt = start + CRC_DIGITS + 1;
    const crc = Number.parseInt(bytes.toString('latin1', start, start + CRC_DIGITS), 16);
    const isWhole = newline > textAt && crc === crc32c(bytes, textAt, newline);
    const end = newline + 1;
    yield { start, end, text: isWhole ? bytes.subarray(textAt, newline) : undefined };
    start = end;
  }
}

function lineOf(changes: readonly (readonly [key: string, value: string | undefined])[]): Buffer {
  const text = `[${changes.map(([key, value]) => `[${key},${value ?? null}]`).join(',')}]`;
  const line = Buffer.from(`${'0'.repeat(CRC_DIGITS)} ${text}\n`);
  const crc = crc32c(line, CRC_DIGITS + 1, line.length - 1);
  line.write(crc.toString(16).padStart(CRC_DIGITS, '0'), 0, 'latin1');
  return line;
}
