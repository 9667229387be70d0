/** A message as the broker has it from a client that published it, or from a will. */
export interface BrokerMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

/**
 * Sees each message before anybody gets it. True takes it: it is acknowledged all the same, and nobody gets it, unless it is
 * given to `MqttBroker.publish` later.
 */
export type Interceptor = (message: BrokerMessage) => boolean;
