import type { SiteView } from '../../contracts/http.ts';
import { kafkaClient } from '../../transport/kafka/client.ts';
import { LineFile } from '../kit/record/files.ts';
import { Recorder, type RecordingSummary } from '../kit/record/recorder.ts';
import { stderrLogger } from '../logger.ts';
import type { Terminal } from './terminal.ts';

/** Records a running site into a file, line by line, for as long as `during` takes. @throws SmokewireError FILE_INVALID, KAFKA_UNREACHABLE */
export async function recordToFile(
  terminal: Terminal,
  path: string,
  { name, settings, addresses, topicPrefix }: SiteView,
  during: () => Promise<void>,
): Promise<RecordingSummary> {
  const client = kafkaClient({
    brokers: addresses.kafka,
    clientId: 'smokewire-record',
    topicPrefix,
    logger: stderrLogger(terminal.env['LOG_LEVEL'] || 'warn'),
    wireClock: terminal.clock,
    // A command that is told to stop ends within 5 s, also when Kafka is gone by then.
    connectTimeoutMs: 2_000,
  });
  const file = await LineFile.create(path);
  const recorder = new Recorder({
    client,
    clock: terminal.clock,
    settings: { site: name, ...settings },
    write: file.write,
  });
  try {
    await recorder.start();
    // A disk that is full ends it too.
    await Promise.race([during(), file.done]);
    return await recorder.stop();
  } finally {
    await recorder.cancel();
    await file.end();
  }
}
