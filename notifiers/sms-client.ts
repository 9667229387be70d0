import { Agent as PlainAgent } from 'node:http';
import { Agent } from 'node:https';
import twilio from 'twilio';
import { NOTIFICATION_HEADER } from '../contracts/sms-header.ts';

/** Who sends, and by which server. */
export interface SmsAccount {
  readonly accountSid: string;
  readonly authToken: string;
  /** The number that sends, in E.164. */
  readonly from: string;
  /** `http://127.0.0.1:4010` for a stand-in; Twilio itself without. */
  readonly baseUrl?: string;
}

export interface SmsRequest {
  /** The notification's id. */
  readonly id: string;
  readonly to: string;
  readonly body: string;
  /** Seconds for which Twilio may hold it, 1 to 36,000. */
  readonly validityPeriod: number;
}

/** The Messages resource of one account. Importing this file loads the SDK. */
export interface SmsClient {
  /** Rejects with whatever the SDK throws. */
  create(request: SmsRequest, signal: AbortSignal): Promise<void>;
  close(): void;
}

export function smsClient({ accountSid, authToken, from, baseUrl }: SmsAccount, timeoutMs: number): SmsClient {
  const httpAgent = new PlainAgent({ keepAlive: true });
  const httpsAgent = new Agent({ keepAlive: true });

  /** The SDK passes no abort signal and no header on, so each send has a client of its own; the connections are shared. */
  const clientFor = (id: string, signal: AbortSignal) => {
    const http = new twilio.RequestClient({ autoRetry: false, timeout: timeoutMs });
    Object.assign(http.axios.defaults, { httpAgent, httpsAgent, signal });
    http.axios.interceptors.request.use((config) => {
      config.headers.set(NOTIFICATION_HEADER, id);
      // The SDK's own edge and region only change the host under twilio.com.
      if (baseUrl !== undefined && config.url !== undefined) {
        const { pathname, search } = new URL(config.url);
        config.url = new URL(pathname + search, baseUrl).href;
      }
      return config;
    });
    // At `debug`, which TWILIO_LOG_LEVEL could choose, the SDK writes requests to stdout.
    return twilio(accountSid, authToken, { httpClient: http, logLevel: 'none' });
  };

  return {
    async create({ id, ...request }, signal) {
      await clientFor(id, signal).messages.create({ from, ...request });
    },
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}
