import { type SiteEvent, startSite } from '../../../../app/index.ts';

/** Everything that can go wrong does, within a minute of the site's time; answers with what happened, and what was sent. */
export async function chaosStory(seed: string): Promise<string> {
  const site = await startSite({ clock: 'virtual', seed, detectors: 8, floors: 4, passive: 1 });
  try {
    const { chaos, clock } = site;
    await chaos.mqtt.drop({ probability: 0.1, for: '30s' });
    await chaos.mqtt.delay({ detector: 3, by: '100ms', jitter: '2s', probability: 0.5, for: '30s' });
    await chaos.mqtt.duplicate({ topic: 'fire/v1/+/+/valve/#', for: '30s' });
    await chaos.mqtt.reorder({ detector: 4, every: 3, within: '2s', for: '30s' });
    await chaos.kafka.duplicate({ topic: 'alarms', probability: 0.5, for: '30s' });
    await chaos.kafka.delay({ topic: 'notifications', by: '300ms', jitter: '1s', probability: 0.5, for: '30s' });
    await chaos.mail.refuse({ code: 451, probability: 0.5, for: '30s' });
    await chaos.sms.hang({ only: [1], for: '30s' });
    await chaos.detector(5).flap({ every: '12s', down: '6s', for: '8s' });
    await chaos.detector(6).drift({ perBeat: '500ms', for: '30s' });
    await chaos.detector(7).skew({ behind: '1h', for: '30s' });
    await chaos.kill('router', { after: 'produce', nth: 2, restart: '2s' });
    await chaos.kill('email', { before: 'commit', restart: '1s' });
    await clock.advance('2s');
    await site.detector(1).trip();
    await clock.advance('1s');
    await site.detector(1).clear();
    await site.detector(2).silence();
    await chaos.kill('floor-controller', { before: 'changelog', restart: '500ms' });
    await site.detector(3).trip();
    await clock.advance('6s');
    await site.detector(8).kill();
    await chaos.mqtt.pause({ for: '4s' });
    await clock.advance('6s');
    await chaos.kafka.partition({ for: '3s' });
    await chaos.kill('watchdog', { restart: '1s' });
    await clock.advance('8s');
    await site.detector(3).clear();
    await chaos.detector(4).stick({ for: '3s' });
    await site.detector(2).revive();
    await clock.advance('10s');
    await chaos.heal();
    await clock.advance('8s');
    const sent = [...site.inbox.emails(), ...site.inbox.smss()].map(
      ({ id, to, receivedAt }) => `${receivedAt} ${to} ${id}`,
    );
    return [...byKey(site.events()), ...sent.sort()].join('\n');
  } finally {
    await site.stop();
  }
}

/** Every event with all that it says, in its order for each subject. */
function byKey(events: readonly SiteEvent[]): string[] {
  const bySubject = new Map<string, string[]>();
  for (const event of events) {
    bySubject.set(event.subject, [...(bySubject.get(event.subject) ?? []), JSON.stringify(event)]);
  }
  return [...bySubject.keys()].sort().flatMap((subject) => bySubject.get(subject) ?? []);
}
