import { MqttBroker } from '../../../brokers/mqtt/index.ts';
import { MQTT_ROOT } from '../../../contracts/mqtt-topics.ts';
import { WireClient } from '../../conformance/mqtt/client.ts';
import { recordingLogger } from '../../support/logger.ts';

export const bridge = { username: 'bridge', password: 'kept to itself' };

/** A running embedded broker; `port` 0 takes any free one. */
export async function startBroker(port = 0): Promise<MqttBroker> {
  const broker = new MqttBroker({ port, logger: recordingLogger(), bridgeCredentials: bridge });
  await broker.start();
  return broker;
}

export function portOf(broker: MqttBroker): number {
  return Number(new URL(broker.url).port);
}

/** A client of another make that sees everything that is said at a site. */
export async function observe(broker: MqttBroker, site: string): Promise<WireClient> {
  const observer = await WireClient.connect(broker.url, bridge);
  await observer.subscribe(`${MQTT_ROOT}/${site}/#`);
  return observer;
}
