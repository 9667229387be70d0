import { z } from 'zod';

/** 1 is fire, 0 is all well. */
export const signalValueSchema = z.union([z.literal(0), z.literal(1)]);
export type SignalValue = z.infer<typeof signalValueSchema>;

const time = z.iso.datetime({ offset: true });

/** `…/signal` in its long form; the short one is a bare `0` or `1`. `seq` counts up in one session, `at` is the device's clock. */
export const signalPayloadSchema = z.object({
  signal: signalValueSchema,
  seq: z.int().nonnegative().optional(),
  at: time.optional(),
});
export type SignalPayload = z.infer<typeof signalPayloadSchema>;

/** `…/status`: birth message and Last Will. */
export const statusPayloadSchema = z.enum(['online', 'offline']);

export const detectorModeSchema = z.enum(['active', 'passive']);
export type DetectorMode = z.infer<typeof detectorModeSchema>;

/** `…/config`: how a detector reports. An active one sends every `heartbeatMs`, a passive one wants to be asked as often. */
export const detectorConfigSchema = z.object({
  mode: detectorModeSchema,
  heartbeatMs: z.int().min(10).max(86_400_000),
  kind: z.string().min(1).max(64),
  label: z.string().max(200),
  /** What it reaches the broker through, where detectors share such a thing: it may be lost with all of them. */
  gateway: z.string().min(1).max(64).optional(),
});
export type DetectorConfig = z.infer<typeof detectorConfigSchema>;

export const valvePositionSchema = z.enum(['open', 'closed']);
export type ValvePosition = z.infer<typeof valvePositionSchema>;

/** `valve/command`. `by` says on whose behalf: `incident/…` or `operator/…`. A valve ignores it after `expires`. */
export const valveCommandPayloadSchema = z.object({
  position: valvePositionSchema,
  by: z.string().min(1).max(200),
  id: z.uuid(),
  expires: time,
});
export type ValveCommandPayload = z.infer<typeof valveCommandPayloadSchema>;

/** `valve/state`: where the valve stands, and the command that it answers (null at birth). */
export const valveStatePayloadSchema = z.object({ position: valvePositionSchema, commandId: z.uuid().nullable() });
export type ValveStatePayload = z.infer<typeof valveStatePayloadSchema>;
