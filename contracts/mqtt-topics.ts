/** The default root of every MQTT topic of ours. */
export const MQTT_ROOT = 'fire/v1';

/** What a detector's topic is about. */
const DETECTOR_SUBJECTS = ['signal', 'status', 'config', 'poll'] as const;
export type DetectorSubject = (typeof DETECTOR_SUBJECTS)[number];
const VALVE_SUBJECTS = ['command', 'state'] as const;
export type ValveSubject = (typeof VALVE_SUBJECTS)[number];

export type MqttAddress =
  | { readonly site: string; readonly floor: number; readonly detector: number; readonly subject: DetectorSubject }
  | { readonly site: string; readonly floor: number; readonly valve: ValveSubject };

/** `{root}/{site}/{floor}/detectors/{id}/{subject}` */
export function detectorTopic(root: string, site: string, floor: number, id: number, subject: DetectorSubject): string {
  return `${root}/${site}/${floor}/detectors/${id}/${subject}`;
}

/** `{root}/{site}/{floor}/valve/{subject}` */
export function valveTopic(root: string, site: string, floor: number, subject: ValveSubject): string {
  return `${root}/${site}/${floor}/valve/${subject}`;
}

/** What the bridge subscribes to, with the quality of service of each (design.md). */
export function bridgeSubscriptions(root: string, site: string): Readonly<Record<string, 0 | 1>> {
  return {
    [`${root}/${site}/+/detectors/+/signal`]: 1,
    [`${root}/${site}/+/detectors/+/status`]: 1,
    [`${root}/${site}/+/detectors/+/config`]: 1,
    [`${root}/${site}/+/valve/state`]: 1,
  };
}

/** The parts of a topic of ours; undefined where it is none: floor and id are decimal integers, as Number prints them. */
export function parseMqttTopic(root: string, topic: string): MqttAddress | undefined {
  if (!topic.startsWith(`${root}/`)) return undefined;
  const [site, floorText, kind, ...rest] = topic.slice(root.length + 1).split('/');
  const floor = integer(floorText);
  if (!site || floor === undefined) return undefined;
  if (kind === 'valve' && rest.length === 1) {
    const valve = VALVE_SUBJECTS.find((subject) => subject === rest[0]);
    return valve && { site, floor, valve };
  }
  if (kind === 'detectors' && rest.length === 2) {
    const detector = integer(rest[0]);
    const subject = DETECTOR_SUBJECTS.find((candidate) => candidate === rest[1]);
    return detector === undefined || subject === undefined ? undefined : { site, floor, detector, subject };
  }
  return undefined;
}

function integer(text: string | undefined): number | undefined {
  const value = Number(text);
  return Number.isSafeInteger(value) && String(value) === text ? value : undefined;
}
