import { type Command, Option } from 'commander';
import { z } from 'zod';
import { DETECTOR_STATES } from '../../../contracts/events.ts';
import {
  type DetectorView,
  detectorPageSchema,
  floorViewSchema,
  groupViewSchema,
  siteViewSchema,
} from '../../../contracts/http.ts';
import { SiteApi } from '../../site-api.ts';
import { addSiteOptions, integerArgument, siteUrl } from '../options.ts';
import { painter, printable, printRows, type Terminal } from '../terminal.ts';

interface Options {
  url?: string;
  json?: boolean;
}

/** `status`, `detectors`, `floors`, `groups`: how the site is, as tables. */
export function addViews(program: Command, terminal: Terminal): void {
  addSiteOptions(program.command('status'))
    .description('the site at a glance')
    .addHelpText('after', '\nExamples:\n  smokewire status\n  smokewire status --json')
    .action(async (options: Options) => {
      const site = await new SiteApi(siteUrl(terminal, options)).get('/api/v1/site', siteViewSchema);
      if (options.json) return void terminal.stdout.write(`${JSON.stringify(site)}\n`);
      const paint = painter(terminal);
      const states = Object.entries(site.states).filter(([, count]) => count > 0);
      const lines: [string, string][] = [
        ['site', site.name],
        [
          'detectors',
          `${site.detectors} (${states.map(([state, count]) => `${count} ${state}`).join(', ') || 'none heard yet'})`,
        ],
        ['floors', String(site.floors)],
        ['panel', site.addresses.api],
        ['MQTT', site.addresses.mqtt ?? '-'],
        ['Kafka', site.addresses.kafka.join(', ')],
        ['mail', site.addresses.smtp ?? '-'],
        ['up', `${Math.round(site.uptimeMs / 1_000)} s`],
        ['seed', site.seed],
        ['roles', site.roles.join(' ')],
      ];
      for (const [name, value] of lines)
        terminal.stdout.write(`${paint('dim', name.padEnd(10))} ${printable(value)}\n`);
    });

  addSiteOptions(program.command('detectors'))
    .description('detectors and their states')
    .addOption(new Option('--state <state>', 'only those in this state').choices(DETECTOR_STATES))
    .addOption(new Option('--floor <floor>', 'only those of this floor').argParser(integerArgument))
    .addHelpText('after', '\nExamples:\n  smokewire detectors --state silent\n  smokewire detectors --floor 3 --json')
    .action(async (options: Options & { state?: string; floor?: number }) => {
      printRows(terminal, options.json ?? false, await allDetectors(new SiteApi(siteUrl(terminal, options)), options), [
        { head: 'id', right: true, cell: (row) => row.id },
        { head: 'floor', right: true, cell: (row) => row.floor },
        { head: 'state', cell: (row) => row.state },
        { head: 'since', cell: (row) => row.since },
        { head: 'signal', right: true, cell: (row) => row.signal },
        { head: 'last signal', cell: (row) => row.lastSignalAt },
        { head: 'mode', cell: (row) => row.mode },
        { head: 'heartbeat', right: true, cell: (row) => (row.heartbeatMs === null ? null : `${row.heartbeatMs} ms`) },
        { head: 'disabled until', cell: (row) => row.disabledUntil },
      ]);
    });

  addSiteOptions(program.command('floors'))
    .description('floors, their alarms and valves')
    .addHelpText('after', '\nExamples:\n  smokewire floors')
    .action(async (options: Options) => {
      const floors = await new SiteApi(siteUrl(terminal, options)).get('/api/v1/floors', z.array(floorViewSchema));
      printRows(terminal, options.json ?? false, floors, [
        { head: 'floor', right: true, cell: (row) => row.floor },
        { head: 'detectors', right: true, cell: (row) => row.detectors },
        { head: 'alarms', cell: (row) => row.alarms.join(' ') || '-' },
        { head: 'valve', cell: (row) => row.valve.position },
        { head: 'by', cell: (row) => row.valve.by },
        { head: 'since', cell: (row) => row.valve.since },
        { head: 'incident', cell: (row) => row.incident },
        { head: 'disabled until', cell: (row) => row.disabledUntil },
      ]);
    });

  addSiteOptions(program.command('groups'))
    .description('consumer groups: members, committed offset, end and lag of each partition')
    .addHelpText('after', '\nExamples:\n  smokewire groups')
    .action(async (options: Options) => {
      const groups = await new SiteApi(siteUrl(terminal, options)).get('/api/v1/groups', z.array(groupViewSchema));
      const rows = groups.flatMap(({ partitions, ...group }) =>
        partitions.map((partition) => ({ ...group, ...partition })),
      );
      printRows(terminal, options.json ?? false, rows, [
        { head: 'group', cell: (row) => row.group },
        { head: 'state', cell: (row) => row.state },
        { head: 'members', right: true, cell: (row) => row.members },
        { head: 'topic', cell: (row) => row.topic },
        { head: 'partition', right: true, cell: (row) => row.partition },
        { head: 'committed', right: true, cell: (row) => row.committed },
        { head: 'end', right: true, cell: (row) => row.end },
        { head: 'lag', right: true, cell: (row) => row.lag },
      ]);
    });
}

async function allDetectors(api: SiteApi, filter: { state?: string; floor?: number }): Promise<DetectorView[]> {
  const detectors: DetectorView[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '1000' });
    if (filter.state !== undefined) query.set('state', filter.state);
    if (filter.floor !== undefined) query.set('floor', String(filter.floor));
    if (cursor !== null) query.set('cursor', cursor);
    const page: z.infer<typeof detectorPageSchema> = await api.get(`/api/v1/detectors?${query}`, detectorPageSchema);
    detectors.push(...page.detectors);
    cursor = page.cursor;
  } while (cursor !== null);
  return detectors;
}
