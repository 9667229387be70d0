// A Kafka broker in a process of its own, from the built program, for tests that kill it. Arguments: port and data folder.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const { startKafka } = await import(pathToFileURL(resolve('dist/app/kafka.js')).href);
const [port, data] = process.argv.slice(2);
const broker = await startKafka({ port: Number(port), data });
process.stdout.write(`${broker.address}\n`);
