import { AsyncLocalStorage } from 'node:async_hooks';
import { Agent } from 'node:http';
import twilio from 'twilio';
import type { SmsOptions } from './sms.ts';

export interface SmsRequest {
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

/** The SDK passes no abort signal on: it reaches the request through the asynchronous context. */
const aborts = new AsyncLocalStorage<AbortSignal>();

export function smsClient({ accountSid, authToken, from, baseUrl }: SmsOptions, timeoutMs: number): SmsClient {
  const http = new twilio.RequestClient({ autoRetry: false, timeout: timeoutMs });
  const plainAgent = new Agent({ keepAlive: true });
  http.axios.defaults.httpAgent = plainAgent;
  http.axios.interceptors.request.use((config) => {
    const signal = aborts.getStore();
    if (signal) config.signal = signal;
    // The SDK's own edge and region only change the host under twilio.com.
    if (baseUrl !== undefined && config.url !== undefined) {
      const { pathname, search } = new URL(config.url);
      config.url = new URL(pathname + search, baseUrl).href;
    }
    return config;
  });
  // At `debug`, which TWILIO_LOG_LEVEL could choose, the SDK writes requests to stdout.
  const client = twilio(accountSid, authToken, { httpClient: http, logLevel: 'none' });

  return {
    async create(request, signal) {
      await aborts.run(signal, () => client.messages.create({ from, ...request }));
    },
    close() {
      plainAgent.destroy();
      http.axios.defaults.httpsAgent?.destroy();
    },
  };
}
