import { describe, expect, test } from 'vitest';
import type { KafkaRole } from '../../../../contracts/roles.ts';
import { virtualSite } from './site.ts';

type Effect = 'produce' | 'changelog' | 'commit' | 'send';

const EFFECTS: readonly (readonly [Exclude<KafkaRole, 'watchdog'>, readonly Effect[]])[] = [
  ['bridge', ['produce', 'send', 'commit']],
  ['filter', ['produce', 'commit']],
  ['floor-controller', ['produce', 'changelog', 'commit']],
  ['router', ['produce', 'commit']],
  ['email', ['send', 'produce', 'commit']],
  ['sms', ['send', 'produce', 'commit']],
  ['lamp', ['send', 'produce', 'commit']],
];

const moments = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => [{ before: effect } as const, { after: effect } as const]);

describe('a role that dies between two of its effects and is started again loses nothing', () => {
  test.each(EFFECTS)('%s: %s', async (role, effects) => {
    const floors = 2 * effects.length;
    const site = await virtualSite({ detectors: floors, floors });
    for (const [i, moment] of moments(effects).entries()) {
      const floor = i + 1;
      const fault = await site.chaos.kill(role, { ...moment, restart: '100ms' });
      await site.detector(floor).trip();
      await site.valve(floor).opened({ within: '5s' });
      await site.clock.advance('2s');
      expect([fault.strikes, moment], 'it was killed').toEqual([1, moment]);
      const about = site.floor(floor);
      for (const channel of ['email', 'sms', 'lamp'] as const) {
        expect(site.notifications({ about, channel }).length, `${channel} about ${about.subject}`).toBeGreaterThan(0);
      }
      const mails = site.inbox.emails().filter(({ text }) => text.includes(`floor ${floor}`));
      expect(new Set(mails.map(({ id }) => id)).size, 'each repetition has the same id').toBe(1);
      await fault.heal();
    }
    expect(site.deadLetters()).toEqual([]);
  });

  test('watchdog: produce, changelog, commit', async () => {
    const effects = moments(['produce', 'changelog', 'commit']);
    const site = await virtualSite({ detectors: effects.length + 1 });
    for (const [i, moment] of effects.entries()) {
      const about = site.detector(i + 1);
      const fault = await site.chaos.kill('watchdog', { ...moment, restart: '100ms' });
      await about.silence();
      await about.is('silent', { within: '15s' });
      await site.clock.advance('5s');
      expect([fault.strikes, moment], 'it was killed').toEqual([1, moment]);
      const ids = site.notifications({ about, channel: 'email' }).map(({ incident }) => incident);
      expect(new Set(ids).size).toBe(1);
      await fault.heal();
    }
    expect(site.detector(effects.length + 1).state).toBe('ok');
  });
});

describe('a role', () => {
  test('that is killed does nothing until it is started again, and then all that it was asked for', async () => {
    const site = await virtualSite();
    await site.chaos.kill('router');
    await site.detector(1).trip();
    await site.valve(1).opened();
    await site.clock.advance('1m');
    expect(site.inbox.emails()).toEqual([]);
    expect((await site.groups()).find(({ group }) => group === 'router')?.members).toBe(0);
    await site.chaos.restart('router');
    expect(site.inbox.emails()).toHaveLength(1);
  });

  test('that is killed after its mail was taken sends it again, under the same id', async () => {
    const site = await virtualSite();
    await site.chaos.kill('email', { after: 'send', restart: '1s' });
    await site.detector(1).trip();
    await site.clock.advance('5s');
    const ids = site.inbox.emails().map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(site.notifications({ about: site.floor(1), channel: 'email' })).toHaveLength(1);
  });

  test('that is killed before its mail is sent has not sent it', async () => {
    const site = await virtualSite();
    await site.chaos.kill('email', { before: 'send' });
    await site.detector(1).trip();
    await site.clock.advance('5s');
    expect(site.inbox.emails()).toEqual([]);
    await site.chaos.heal();
    expect(site.inbox.emails()).toHaveLength(1);
  });

  test('is spared where the moment has not come when the fault is healed', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.kill('router', { before: 'produce' });
    await fault.heal();
    await site.detector(1).trip();
    await site.inbox.email({ about: site.floor(1) });
    expect(fault.strikes).toBe(0);
  });

  test('dies at the nth effect', async () => {
    const site = await virtualSite();
    const fault = await site.chaos.kill('router', { after: 'produce', nth: 2 });
    await site.detector(1).trip();
    await site.clock.advance('2s');
    expect(fault.strikes).toBe(0);
    await site.detector(2).trip();
    await site.clock.advance('2s');
    expect(fault.strikes).toBe(1);
  });

  test('can be killed in real time, while it works, and the site stops as ever', async () => {
    const site = await virtualSite({ clock: 'real', heartbeat: '100ms' });
    for (const role of ['bridge', 'watchdog', 'email'] as const) {
      const fault = await site.chaos.kill(role);
      await fault.heal();
      expect(fault.strikes).toBe(1);
    }
    await site.detector(1).trip();
    await site.inbox.email({ about: site.floor(1) });
    await site.chaos.kill('router');
    await site.chaos.kill('email', { before: 'send', restart: '1s' });
  });
});
