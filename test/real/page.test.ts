import { existsSync } from 'node:fs';
import { chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { RunningCommand } from '../support/command.ts';

const CHROMIUM = '/usr/bin/chromium';
const FREE_PORTS = ['--port', '0', '--mqtt-port', '0', '--kafka-port', '0', '--smtp-port', '0'];
/** Chromium's own errands would fail, one after the other, on a machine without the internet. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser: Awaited<ReturnType<typeof chromium.launch>>;
let site: RunningCommand;
let address: string;

beforeAll(async () => {
  if (!existsSync(CHROMIUM)) throw new Error(`no Chromium in ${CHROMIUM}: install it (Debian: chromium)`);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  site = new RunningCommand(['up', '--json', ...FREE_PORTS, '-n', '8', '--heartbeat', '200ms', '--misses', '4']);
  address = String((await site.event('site.ready')).data.api);
});

afterAll(async () => {
  await browser?.close();
  await site?.stop();
});

/** The panel in a tab of its own; whatever goes wrong in the page fails the test. */
async function panel(): Promise<Page> {
  const page = await browser.newPage();
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') wrong.push(message.text());
  });
  onTestFinished(async () => {
    await page.close();
    expect(wrong).toEqual([]);
  });
  await page.goto(address);
  return page;
}

test('an operator trips a detector, sees the fire, closes the valve, and resets', async () => {
  const page = await panel();
  await page.getByRole('button', { name: /^detector 7: ok/i }).click();
  await page.getByRole('button', { name: 'Trip' }).click();
  await page.getByRole('status').filter({ hasText: 'Fire on floor 3' }).waitFor();
  await page.getByRole('button', { name: /^detector 7: alarm/i }).waitFor();
  const valve = page.getByRole('switch', { name: 'Valve of floor 3' });
  await page.locator('[role=switch][aria-label="Valve of floor 3"][aria-checked=true]').waitFor();
  await page
    .locator('#inbox')
    .getByText(/FIRE: floor 3/)
    .first()
    .waitFor();

  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByRole('button', { name: /^detector 7: ok/i }).waitFor();
  await page.getByRole('button', { name: 'Reset the fire alarm of floor 3' }).click();
  await page.locator('#lamps').getByText('floor 3', { exact: true }).waitFor({ state: 'detached' });
  await valve.click();
  await page.locator('[role=switch][aria-label="Valve of floor 3"][aria-checked=false]').waitFor();
});

test('a detector that dies is shown as suspect, then as silent with its lamp, and as well again when it is back', async () => {
  const page = await panel();
  await page.getByRole('button', { name: /^detector 8: ok/i }).click();
  await page.getByRole('button', { name: 'Kill' }).click();
  await page.getByRole('button', { name: /^detector 8: silent/i }).waitFor();
  await page.locator('#lamps').getByText('detector 8', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Revive' }).click();
  await page.getByRole('button', { name: /^detector 8: ok/i }).waitFor();
  await page.locator('#lamps').getByText('detector 8', { exact: true }).waitFor({ state: 'detached' });
});
