import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseMail } from '../../../brokers/smtp/received.ts';
import type { ReceivedEmail } from '../../../contracts/http.ts';
import { Child, freePort, inOwnFolder } from './child.ts';

const INSTALL = 'install OpenSMTPD (Debian: opensmtpd), and run the tests as root, which it needs';

interface Running {
  readonly folder: string;
  readonly port: number;
  readonly child: Child;
}

/** OpenSMTPD, taking mail for anybody into one Maildir. Its spool is the machine's: only one runs at a time. */
export class OpenSmtpd {
  #running: Running | undefined;

  /** `smtp://host:port` of a running one. */
  get url(): string {
    return `smtp://127.0.0.1:${this.#running?.port ?? 0}`;
  }

  get maildir(): string {
    return join(this.#running?.folder ?? '', 'mail');
  }

  async start(): Promise<void> {
    if (process.getuid?.() !== 0) throw new Error(INSTALL);
    this.#running = await inOwnFolder('opensmtpd', (folder) => this.#open(folder));
  }

  async #open(folder: string): Promise<Running> {
    await chmod(folder, 0o755);
    const maildir = join(folder, 'mail');
    await mkdir(maildir);
    // Mail is delivered with the rights of the user that the address maps to.
    await promisify(execFile)('chown', ['nobody', maildir]);
    const port = await freePort();
    const config = join(folder, 'smtpd.conf');
    await writeFile(config, smtpdConf(port, maildir), { mode: 0o600 });
    const child = await Child.launch(
      {
        name: 'OpenSMTPD',
        command: 'smtpd',
        args: ['-d', '-f', config],
        log: join(folder, 'smtpd.log'),
        install: INSTALL,
      },
      (log) => log.includes('starting'),
    );
    return { folder, port, child };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.child.stop('SIGTERM');
    if (running) await rm(running.folder, { recursive: true, force: true });
  }
}

function smtpdConf(port: number, maildir: string): string {
  return `
listen on 127.0.0.1 port ${port}
action "keep" maildir "${maildir}" virtual { "@" = nobody }
match from any for any action "keep"
`;
}

/** The mails that were delivered to a Maildir: one for each recipient. */
export async function readMaildir(maildir: string): Promise<ReceivedEmail[]> {
  const folder = join(maildir, 'new');
  const names = await readdir(folder).catch(() => []);
  return await Promise.all(
    names.map(async (name) => {
      const mail = await parseMail(await readFile(join(folder, name)), {
        from: '',
        to: [],
        receivedAt: new Date(Number(name.split('.')[0]) * 1_000).toISOString(),
        fallbackId: `<${name}>`,
      });
      const { 'return-path': from = '', 'delivered-to': to = '' } = mail.headers;
      return { ...mail, from: from.replace(/[<>]/g, ''), to: [to] };
    }),
  );
}
