import type { HeaderLines } from 'mailparser';
import type { ReceivedEmail } from '../../contracts/http.ts';

/** What the SMTP dialogue said, as against what the mail says. */
export interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
  /** RFC 3339. */
  readonly receivedAt: string;
  /** Stands in for a Message-ID that the sender left out. */
  readonly fallbackId: string;
}

/**
 * The mail as the inbox shows it: sender and recipients from the envelope, the rest from the message. Header names are in
 * lower case, values unfolded but not decoded; a header that comes more than once has its values joined by commas.
 */
export async function parseMail(message: Buffer, envelope: Envelope): Promise<ReceivedEmail> {
  // 70 ms and 18 MB to import: not for a site that never sends a mail.
  const { simpleParser } = await import('mailparser');
  // Hostile HTML is not worth converting, ours is plain text.
  const mail = await simpleParser(message, { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true });
  return {
    id: mail.messageId ?? envelope.fallbackId,
    from: envelope.from,
    to: [...envelope.to],
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    headers: headersOf(mail.headerLines),
    receivedAt: envelope.receivedAt,
  };
}

function headersOf(lines: HeaderLines): Record<string, string> {
  const headers = new Map<string, string>();
  for (const { key, line } of lines) {
    const value = line
      .slice(line.indexOf(':') + 1)
      .replace(/\r?\n[ \t]+/g, ' ')
      .trim();
    const earlier = headers.get(key);
    headers.set(key, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return Object.fromEntries(headers);
}
