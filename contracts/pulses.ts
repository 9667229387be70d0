import { z } from 'zod';
import { defineEvent } from './cloud-events.ts';

const pulseSchema = z.object({
  /** The consumer group of the watchdog. */
  group: z.string().min(1),
  /** Which of its members. */
  instance: z.string().min(1),
  at: z.iso.datetime(),
});
export type Pulse = z.infer<typeof pulseSchema>;

/** A watchdog says that it lives, and has judged lately by a canary in every partition that it holds. */
export const watchdogPulsed = defineEvent({
  type: 'smokewire.watchdog.pulsed',
  topic: 'pulses',
  schema: pulseSchema,
  key: ({ group, instance }: Pulse) => `${group}/${instance}`,
});
