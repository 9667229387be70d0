import { rfc3339 } from '../../contracts/clock.ts';
import type { Config } from '../../contracts/config.ts';
import type { SiteView } from '../../contracts/http.ts';
import type { Role } from '../../contracts/roles.ts';
import type { SiteEvent } from '../../contracts/site-events.ts';
import { untilAborted } from '../../contracts/until-aborted.ts';
import { stderrLogger } from '../logger.ts';
import { SiteProcess } from '../site-process.ts';
import { eventLine } from './event-lines.ts';
import type { Terminal } from './terminal.ts';

export interface RunOptions {
  readonly config: Config;
  readonly roles: readonly Role[];
  /** Whether brokers without an address are started in this process. */
  readonly embed: boolean;
  readonly json: boolean;
  /** Prints what people want to read once it runs. */
  readonly greet: (terminal: Terminal, site: SiteView) => void;
}

/** A fleet of this size and more tells how far it has connected. */
const TELL_PROGRESS_FROM = 200;

/** Runs a part of a site and prints what happens, until the terminal says to stop. Resolves when all has stopped. */
export async function runUntilStopped(terminal: Terminal, options: RunOptions): Promise<void> {
  const { config, roles, embed, json, greet } = options;
  const print = (event: SiteEvent) => {
    terminal.stdout.write(`${json ? JSON.stringify(event) : eventLine(terminal, event)}\n`);
  };
  const site = new SiteProcess({
    config,
    roles,
    embed,
    clock: terminal.clock,
    wireClock: terminal.clock,
    random: terminal.random,
    logger: stderrLogger(config.logLevel),
    onEvent: print,
    onProgress: json ? () => {} : progressPrinter(terminal),
  });
  const stop = () => void site.stop();
  terminal.stopping.addEventListener('abort', stop, { once: true });
  try {
    await site.start();
    if (!json) greet(terminal, site.view());
    print({ type: 'site.ready', at: rfc3339(terminal.clock.now()), subject: 'site', data: readyData(site.view()) });
    await untilAborted(terminal.stopping);
  } catch (error) {
    // A stop during the start is a stop like any other.
    if (!terminal.stopping.aborted) throw error;
  } finally {
    terminal.stopping.removeEventListener('abort', stop);
    await site.stop();
  }
  print({ type: 'site.stopped', at: rfc3339(terminal.clock.now()), subject: 'site', data: {} });
}

/** Prints each further tenth of a large fleet that has connected. */
function progressPrinter(terminal: Terminal): (connected: number, total: number) => void {
  let told = 0;
  return (connected, total) => {
    const tenth = Math.floor((10 * connected) / total);
    if (total < TELL_PROGRESS_FROM || tenth <= told) return;
    told = tenth;
    terminal.stdout.write(`${connected} of ${total} detectors are connected\n`);
  };
}

/** What `site.ready` tells (contract: events). */
function readyData({ addresses, detectors, floors, seed }: SiteView): Record<string, unknown> {
  return { ...addresses, detectors, floors, seed };
}
