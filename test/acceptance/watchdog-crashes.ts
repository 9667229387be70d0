import { afterAll, describe, expect, test } from 'vitest';
import { type Site, startSite } from '../../app/index.ts';
import { CHANNELS } from '../../contracts/kafka-topics.ts';
import { KAFKA_ROLES, type KafkaRole } from '../../contracts/roles.ts';
import { type CrashPoint, killAt, watchEffects } from '../support/effects.ts';

/** The roles that find out of a fault and tell of it. */
const VICTIMS: readonly KafkaRole[] = ['watchdog', 'router', 'email', 'sms', 'lamp'];

/** One goes mute, which only a watchdog finds; the other one loses its line, of which a Last Will tells. */
const BROKEN = [
  { id: 2, act: 'silence' },
  { id: 5, act: 'kill' },
] as const;

/**
 * Lets the story happen once, to find every moment at which one of these roles does something to the world; then once for each
 * `everyNth` of these moments, with that role killed there and started again half a second later.
 */
export async function crashSweep(name: string, everyNth: number): Promise<void> {
  const points = (await crashPoints()).filter((_, i) => i % everyNth === 0);
  const missed: string[] = [];
  describe(name, () => {
    for (const point of points) {
      const words = pointInWords(point);
      test(words, async () => {
        if (!(await crashAt(point))) missed.push(words);
      });
    }
    // What is written at one instant may leave together or not, so a run may have an effect less than the first one had.
    afterAll(() => expect(missed.length, missed.join()).toBeLessThanOrEqual(Math.ceil(points.length / 20)));
  });
}

async function crashPoints(): Promise<CrashPoint[]> {
  const effects = await inSite(async (site) => {
    const seen = watchEffects(site, roleOf);
    await story(site, () => Promise.resolve());
    return [...seen];
  });
  return effects.flatMap((effect) => [
    { ...effect, when: 'before' as const },
    { ...effect, when: 'after' as const },
  ]);
}

/** As `after the watchdog's write no. 3 (detector-states/2)`. */
function pointInWords({ role, kind, nth, about, when }: CrashPoint): string {
  return `${when} the ${role}'s ${kind} no. ${nth} (${about})`;
}

/** Answers whether it came to that point. */
async function crashAt(point: CrashPoint): Promise<boolean> {
  return await inSite(async (site) => {
    killAt(site, roleOf, point);
    let deaths = 0;
    const step = async () => {
      if (!site.parts.slot(point.role).isKilled) return;
      deaths += 1;
      await site.chaos.restart(point.role);
    };
    await story(site, step);
    // Whoever was to be told wrongly has been by then.
    const enough = site.clock.now() + QUIET_MS;
    await until(site, step, 'some quiet', QUIET_MS, () => site.clock.now() >= enough);
    await expectNothingElse(site);
    return deaths === 1;
  });
}

/** A window of 4 s: long beside a restart, so that a watchdog that forgets what it heard is late. */
const SETTINGS = { detectors: 6, floors: 2, heartbeat: '500ms', misses: 2, grace: '3s' } as const;
/** By then a fault is told: window, two beats of the canary, a restart, and what is held back before it is told, maybe twice. */
const TOLD_WITHIN_MS = 11_000;
const RECOVERY_WITHIN_MS = 6_000;
const QUIET_MS = 7_000;

/** The correlator has a group of its own, and dies with the watchdog. */
function roleOf(group: string): KafkaRole | undefined {
  const role = group === 'correlator' ? 'watchdog' : KAFKA_ROLES.find((name) => name === group);
  return role && VICTIMS.includes(role) ? role : undefined;
}

async function inSite<T>(act: (site: Site) => Promise<T>): Promise<T> {
  const site = await startSite({ clock: 'virtual', ...SETTINGS });
  try {
    return await act(site);
  } finally {
    await site.stop();
  }
}

/** Two detectors fail and come back, one after the other: each fault and each recovery is told. */
async function story(site: Site, step: () => Promise<void>): Promise<void> {
  for (const { id, act } of BROKEN) {
    const told = (beginning: RegExp) => () =>
      new Set(
        site
          .notifications({ about: site.detector(id) })
          .filter(({ title }) => beginning.test(title))
          .map(({ channel }) => channel),
      ).size === CHANNELS.length;
    await site.detector(id)[act]();
    await until(site, step, `the fault of detector ${id}`, TOLD_WITHIN_MS, told(/^(Fault|on)/));
    await site.detector(id).revive();
    await until(site, step, `the recovery of detector ${id}`, RECOVERY_WITHIN_MS, told(/^(Recovered|off)/));
  }
}

/** Time passes until `holds`, with a `step` each half second. */
async function until(site: Site, step: () => Promise<void>, what: string, withinMs: number, holds: () => boolean) {
  const deadline = site.clock.now() + withinMs;
  while (!holds()) {
    if (site.clock.now() >= deadline) throw new Error(`${withinMs} ms of the site's time in vain for: ${what}`);
    await site.clock.advance('500ms');
    await step();
  }
}

async function expectNothingElse(site: Site): Promise<void> {
  const firstWord = (text: string) => text.split(/\W/)[0];
  const wanted = BROKEN.flatMap(({ id }) =>
    ['email Fault', 'email Recovered', 'sms Fault', 'sms Recovered', 'lamp on', 'lamp off'].map(
      (what) => `detector/${id} ${what}`,
    ),
  );
  // What is sent twice under one id counts once.
  const sent = site.notifications();
  expect(sent.map(({ subject, channel, title }) => `${subject} ${channel} ${firstWord(title)}`).toSorted()).toEqual(
    wanted.toSorted(),
  );
  const incidents = new Map(sent.map(({ incident, subject }) => [incident, subject]));
  expect([...incidents.values()].toSorted(), 'incidents').toEqual(BROKEN.map(({ id }) => `detector/${id}`));
  const mails = new Map(site.inbox.emails().map(({ id, subject }) => [id, firstWord(subject)]));
  expect([...mails.values()].toSorted(), 'mails').toEqual(['Fault', 'Fault', 'Recovered', 'Recovered']);
  expect(new Set(site.inbox.smss().map(({ text }) => text)).size, 'SMS of different words').toBe(2 * BROKEN.length);
  for (const { id } of BROKEN) expect(site.detector(id).state, `detector ${id}`).toBe('ok');
  expect(site.deadLetters()).toEqual([]);
  const behind = (await site.groups()).flatMap(({ partitions }) => partitions.filter(({ lag }) => lag > 0));
  expect(behind, 'nothing is left to do').toEqual([]);
}
