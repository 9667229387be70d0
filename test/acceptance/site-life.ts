import { expect } from 'vitest';
import { startSite } from '../../app/index.ts';

/** What keeps a process alive, by kind, once the event loop has closed what was given up. */
export async function handles() {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return {
    sockets: counts['TCPSocketWrap'] ?? 0,
    servers: counts['TCPServerWrap'] ?? 0,
    timers: counts['Timeout'] ?? 0,
  };
}

/** The test runner has a timer or two of its own, which come and go. */
export function expectNoMore(now: Awaited<ReturnType<typeof handles>>, before: typeof now): void {
  expect({ ...now, timers: 0 }).toEqual({ ...before, timers: 0 });
  expect(now.timers - before.timers).toBeLessThan(3);
}

/** A life of a site, in which people are told of a fire and of a fault. */
export async function live(): Promise<void> {
  const site = await startSite({ clock: 'virtual', detectors: 8, floors: 4 });
  try {
    await site.detector(3).trip();
    await site.valve(3).opened();
    await site.detector(8).kill();
    await site.inbox.email({ about: site.detector(8) });
  } finally {
    await site.stop();
  }
}
