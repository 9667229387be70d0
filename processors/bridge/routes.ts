import type { OutRecord } from '../../contracts/kafka-records.ts';
import { deadLetterTopic, type TopicName } from '../../contracts/kafka-topics.ts';
import { parseMqttTopic } from '../../contracts/mqtt-topics.ts';
import { signalRecord } from '../../contracts/signals.ts';
import { BoundedCache } from './bounded-cache.ts';

/** What the bridge takes from MQTT. */
export type Subject = 'signal' | 'status' | 'config' | 'valve-state';

/** Where the messages of one MQTT topic go. */
export type Route =
  | {
      readonly subject: 'signal';
      readonly detector: number;
      readonly floor: number;
      /** The records of a bare 0 and 1, save for their time. */
      readonly allWell: OutRecord;
      readonly fire: OutRecord;
    }
  | { readonly subject: 'status' | 'config'; readonly detector: number; readonly floor: number }
  | { readonly subject: 'valve-state'; readonly floor: number }
  | { readonly subject: 'none'; readonly counted: Subject; readonly problem: string };

const STREAM_OF = {
  signal: 'signals',
  status: 'presence',
  config: 'detectors',
  'valve-state': 'valve-states',
} as const satisfies Record<Subject, TopicName>;

/** Topics that are remembered, at least: more than a site has. */
const REMEMBERED = 50_000;

/** Splits each distinct MQTT topic once. */
export class Routes {
  readonly #options: { readonly root: string; readonly site: string; readonly bridge: string };
  readonly #known = new BoundedCache<string, Route>(REMEMBERED);

  constructor(options: { readonly root: string; readonly site: string; readonly bridge: string }) {
    this.#options = options;
  }

  of(topic: string): Route {
    const known = this.#known.get(topic);
    if (known !== undefined) return known;
    const route = this.#read(topic);
    this.#known.set(topic, route);
    return route;
  }

  #read(topic: string): Route {
    const { root, site, bridge } = this.#options;
    const address = parseMqttTopic(root, topic);
    const none = (problem: string): Route => ({ subject: 'none', counted: subjectByEnding(topic), problem });
    if (address === undefined) return none('the topic has not the form of ours, or its floor or id is no integer');
    if (address.site !== site) return none('the topic is of another site');
    const { floor } = address;
    if ('valve' in address)
      return address.valve === 'state' ? { subject: 'valve-state', floor } : none('not for the bridge');
    const { detector, subject } = address;
    if (subject === 'poll') return none('not for the bridge');
    if (subject !== 'signal') return { subject, detector, floor };
    const signal = { detector, floor, site, bridge, receivedAt: 0 };
    return {
      subject,
      detector,
      floor,
      allWell: signalRecord({ ...signal, value: 0 }),
      fire: signalRecord({ ...signal, value: 1 }),
    };
  }
}

/** What a route's messages are counted as. */
export function subjectOf(route: Route): Subject {
  return route.subject === 'none' ? route.counted : route.subject;
}

/** Where those of a route's messages go that nobody can read. */
export function deadLettersOf(route: Route): TopicName {
  return deadLetterTopic(STREAM_OF[subjectOf(route)]);
}

/** The bridge's subscriptions differ in how they end; that holds where the rest of the topic is wrong. */
function subjectByEnding(topic: string): Subject {
  if (topic.endsWith('/valve/state')) return 'valve-state';
  if (topic.endsWith('/status')) return 'status';
  return topic.endsWith('/config') ? 'config' : 'signal';
}
