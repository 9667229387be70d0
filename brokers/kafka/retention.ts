import type { Segments } from './segments.ts';
import type { Slab } from './slab.ts';
import type { LogConfig } from './topic-config.ts';

/**
 * The oldest slab where it has to go: whole slabs leave by size and by age. Asked whenever the log is touched, so that no
 * timer is needed.
 */
export function expired(segments: Segments, config: LogConfig, now: number): Slab | undefined {
  const { deletes, retentionMs, retentionBytes } = config;
  const { oldest } = segments;
  if (!deletes || !oldest) return undefined;
  const isTooMuch = retentionBytes >= 0 && segments.count > 1 && segments.bytes - oldest.size >= retentionBytes;
  const isTooOld = retentionMs >= 0 && oldest.appendedAt < now - retentionMs;
  return isTooMuch || isTooOld ? oldest : undefined;
}
