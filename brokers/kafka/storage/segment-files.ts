import { closeSync, mkdirSync, openSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { onDisk, writeAt } from './disk.ts';
import type { Flusher } from './flusher.ts';

/** As many files are open at a time; those that were not written to for longest are closed. */
const MOST_OPEN = 256;

/** Files that are written at their end, a few of them at a time. `create` and `write` throw StorageFailure. */
export class SegmentFiles {
  readonly #flusher: Flusher;
  /** By path, the one least lately used first. */
  readonly #open = new Map<string, number>();

  constructor(flusher: Flusher) {
    this.#flusher = flusher;
  }

  /** Makes an empty file, or empties the one that is there. */
  create(path: string): void {
    const file = onDisk(() => {
      mkdirSync(dirname(path), { recursive: true });
      return openSync(path, 'w');
    });
    this.#keep(path, file);
  }

  write(path: string, bytes: Buffer, position: number): void {
    const open = this.#open.get(path);
    const file = open ?? onDisk(() => openSync(path, 'r+'));
    this.#open.delete(path);
    this.#keep(path, file);
    writeAt(file, bytes, position);
    this.#flusher.touched(path);
  }

  read(path: string): Buffer {
    return readFileSync(path);
  }

  truncate(path: string, size: number): void {
    truncateSync(path, size);
    this.#flusher.touched(path);
  }

  /** Nothing more is written to it. */
  done(path: string): void {
    const file = this.#open.get(path);
    this.#open.delete(path);
    if (file !== undefined) closeSync(file);
  }

  remove(path: string): void {
    this.done(path);
    this.#flusher.removed(path);
    rmSync(path, { recursive: true, force: true });
  }

  close(): void {
    for (const path of [...this.#open.keys()]) this.done(path);
  }

  #keep(path: string, file: number): void {
    this.#open.set(path, file);
    if (this.#open.size <= MOST_OPEN) return;
    for (const oldest of this.#open.keys()) {
      this.done(oldest);
      return;
    }
  }
}
