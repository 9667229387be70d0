import type { TestProject } from 'vitest/node';
import { ApacheKafka } from './servers/kafka.ts';
import { Mosquitto } from './servers/mosquitto.ts';
import { OpenSmtpd } from './servers/opensmtpd.ts';

/** Addresses of the real servers, for tests to `inject`. */
declare module 'vitest' {
  interface ProvidedContext {
    /** `host:port` of Apache Kafka. */
    kafka: string;
    /** mosquitto with the shipped configuration. */
    mqtt: { url: string; bridge: { username: string; password: string } };
    /** OpenSMTPD; `maildir` is for `readMaildir`. */
    smtp: { url: string; maildir: string };
  }
}

/** Starts one of each real server for all tests of the project; what is missing fails the run and says what to install. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [kafka, mosquitto, opensmtpd] = [new ApacheKafka(), new Mosquitto(), new OpenSmtpd()];
  const servers = [kafka, mosquitto, opensmtpd];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  const failures = (await Promise.allSettled(servers.map((server) => server.start()))).flatMap((outcome) =>
    outcome.status === 'rejected' ? [String(outcome.reason)] : [],
  );
  if (failures.length > 0) {
    await stop();
    throw new Error(`the real servers did not all start:\n${failures.join('\n')}`);
  }
  project.provide('kafka', kafka.address);
  project.provide('mqtt', { url: mosquitto.url, bridge: mosquitto.bridge });
  project.provide('smtp', { url: opensmtpd.url, maildir: opensmtpd.maildir });
  return stop;
}
