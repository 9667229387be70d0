import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseConfig } from '../../contracts/config.ts';
import { ROUTES } from '../../contracts/http.ts';
import { SETTING_NAMES, settingOf } from '../../contracts/settings.ts';

const dockerfile = readFileSync('Dockerfile', 'utf8');
const all = (pattern: RegExp) => [...dockerfile.matchAll(pattern)].map((match) => match[1] ?? '');
const manifest = z
  .object({ bin: z.object({ smokewire: z.string() }), engines: z.object({ node: z.string() }) })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));

describe('the Dockerfile', () => {
  it('runs on a Node that the project supports', () => {
    const [oldest] = (manifest.engines.node.match(/\d+/) ?? []).map(Number);
    for (const version of all(/^FROM node:(\d+)-slim/gm)) expect(Number(version)).toBeGreaterThanOrEqual(oldest ?? 0);
  });

  it('starts what the package calls its command, as nobody special', () => {
    expect(all(/^ENTRYPOINT (.*)$/gm)).toEqual([JSON.stringify(['node', manifest.bin.smokewire]).replace(',', ', ')]);
    expect(all(/^USER (.*)$/gm)).toEqual(['node']);
  });

  it('exposes the ports on which a site listens by default', () => {
    const { port, mqttPort, kafkaPort, smtpPort } = parseConfig({});
    expect(all(/^EXPOSE (.*)$/gm)).toEqual([`${port} ${mqttPort} ${kafkaPort} ${smtpPort}`]);
  });

  it('asks a route that is there whether the site lives, at the port that the site was given', () => {
    expect(ROUTES).toContain(`GET ${all(/'(\/[a-z]+)'\)\.then/g)[0]}`);
    expect(dockerfile).toContain(`process.env.${settingOf('port').env} || ${parseConfig({}).port}`);
  });

  it('sets only variables that mean something', () => {
    const known = ['NODE_ENV', ...SETTING_NAMES.map((name) => settingOf(name).env)];
    const set = all(/^ENV (.*)$/gm).flatMap((line) => line.split(' ').map((pair) => pair.split('=')[0]));
    expect(set.filter((name) => !known.includes(name ?? ''))).toEqual([]);
  });

  it('copies files that are there, and leaves the rest of the repository out', () => {
    for (const path of all(/^COPY (package\.json package-lock\.json) /gm).flatMap((line) => line.split(' '))) {
      expect(existsSync(path), path).toBe(true);
    }
    expect(readFileSync('.dockerignore', 'utf8').split('\n')).toEqual(
      expect.arrayContaining(['.git', 'node_modules', 'dist', '.real']),
    );
  });
});
