import type { PassiveDetector, PassiveDetectors } from '../poller.ts';

/** The passive detectors of the partitions that this process holds, as its watchdog tasks know them from the registry. */
export class PassiveRegistry implements PassiveDetectors {
  readonly #partitions = new Map<number, Map<number, PassiveDetector>>();
  readonly #watchers = new Set<() => void>();

  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  }

  *list(): Iterable<PassiveDetector> {
    for (const detectors of this.#partitions.values()) yield* detectors.values();
  }

  set(partition: number, detector: PassiveDetector): void {
    const detectors = this.#partitions.get(partition) ?? new Map<number, PassiveDetector>();
    this.#partitions.set(partition, detectors.set(detector.id, detector));
    this.#changed();
  }

  remove(partition: number, id: number): void {
    if (this.#partitions.get(partition)?.delete(id)) this.#changed();
  }

  /** The partition went to another process, or is begun anew. */
  forget(partition: number): void {
    if (this.#partitions.delete(partition)) this.#changed();
  }

  #changed(): void {
    for (const changed of this.#watchers) changed();
  }
}
