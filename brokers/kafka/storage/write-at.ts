import { writeSync } from 'node:fs';

/** Writes all of `bytes` at `position`; throws when the disk does not take them. What then is there is to be overwritten. */
export function writeAt(file: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, position + done);
  }
}
