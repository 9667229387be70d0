import type { Command } from 'commander';
import { rfc3339 } from '../../../contracts/clock.ts';
import { textHeaders } from '../../../contracts/dead-letters.ts';
import { SmokewireError } from '../../../contracts/errors.ts';
import { siteViewSchema } from '../../../contracts/http.ts';
import type { InRecord } from '../../../contracts/kafka-records.ts';
import { TOPICS } from '../../../contracts/kafka-topics.ts';
import { SiteApi } from '../../site-api.ts';
import { addSiteOptions, siteUrl } from '../options.ts';
import { painter, printable, type Terminal } from '../terminal.ts';

interface Options {
  readonly url?: string;
  readonly json?: boolean;
  readonly fromBeginning?: boolean;
  readonly key?: string;
}

/** `tail TOPIC`: the records of a Kafka topic, readable, as they come. The brokers' address comes from the site. */
export function addTail(program: Command, terminal: Terminal): void {
  addSiteOptions(program.command('tail <topic>'))
    .description('records of a Kafka topic as they come, until interrupted')
    .option('--from-beginning', 'first those that are there already')
    .option('--key <key>', 'only those under this key')
    .addHelpText(
      'after',
      '\nExamples:\n  smokewire tail signals --key 7\n  smokewire tail notifications --from-beginning',
    )
    .action(async (topic: string, options: Options) => {
      if (![...TOPICS.keys()].some((name) => name === topic)) {
        throw new SmokewireError(
          'USAGE_INVALID',
          `there is no topic ${topic}; there are ${[...TOPICS.keys()].join(', ')}`,
        );
      }
      const site = await new SiteApi(siteUrl(terminal, options)).get('/api/v1/site', siteViewSchema);
      const { tailTopic } = await import('../tail-topic.ts');
      await tailTopic(terminal, {
        topic,
        brokers: site.addresses.kafka,
        topicPrefix: site.topicPrefix,
        from: options.fromBeginning ? 'beginning' : 'end',
        onRecord: (record) => {
          if (options.key !== undefined && options.key !== record.key) return;
          terminal.stdout.write(`${options.json ? recordJson(record) : recordLine(terminal, record)}\n`);
        },
      });
    });
}

function recordJson(record: InRecord): string {
  const { topic, partition, offset, timestamp, key, value } = record;
  const at = rfc3339(timestamp);
  return JSON.stringify({
    topic,
    partition,
    offset,
    at,
    key,
    value: value?.toString() ?? null,
    headers: textHeaders(record),
  });
}

function recordLine(terminal: Terminal, record: InRecord): string {
  const paint = painter(terminal);
  const headers = Object.entries(textHeaders(record))
    .filter(([name]) => !['content-type', 'ce_specversion', 'ce_time'].includes(name))
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  const place = `${record.partition}@${record.offset}`;
  const value = record.value === null ? '(tombstone)' : record.value.toString();
  return [
    paint('dim', rfc3339(record.timestamp).slice(11, 23)),
    paint('dim', place.padEnd(8)),
    paint('cyan', printable(record.key)),
    printable(value),
    paint('dim', printable(headers)),
  ].join('  ');
}
