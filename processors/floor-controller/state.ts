import { z } from 'zod';
import { valvePositionSchema } from '../../contracts/mqtt-payloads.ts';

/** What the floor controller remembers about one floor, as its changelog keeps it. Times are milliseconds since the epoch. */
export const floorStateSchema = z.object({
  floor: z.int(),
  /** The fire that is on, from the first alarm until a human's reset: the alarm latches (EN 54-2 7.1). */
  fire: z.object({ incident: z.uuid(), detectors: z.array(z.int()) }).nullable(),
  /** The position last ordered, by a fire or by a human; null before the first order. */
  wanted: valvePositionSchema.nullable(),
  /** The order that the valve has not answered yet. */
  order: z
    .object({
      /** The id of its first command; later ones derive theirs from it. */
      id: z.uuid(),
      position: valvePositionSchema,
      by: z.string(),
      /** How many commands were sent for it. */
      attempts: z.int().positive(),
      /** When the last of them should have been answered. */
      deadline: z.number(),
      /** A deadline was noticed too late once: more time was given then, and is not given again. */
      extended: z.boolean(),
    })
    .nullable(),
  /** The fault that is open because the valve did not answer. */
  fault: z.object({ incident: z.uuid() }).nullable(),
  /** The last alarm of each detector that ever had one: how repetitions are recognised. */
  heard: z.record(z.string(), z.object({ offset: z.int(), at: z.number() })),
  /** Ids of the last commands of humans and reports of the valve, newest last. */
  handled: z.array(z.string()),
});
export type FloorState = z.infer<typeof floorStateSchema>;

export function quietFloor(floor: number): FloorState {
  return { floor, fire: null, wanted: null, order: null, fault: null, heard: {}, handled: [] };
}

/** How many ids are remembered: more than come in while a producer retries. */
const HANDLED_LIMIT = 64;

/** The state that has noted `id`; undefined where it was handled before. */
export function noteHandled(state: FloorState, id: string): FloorState | undefined {
  if (state.handled.includes(id)) return undefined;
  return { ...state, handled: [...state.handled, id].slice(-HANDLED_LIMIT) };
}
