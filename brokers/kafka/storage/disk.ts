import { writeSync } from 'node:fs';
import { messageOf } from '../../../contracts/errors.ts';
import { StorageFailure } from '../store.ts';

/** What `work` answers; a StorageFailure where the operating system refuses it. */
export function onDisk<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new StorageFailure(messageOf(error), { cause: error });
  }
}

/** Writes all of `bytes` at `position`; throws StorageFailure. What then is there is to be overwritten. */
export function writeAt(file: number, bytes: Buffer, position: number): void {
  onDisk(() => {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(file, bytes, done, bytes.length - done, position + done);
    }
  });
}
