import type { CloudEvent, EventDefinition } from '../contracts/cloud-events.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import type { EmailNotice } from '../contracts/events.ts';
import type { Channel as ChannelName } from '../contracts/kafka-topics.ts';

/** What every notification has, whatever its channel. */
export type Notice = Pick<EmailNotice, 'id' | 'incident' | 'kind' | 'subject' | 'expires'>;

/** One way of telling people. It knows how to send, and nothing of retries, order or Kafka. */
export interface Channel<N extends Notice> {
  readonly name: ChannelName;
  /** The event that asks for a send; its topic is the one that the channel's notifier reads. */
  readonly definition: EventDefinition<N>;
  /** How many sends may run at a time. */
  readonly concurrency: number;
  /** After how many milliseconds a send counts as hanging; undefined where whatever it waits for supervises itself. */
  readonly timeoutMs: number | undefined;
  /** Whether a send after `expires` would mislead. A message does; a lamp shows what is. */
  readonly perishable: boolean;
  /** Who or what is told: an address, a number, a lamp. */
  recipient(notice: N): string;
  /** Notices of one lane are sent in the order in which they were asked for. */
  lane(notice: N): string;
  /**
   * Sends once. Answers also where it fails: it rejects only for a defect. Gives up, and lets go of its socket, when
   * `signal` aborts; what it answers then is not looked at.
   */
  send(event: CloudEvent<N>, signal: AbortSignal): Promise<SendOutcome>;
  /** Gives back what it holds open. */
  close(): Promise<void>;
}

export type SendOutcome = { readonly result: 'sent' } | SendFailure;

/** A send that failed: worth another try where its code is retryable (errors.ts), for good where not. */
export interface SendFailure {
  readonly result: 'failed';
  readonly code: ErrorCode;
  /** Why, for people: in the server's own words, with neither a secret nor the message in it. */
  readonly reason: string;
}

export const SENT: SendOutcome = { result: 'sent' };

/** The default of `Channel.timeoutMs` for what goes over a network. */
export const SEND_TIMEOUT_MS = 10_000;
