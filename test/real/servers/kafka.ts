import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { Child, freePort, inOwnFolder } from './child.ts';

const INSTALL =
  'install a Java runtime (Debian: default-jre-headless) and Maven, and fetch the jars with ' +
  '`mvn -B -f test/real/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory="$PWD/.real/kafka/lib"`, ' +
  'or name their folder in SMOKEWIRE_REAL_KAFKA_LIB';

/** Where Apache Kafka's jars lie, as a class path. */
export function jars(): string {
  const folder = process.env['SMOKEWIRE_REAL_KAFKA_LIB'] ?? join(process.cwd(), '.real/kafka/lib');
  if (!existsSync(folder)) throw new Error(`no Apache Kafka in ${folder}: ${INSTALL}`);
  return join(folder, '*');
}

interface Running {
  readonly folder: string;
  readonly port: number;
  readonly child: Child;
}

/** Apache Kafka, one node that is broker and controller, with a data folder of its own. */
export class ApacheKafka {
  #running: Running | undefined;

  /** `host:port` of a running one. */
  get address(): string {
    return `127.0.0.1:${this.#running?.port ?? 0}`;
  }

  /** Of the process that runs. */
  get pid(): number | undefined {
    return this.#running?.child.pid;
  }

  async start(): Promise<void> {
    const classpath = jars();
    this.#running = await inOwnFolder('kafka', (folder) => this.#open(folder, classpath));
  }

  async #open(folder: string, classpath: string): Promise<Running> {
    const [port, controllerPort] = await Promise.all([freePort(), freePort()]);
    const properties = join(folder, 'server.properties');
    await writeFile(properties, serverProperties(folder, port, controllerPort));

    // What `kafka.tools.StorageTool random-uuid` prints, without a JVM: 16 random bytes in URL-safe base64.
    const clusterId = randomBytes(16).toString('base64url');
    await promisify(execFile)('java', [
      ...java(classpath),
      'kafka.tools.StorageTool',
      'format',
      // With its equals sign: one id in 64 begins with a hyphen, and would be taken for an option.
      `--cluster-id=${clusterId}`,
      '-c',
      properties,
    ]).catch((error: Error) => {
      throw new Error(`cannot format Kafka's storage (${error.message}): ${INSTALL}`);
    });
    return { folder, port, child: await launch(folder, port, classpath) };
  }

  /** Shuts it down in order, keeping its data; what it answers with brings it back on the same port. */
  async outage(): Promise<() => Promise<void>> {
    const running = this.#running;
    if (!running) throw new Error('Apache Kafka does not run');
    const { folder, port, child } = running;
    await child.stop('SIGTERM');
    return async () => {
      this.#running = { folder, port, child: await launch(folder, port, jars()) };
    };
  }

  /** It answers nothing and keeps its connections, until what this answers with is called. */
  freeze(): () => void {
    if (!this.#running) throw new Error('Apache Kafka does not run');
    return this.#running.child.freeze();
  }

  /** Its data is thrown away, so it need not shut down in order. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.child.stop('SIGKILL');
    if (running) await rm(running.folder, { recursive: true, force: true });
  }
}

const java = (classpath: string) => ['-Xmx512m', '-cp', classpath];

function launch(folder: string, port: number, classpath: string): Promise<Child> {
  return Child.launch(
    {
      name: 'Apache Kafka',
      command: 'java',
      args: [...java(classpath), 'kafka.Kafka', join(folder, 'server.properties')],
      log: join(folder, 'kafka.log'),
      install: INSTALL,
    },
    () => answers(`127.0.0.1:${port}`),
  );
}

function serverProperties(folder: string, port: number, controllerPort: number): string {
  return `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${join(folder, 'data')}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
`;
}

/** Whether the broker has joined its cluster of one. */
async function answers(address: string): Promise<boolean> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length === 1;
  } catch {
    return false;
  } finally {
    await admin.disconnect();
  }
}
