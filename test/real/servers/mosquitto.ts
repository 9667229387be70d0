import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../../support/eventually.ts';
import { Child, freePort, inOwnFolder } from './child.ts';

const INSTALL = 'install mosquitto (Debian: mosquitto)';
const SHIPPED = 'deploy/mosquitto';

interface Running {
  readonly folder: string;
  readonly port: number;
  readonly child: Child;
}

/** mosquitto with the configuration that is shipped, on a port and with files of its own. */
export class Mosquitto {
  readonly bridge = { username: 'bridge', password: 'only for tests' };
  #running: Running | undefined;

  /** `mqtt://host:port` of a running one. */
  get url(): string {
    return `mqtt://127.0.0.1:${this.#running?.port ?? 0}`;
  }

  async start(): Promise<void> {
    this.#running = await inOwnFolder('mosquitto', (folder) => this.#open(folder));
  }

  async #open(folder: string): Promise<Running> {
    await mkdir(join(folder, 'data'));
    const passwords = join(folder, 'passwords');
    await promisify(execFile)('mosquitto_passwd', [
      '-b',
      '-c',
      passwords,
      this.bridge.username,
      this.bridge.password,
    ]).catch((error: Error) => {
      throw new Error(`cannot run mosquitto_passwd (${error.message}): ${INSTALL}`);
    });
    const port = await freePort();
    await writeFile(join(folder, 'mosquitto.conf'), await derived(folder, port));
    return { folder, port, child: await launch(folder, port) };
  }

  /** Kills it as a power failure would, once all that it holds by now is on its disk, and starts it on what is there. */
  async crash(): Promise<void> {
    if (this.#running === undefined) throw new Error('mosquitto does not run');
    const { folder, port, child } = this.#running;
    const now = Date.now();
    const database = join(folder, 'data', 'mosquitto.db');
    await eventually('mosquitto to save', () =>
      stat(database).then(
        (file) => file.mtimeMs > now + 1,
        () => false,
      ),
    );
    await child.stop('SIGKILL');
    this.#running = { folder, port, child: await launch(folder, port) };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.child.stop('SIGTERM');
    if (running) await rm(running.folder, { recursive: true, force: true });
  }
}

function launch(folder: string, port: number): Promise<Child> {
  const args = ['-c', join(folder, 'mosquitto.conf')];
  const log = join(folder, 'mosquitto.log');
  return Child.launch({ name: 'mosquitto', command: 'mosquitto', args, log, install: INSTALL }, () => accepts(port));
}

/** The shipped configuration with this machine's port and paths; everything else as it stands. */
async function derived(folder: string, port: number): Promise<string> {
  const changes: readonly (readonly [from: string, to: string])[] = [
    ['listener 1883', `listener ${port} 127.0.0.1`],
    ['password_file /mosquitto/passwords/passwords', `password_file ${join(folder, 'passwords')}`],
    ['acl_file /mosquitto/config/acl', `acl_file ${join(process.cwd(), SHIPPED, 'acl')}`],
    ['persistence_location /mosquitto/data/', `persistence_location ${join(folder, 'data')}/`],
  ];
  let config = await readFile(join(SHIPPED, 'mosquitto.conf'), 'utf8');
  for (const [from, to] of changes) {
    if (!config.includes(`\n${from}\n`)) throw new Error(`deploy/mosquitto/mosquitto.conf has no line "${from}"`);
    config = config.replace(`\n${from}\n`, `\n${to}\n`);
  }
  // Started by root it would take another user's rights, and could not write here.
  return process.getuid?.() === 0 ? `${config}\nuser root\n` : config;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
