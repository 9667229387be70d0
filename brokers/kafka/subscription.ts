import { MalformedFrame, Reader } from './codec/reader.ts';

/**
 * Whether a consumer's word about itself says that it subscribes to a topic (ConsumerProtocolSubscription, of which every
 * version begins alike):
 *
 *   version => INT16
 *   topics => [STRING]
 *
 * One that cannot be read may subscribe to anything.
 */
export function subscribesTo(metadata: Buffer, topic: string): boolean {
  try {
    const reader = new Reader(metadata);
    reader.int16();
    return reader.values(() => reader.string()).includes(topic);
  } catch (error) {
    if (error instanceof MalformedFrame) return true;
    throw error;
  }
}
