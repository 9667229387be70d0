import { type Admin, Kafka, logLevel } from 'kafkajs';
import { z } from 'zod';
import { RunningCommand } from '../../support/command.ts';
import { eventually } from '../../support/eventually.ts';
import { residentBytes } from '../process-usage.ts';

/** A line of its log. */
const joinSchema = z.object({ time: z.string(), role: z.string(), partitions: z.array(z.int()) });

/** What the process has taken of itself. */
export interface Usage {
  /** `signals` read since its start, those that it read back included. */
  readonly signals: number;
  readonly cpuSeconds: number;
}

/** A process with the role `watchdog` and nothing else: the built program. */
export class WatchdogProcess {
  readonly #command: RunningCommand;
  readonly #admin: Admin;
  readonly #api: string;
  /** From the start of the process until its tables are read. */
  readonly readyMs: number;

  private constructor(command: RunningCommand, admin: Admin, api: string, readyMs: number) {
    this.#command = command;
    this.#admin = admin;
    this.#api = api;
    this.readyMs = readyMs;
  }

  static async start({ kafka, mqtt, site }: { kafka: string; mqtt: string; site: string }): Promise<WatchdogProcess> {
    const began = performance.now();
    const at = ['--kafka', kafka, '--mqtt', mqtt, '--site', site, '--port', '0'];
    // Which says when it joins its group.
    const command = new RunningCommand(['run', 'watchdog', '--json', ...at], { LOG_LEVEL: 'debug' });
    const { data } = await command.event('site.ready');
    const readyMs = performance.now() - began;
    const admin = new Kafka({ brokers: [kafka], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    return new WatchdogProcess(command, admin, String(data.api), readyMs);
  }

  get residentBytes(): number {
    return residentBytes(this.#command.child.pid ?? 0);
  }

  async usage(): Promise<Usage> {
    const text = await (await fetch(`${this.#api}/metrics`)).text();
    const metric = (name: string) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1] ?? 0);
    return {
      signals: metric('smokewire_records_consumed_total\\{role="watchdog",topic="signals"\\}'),
      cpuSeconds: metric('process_cpu_seconds_total'),
    };
  }

  /** Resolves once it is done with all signals there are and reads no more, with what it had taken, and when that was. */
  async caughtUp(): Promise<Usage & { readonly at: number }> {
    let last = { ...(await this.usage()), at: performance.now() };
    return await eventually(
      'the watchdog to be done with all signals',
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        const usage = await this.usage();
        if (usage.signals !== last.signals) last = { ...usage, at: performance.now() };
        return performance.now() - last.at > RESTS_MS && (await this.#hasCommittedAll()) && last;
      },
      120_000,
    );
  }

  async #hasCommittedAll(): Promise<boolean> {
    const [ends, [committed]] = await Promise.all([
      this.#admin.fetchTopicOffsets('signals'),
      this.#admin.fetchOffsets({ groupId: 'watchdog', topics: ['signals'] }),
    ]);
    const offsets = new Map(committed?.partitions.map(({ partition, offset }) => [partition, offset]));
    return ends.every(({ partition, high }) => offsets.get(partition) === high);
  }

  /** When it got so many partitions, last of all, as `performance.now` counts. */
  async joined(partitions: number): Promise<number> {
    const joined = () => this.#joins().findLast((join) => join.partitions.length === partitions);
    const { time } = await eventually(`the watchdog to have ${partitions} partitions`, joined, 30_000);
    return Date.parse(time) - performance.timeOrigin;
  }

  #joins(): readonly z.infer<typeof joinSchema>[] {
    const lines = this.#command.stderr.split('\n').filter((line) => line.includes('"joined the group"'));
    return lines.map((line) => joinSchema.parse(JSON.parse(line))).filter(({ role }) => role === 'watchdog');
  }

  async kill(): Promise<void> {
    await this.#admin.disconnect();
    await this.#command.kill();
  }

  /** It leaves its group. */
  async stop(): Promise<void> {
    await this.#admin.disconnect();
    this.#command.child.kill('SIGTERM');
    await this.#command.ended;
  }
}

/** Longer than it rests between two fetches. */
const RESTS_MS = 500;
