import { onTestFinished } from 'vitest';
import { eventually, within } from '../../support/eventually.ts';

/** One message of a stream of server-sent events. */
export interface Message {
  id?: string;
  event?: string;
  data?: string;
  comment?: true;
}

/** Reads a stream of server-sent events over its own connection, until the test ends. */
export async function readEvents(url: string, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const response = await fetch(url, { headers, signal: stop.signal });
  const messages: Message[] = [];
  const ended = response.body ? collect(response.body, messages) : Promise.resolve();
  return {
    response,
    messages,
    close: () => stop.abort(),
    ended: () => within('the end of the stream', ended),
    /** The first message that fits, waited for. */
    next: (what: string, fits: (message: Message) => boolean) => eventually(what, () => messages.find(fits)),
  };
}

async function collect(body: ReadableStream<Uint8Array>, messages: Message[]): Promise<void> {
  let text = '';
  try {
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      messages.push(...blocks.map(parse));
    }
  } catch {
    // The connection was cut: that is an end as well.
  }
}

function parse(block: string): Message {
  const message: Message = {};
  for (const line of block.split('\n')) {
    const [field, value = ''] = line.split(/: ?(.*)/s);
    if (field === '') message.comment = true;
    if (field === 'id' || field === 'event' || field === 'data') message[field] = value;
  }
  return message;
}
