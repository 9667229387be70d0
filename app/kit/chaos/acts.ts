import type { z } from 'zod';
import { DELIVERY_ACTS } from './delivery-acts.ts';
import { DEVICE_ACTS } from './device-acts.ts';
import { KAFKA_ACTS } from './kafka-acts.ts';
import { MQTT_ACTS } from './mqtt-acts.ts';
import { ROLE_ACTS } from './role-acts.ts';

/** Every fault on purpose, by its name: the only list. `site.chaos`, scenario files and docs/chaos.md are read off it. */
export const CHAOS_ACTS = { ...MQTT_ACTS, ...KAFKA_ACTS, ...ROLE_ACTS, ...DELIVERY_ACTS, ...DEVICE_ACTS };

export type ChaosName = keyof typeof CHAOS_ACTS;

/** What a fault is given. */
export type ChaosOptions<Name extends ChaosName> = z.input<(typeof CHAOS_ACTS)[Name]['schema']>;
