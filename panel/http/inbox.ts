import { z } from 'zod';
import { type ReceivedEmail, type ReceivedSms, receivedEmailSchema, receivedSmsSchema } from '../../contracts/http.ts';
import type { App } from './app.ts';
import { limitText } from './text.ts';

/** What the servers in this process received, oldest first; one that runs elsewhere is left out. */
export interface Inboxes {
  emails?(): readonly ReceivedEmail[];
  sms?(): readonly ReceivedSms[];
}

const querystring = z.strictObject({ limit: limitText(10_000, 10_000) });

/** What arrived at the mail server and at the SMS service, oldest first, the newest `limit` of it. */
export function inboxRoutes(app: App, { emails, sms }: Inboxes): void {
  if (emails) {
    app.get(
      '/api/v1/inbox/emails',
      {
        schema: {
          summary: 'E-mails that the mail server received, oldest first',
          querystring,
          response: { 200: z.array(receivedEmailSchema) },
        },
      },
      ({ query: { limit } }) => emails().slice(-limit),
    );
  }
  if (sms) {
    app.get(
      '/api/v1/inbox/sms',
      {
        schema: {
          summary: 'SMS that the service received, oldest first',
          querystring,
          response: { 200: z.array(receivedSmsSchema) },
        },
      },
      ({ query: { limit } }) => sms().slice(-limit),
    );
  }
}
