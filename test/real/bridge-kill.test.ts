import { inject } from 'vitest';
import { bridgeKillSuite } from '../conformance/bridge-kill-suite.ts';

bridgeKillSuite('mosquitto and Apache Kafka', () => ({ mqtt: inject('mqtt'), kafka: inject('kafka') }));
