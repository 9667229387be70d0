import { type SiteOptions, startSite } from '../../app/index.ts';
import { percentile } from './percentile.ts';

/** A virtual site with the defaults of `up`. */
const VIRTUAL: SiteOptions = { clock: 'virtual', detectors: 20, floors: 4, heartbeat: '1s' };

export interface KitFigures {
  /** Medians, in milliseconds of the machine. */
  readonly startMs: number;
  readonly killToAssertionMs: number;
  readonly stopMs: number;
}

/** What a test in virtual time costs: start, kill → e-mail, SMS and lamp asserted, stop; each run on a site of its own. */
export async function benchKit(runs: number): Promise<KitFigures> {
  const start: number[] = [];
  const kill: number[] = [];
  const stop: number[] = [];
  for (let i = 0; i < runs; i++) {
    let began = performance.now();
    const lap = (figures: number[]) => {
      const now = performance.now();
      figures.push(now - began);
      began = now;
    };
    const site = await startSite(VIRTUAL);
    lap(start);
    // Every detector has signalled once: what dies now was alive.
    await site.clock.advance('2s');
    began = performance.now();
    await site.detector(8).kill();
    await site.inbox.email({ about: site.detector(8) });
    await site.inbox.sms({ about: site.detector(8) });
    await site.lamp('detector/8').on();
    lap(kill);
    await site.stop();
    lap(stop);
  }
  const median = (figures: number[]) =>
    percentile(
      figures.toSorted((a, b) => a - b),
      0.5,
    );
  return { startMs: median(start), killToAssertionMs: median(kill), stopMs: median(stop) };
}

/** How long some virtual time takes, in seconds of the machine, after a warm-up of a virtual minute. */
export async function benchVirtualTime({ detectors, seconds }: { detectors: number; seconds: number }) {
  const site = await startSite({ ...VIRTUAL, detectors });
  try {
    await site.clock.advance('60s');
    const began = performance.now();
    await site.clock.advance(seconds * 1_000);
    return { seconds: (performance.now() - began) / 1_000, rssBytes: process.memoryUsage.rss() };
  } finally {
    await site.stop();
  }
}
