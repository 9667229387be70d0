import { WireClient } from '../../../brokers/kafka/wire.ts';
import { GRAMMAR, type Message, within } from './grammar.ts';
import { decode, encode, type Fields } from './values.ts';

const API_VERSIONS = 18;

/** A client that sends any request in any version and reads the answer to its last byte. */
export class ProtocolClient {
  readonly wire: WireClient;

  private constructor(wire: WireClient) {
    this.wire = wire;
  }

  static async connect(address: string): Promise<ProtocolClient> {
    return new ProtocolClient(await WireClient.connect(address));
  }

  async ask(api: string, version: number, request: Fields = {}): Promise<Fields> {
    const message = messageOf(api);
    return decodeAnswer(
      message,
      version,
      await this.wire.ask(message.key, version, requestBody(api, version, request)),
    );
  }

  /** Hangs up. */
  end(): void {
    this.wire.socket.destroy();
  }
}

/** What stands behind the client's id in a request's frame. */
export function requestBody(api: string, version: number, request: Fields): Buffer {
  const message = messageOf(api);
  const flexible = within(message.flexible, version);
  const body = encode(message.request, request, { version, flexible });
  // The header of a flexible version ends with tagged fields.
  return flexible ? Buffer.concat([Buffer.alloc(1), body]) : body;
}

function decodeAnswer(message: Message, version: number, answer: Buffer): Fields {
  const flexible = within(message.flexible, version);
  const tagged = flexible && message.key !== API_VERSIONS;
  return decode(message.response, tagged ? answer.subarray(1) : answer, { version, flexible });
}

function messageOf(api: string): Message {
  const message = GRAMMAR.get(api);
  if (!message) throw new Error(`no API is called ${api}`);
  return message;
}
