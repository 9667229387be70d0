// A Kafka broker in a process of its own, which keeps all that it is given; it ends with its parent.
import { startKafka } from '../../../app/kafka.ts';

const broker = await startKafka({ retentionBytes: -1 });
process.once('disconnect', () => process.exit(0));
process.send?.(broker.address);
