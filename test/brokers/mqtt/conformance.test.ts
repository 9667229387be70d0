import { afterAll, beforeAll } from 'vitest';
import { MqttBroker } from '../../../brokers/mqtt/index.ts';
import { mqttConformance } from '../../conformance/mqtt/suite.ts';
import { recordingLogger } from '../../support/logger.ts';

const bridge = { username: 'bridge', password: 'kept to itself' };
const broker = new MqttBroker({ logger: recordingLogger(), bridgeCredentials: bridge });

beforeAll(() => broker.start());
afterAll(() => broker.stop());

mqttConformance('the embedded broker', () => ({ url: broker.url, bridge }));
