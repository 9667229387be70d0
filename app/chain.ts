import type { Service } from '../contracts/service.ts';

/** Services of which each needs the ones before it: they start in this order and stop in the reverse one. */
export function chain(name: string, ...services: readonly Service[]): Service {
  return {
    name,
    async start() {
      for (const service of services) await service.start();
    },
    async stop() {
      for (const service of [...services].reverse()) await service.stop();
    },
    missing: () => services.flatMap((service) => service.missing()),
  };
}
