import { z } from 'zod';
import type { MailAnswer } from '../../../brokers/smtp/script.ts';
import type { SmsAnswer } from '../../../brokers/twilio/script.ts';
import { act, embedded, lasting } from './act.ts';
import type { End, World } from './fault.ts';
import { pickerOf, type Selection, selecting, selectionShape, selectionWords } from './selection.ts';

interface To {
  readonly to?: string | undefined;
}

const sends = z.strictObject({
  to: z.string().min(1).describe('only those to this address or number').optional(),
  ...selectionShape,
  ...lasting,
});

const kept = z
  .boolean()
  .default(false)
  .describe('whether the message arrives all the same, and only its sender does not hear of it');

export const DELIVERY_ACTS = {
  'mail.refuse': act({
    summary: 'the mail server refuses mails: 4xx for now, 5xx for good',
    schema: selecting(sends.extend({ code: z.int().min(400).max(599).default(451).describe('as 451, or 550') })),
    words: (options) => `the mail server answers ${options.code}${which(options)}`,
    begin: (world, options) => mail(world, options, { do: 'refuse', at: 'END', code: options.code }),
  }),
  'mail.hang': act({
    summary: 'the mail server takes mails in and does not answer, until it is healed',
    schema: selecting(sends.extend({ kept })),
    words: (options) => `the mail server hangs${which(options)}`,
    begin: (world, options) => mail(world, options, { do: 'hang', at: options.kept ? 'REPLY' : 'END' }),
  }),
  'mail.cut': act({
    summary: 'the mail server closes the connection instead of answering',
    schema: selecting(sends.extend({ kept })),
    words: (options) => `the mail server hangs up${which(options)}`,
    begin: (world, options) => mail(world, options, { do: 'close', at: options.kept ? 'REPLY' : 'END' }),
  }),
  'sms.refuse': act({
    summary: 'Twilio refuses messages: 429 and 5xx for now, other 4xx for good',
    schema: selecting(
      sends.extend({
        status: z.int().min(400).max(599).default(503).describe('the HTTP status, as 503, 429 or 400'),
        code: z.int().min(10_000).max(99_999).default(20_503).describe("Twilio's own code, as 20503, 20429 or 21610"),
      }),
    ),
    words: (options) => `Twilio answers ${options.status}${which(options)}`,
    begin: (world, options) => sms(world, options, { do: 'refuse', status: options.status, code: options.code }),
  }),
  'sms.hang': act({
    summary: 'Twilio does not answer, until it is healed',
    schema: selecting(sends.extend({ kept })),
    words: (options) => `Twilio hangs${which(options)}`,
    begin: (world, options) => sms(world, options, { do: 'hang', at: options.kept ? 'REPLY' : 'REQUEST' }),
  }),
  'sms.cut': act({
    summary: 'Twilio closes the connection instead of answering',
    schema: selecting(sends.extend({ kept })),
    words: (options) => `Twilio hangs up${which(options)}`,
    begin: (world, options) => sms(world, options, { do: 'close', at: options.kept ? 'REPLY' : 'REQUEST' }),
  }),
};

function mail({ mails, random }: World, options: To & Selection, answer: MailAnswer): End {
  return embedded(mails, 'mail server', 'smtp').add({ to: options.to, picks: pickerOf(options, random), answer });
}

function sms({ sms: faults, random }: World, options: To & Selection, answer: SmsAnswer): End {
  return embedded(faults, 'stand-in for Twilio', 'the Twilio account').add({
    to: options.to,
    picks: pickerOf(options, random),
    answer,
  });
}

function which({ to, ...selection }: To & Selection): string {
  return `${to === undefined ? '' : ` to ${to}`}${selectionWords(selection)}`;
}
