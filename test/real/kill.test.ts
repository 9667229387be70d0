import { inject, onTestFinished } from 'vitest';
import { realClock } from '../../app/clock.ts';
import { seededRandom } from '../../app/random.ts';
import { KafkaBroker } from '../../brokers/kafka/index.ts';
import { MqttBroker } from '../../brokers/mqtt/index.ts';
import { killSuite } from '../acceptance/kill-suite.ts';
import { recordingLogger } from '../support/logger.ts';

killSuite('embedded brokers', async () => {
  const logger = recordingLogger();
  const bridgeCredentials = { username: 'bridge', password: 'for this test' };
  const mqtt = new MqttBroker({ logger, bridgeCredentials });
  const kafka = new KafkaBroker({ clock: realClock, random: seededRandom('kill'), logger });
  onTestFinished(() => Promise.all([mqtt.stop(), kafka.stop()]).then(() => undefined));
  await Promise.all([mqtt.start(), kafka.start()]);
  const { username, password } = bridgeCredentials;
  return { kafka: [kafka.address], mqtt: mqtt.url, mqttUsername: username, mqttPassword: password };
});

killSuite('Apache Kafka and mosquitto', async () => {
  const { url, bridge } = inject('mqtt');
  return { kafka: [inject('kafka')], mqtt: url, mqttUsername: bridge.username, mqttPassword: bridge.password };
});
