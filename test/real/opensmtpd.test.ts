import { randomUUID } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { expect, inject, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { readMaildir } from './servers/opensmtpd.ts';

it('OpenSMTPD delivers a mail as the embedded server keeps it', async () => {
  const { url, maildir } = inject('smtp');
  const messageId = `<${randomUUID()}@smokewire>`;
  const transport = createTransport(url);
  await transport.sendMail({
    from: 'site@example.com',
    to: ['safety@example.com'],
    subject: 'detector 8 is silent – Prüfung',
    text: 'No signal.\n.dot\n',
    messageId,
  });
  const mail = await eventually('the delivery', async () =>
    (await readMaildir(maildir)).find((delivered) => delivered.id === messageId),
  );
  expect(mail).toMatchObject({
    from: 'site@example.com',
    to: ['safety@example.com'],
    subject: 'detector 8 is silent – Prüfung',
    text: 'No signal.\n.dot\n',
  });
});
