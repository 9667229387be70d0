import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { detectorTopic, MQTT_ROOT, valveTopic } from '../../contracts/mqtt-topics.ts';

interface Rule {
  /** Undefined: clients without a name. */
  readonly user: string | undefined;
  readonly access: string;
  readonly filter: string;
}

/** The rules of mosquitto's ACL file: those before the first `user` are for clients without a name. */
function rules(text: string): Rule[] {
  let user: string | undefined;
  return text.split('\n').flatMap((line) => {
    const [word, access = '', filter = ''] = line.split(' ');
    if (word === 'user') user = access;
    return word === 'topic' ? [{ user, access, filter }] : [];
  });
}

function matches(filter: string, topic: string): boolean {
  const levels = topic.split('/');
  const wanted = filter.split('/');
  if (wanted.at(-1) === '#') return wanted.slice(0, -1).every((level, i) => level === '+' || level === levels[i]);
  return wanted.length === levels.length && wanted.every((level, i) => level === '+' || level === levels[i]);
}

const acl = rules(readFileSync('deploy/mosquitto/acl', 'utf8'));
const may = (user: string | undefined, access: 'read' | 'write', topic: string) =>
  acl.some((rule) => rule.user === user && rule.access.includes(access) && matches(rule.filter, topic));

const command = valveTopic(MQTT_ROOT, 'hq', 3, 'command');
const detectorTopics = (['signal', 'status', 'config', 'poll'] as const).map((subject) =>
  detectorTopic(MQTT_ROOT, 'hq', 3, -1, subject),
);

describe('the ACL for mosquitto', () => {
  it.each([...detectorTopics, valveTopic(MQTT_ROOT, 'hq', 3, 'state')])('lets anybody publish %s', (topic) => {
    expect(may(undefined, 'write', topic)).toBe(true);
  });

  it('lets anybody read everything', () => {
    for (const topic of [...detectorTopics, command]) expect(may(undefined, 'read', topic)).toBe(true);
  });

  it('lets the bridge alone publish a valve command', () => {
    expect(may(undefined, 'write', command)).toBe(false);
    expect([...new Set(acl.map((rule) => rule.user))].filter((user) => may(user, 'write', command))).toEqual([
      'bridge',
    ]);
  });
});
