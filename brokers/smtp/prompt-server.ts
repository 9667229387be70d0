import type { Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';

/**
 * A mail server that greets at once. smtp-server waits 100 ms first, to catch spammers who talk before they are greeted; here
 * only friends call, and the first mail of every test would wait for it. Leans on the internals of smtp-server 3.21.6.
 */
export class PromptSmtpServer extends SMTPServer {
  override connect(socket: Socket, options?: SMTPConnectionOptions | null): void {
    const connection = new PromptConnection(this, socket, options);
    this.connections.add(connection);
    connection.on('error', (error) => this._onError(error));
    connection.on('connect', (data) => this._onClientConnect(data));
    connection.init();
  }
}

class PromptConnection extends SMTPConnection {
  #greeted = false;

  override init(): void {
    super.init();
    this.connectionReady();
  }

  /** Called once more when those 100 ms are over. */
  override connectionReady(next?: () => void): void {
    if (this.#greeted) return;
    this.#greeted = true;
    super.connectionReady(next);
  }
}
