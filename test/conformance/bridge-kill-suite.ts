import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { detectorTopic, MQTT_ROOT } from '../../contracts/mqtt-topics.ts';
import { ensureTopics } from '../../transport/kafka/topics.ts';
import { MqttClient } from '../../transport/mqtt/client.ts';
import { eventually, within } from '../support/eventually.ts';
import { recordingLogger } from '../support/logger.ts';
import { KafkaSite } from '../transport/kafka/site.ts';

/** Brokers that outlive a bridge. */
export interface BridgeKillTarget {
  readonly mqtt: { readonly url: string; readonly bridge: { readonly username: string; readonly password: string } };
  /** `host:port` */
  readonly kafka: string;
}

const PROGRAM = fileURLToPath(new URL('bridge-process.mjs', import.meta.url));
const MESSAGES = 6_000;
const KILLS = 5;
const DETECTORS = 20;
const usageSchema = z.object({ received: z.number() });
/** Publishes that wait for their PUBACK at a time. */
const WINDOW = 100;

/**
 * What a detector was told is safe survives `kill -9` of the bridge: each signal that the MQTT broker acknowledged stands in
 * Kafka. Runs the built program (`npm run build`). `target` is asked when the test runs.
 */
export function bridgeKillSuite(name: string, target: () => BridgeKillTarget): void {
  describe(`the bridge between ${name}`, () => {
    it(`loses none of ${MESSAGES} acknowledged signals under ${KILLS} kills`, { timeout: 120_000 }, async () => {
      const { mqtt, kafka: address } = target();
      const site = `kill-${randomUUID()}`;
      const kafka = new KafkaSite([address], `${site}.`);
      await ensureTopics(kafka.client);
      const start = () => startBridge({ site, mqtt, kafka: address });
      let bridge = start();
      onTestFinished(() => void bridge.kill('SIGKILL'));
      // Its session has to be there before anything is published, or the broker would have nobody to keep it for.
      await within('the bridge to be ready', once(bridge, 'message'), 30_000);
      const detectors = new MqttClient({ url: mqtt.url, clientId: randomUUID(), logger: recordingLogger() });
      onTestFinished(() => detectors.stop());
      await detectors.start();

      let next = 0;
      const publishing = Array.from({ length: WINDOW }, async () => {
        while (next < MESSAGES) {
          const seq = next++;
          const topic = detectorTopic(MQTT_ROOT, site, 1, 1 + (seq % DETECTORS), 'signal');
          await detectors.publish(topic, `{"signal":1,"seq":${seq}}`, { qos: 1, retain: false });
        }
      });
      for (let kill = 1; kill <= KILLS; kill++) {
        await eventually('more signals', () => next >= (kill * MESSAGES) / (KILLS + 1), 30_000);
        await eventually('the bridge to carry them', async () => (await received(bridge)) > 0, 30_000);
        const ended = once(bridge, 'exit');
        bridge.kill('SIGKILL');
        await ended;
        bridge = start();
      }
      await within('all PUBACKs', Promise.all(publishing), 30_000);

      const seqs = new Set<number>();
      await kafka.follow('signals', 'beginning', ({ headers }) => seqs.add(Number(headers['seq'])));
      await eventually('all signals in Kafka', () => seqs.size === MESSAGES, 30_000).catch(() => undefined);
      expect(MESSAGES - seqs.size, 'signals lost').toBe(0);
      const ended = once(bridge, 'exit');
      bridge.send('quit');
      expect(await within('the bridge to end', ended)).toEqual([0, null]);
    });
  });
}

function startBridge({ site, mqtt, kafka }: { site: string } & BridgeKillTarget): ChildProcess {
  const settings = {
    name: 'b1',
    site,
    root: MQTT_ROOT,
    mqtt: { url: mqtt.url, ...mqtt.bridge },
    brokers: [kafka],
    topicPrefix: `${site}.`,
  };
  return fork(PROGRAM, [JSON.stringify(settings)]);
}

/** How many messages this bridge has taken so far. */
async function received(bridge: ChildProcess): Promise<number> {
  if (bridge.exitCode !== null) throw new Error(`the bridge ended with code ${bridge.exitCode}; is dist built?`);
  bridge.send('usage');
  const answered = new AbortController();
  const { signal } = answered;
  const [answer] = await Promise.race([once(bridge, 'message', { signal }), once(bridge, 'exit', { signal })]);
  answered.abort();
  return usageSchema.safeParse(answer).data?.received ?? 0;
}
