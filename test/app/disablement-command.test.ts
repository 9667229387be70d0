import { expect, it, test } from 'vitest';
import { runCommandLine } from '../../app/cli/program.ts';
import { parseEvent } from '../../contracts/cloud-events.ts';
import { disablementChanged } from '../../contracts/disablements.ts';
import { startPanel } from '../panel/support/panel.ts';
import { Records } from '../panel/support/records.ts';
import { terminalOf } from './terminal-of.ts';

/** A site with detectors 7 and 8 on floor 3, the command line, and the orders that reached Kafka. */
async function site() {
  const { server, news, records, sent } = await startPanel();
  news(records.detector(7, 3), records.detector(8, 3));
  const run = async (...args: string[]) => {
    const { terminal, written } = terminalOf();
    const code = await runCommandLine([...args, '--url', server.url], terminal);
    return { code, ...written };
  };
  const orders = () => sent.map((record) => parseEvent(new Records().from(record), [disablementChanged]));
  return { run, orders };
}

test('detectors and floors are disabled for some time, and enabled before it is over', async () => {
  const { run, orders } = await site();
  expect(await run('disable', '7', '8', '--for', '2h', '--reason', 'painters')).toEqual({
    code: 0,
    out: 'detector 7: disabled\ndetector 8: disabled\n',
    err: '',
  });
  expect(await run('disable', '--floor', '3', '--for', '30m')).toMatchObject({ out: 'floor 3: disabled\n' });
  expect(await run('enable', '7')).toMatchObject({ code: 0, out: 'detector 7: enabled\n' });
  const { out } = await run('enable', '--floor', '3', '--json');
  expect(JSON.parse(out)).toEqual({ floor: 3, action: 'enable', id: orders().at(-1)?.id });
  const told = orders().map(({ data }) => [
    data.subject,
    data.change === 'disabled' ? [Date.parse(data.until) - Date.parse(data.at), data.reason] : data.change,
  ]);
  expect(told).toEqual([
    ['detector/7', [7_200_000, 'painters']],
    ['detector/8', [7_200_000, 'painters']],
    ['floor/3', [1_800_000, null]],
    ['detector/7', 'enabled'],
    ['floor/3', 'enabled'],
  ]);
});

it.each([
  [['disable', '7'], 2, /--for/],
  [['disable', '7', '--for', 'ever'], 2, /no duration/],
  [['disable', '--for', '1h'], 2, /USAGE_INVALID: disable: name detectors, or a floor/],
  [['disable', '7', '--floor', '3', '--for', '1h'], 2, /not both/],
  [['enable'], 2, /USAGE_INVALID: enable/],
  [['disable', '7', '--for', '73h'], 1, /REQUEST_INVALID.*from 1s to 72h/],
  [['enable', '9'], 1, /DETECTOR_UNKNOWN/],
  [['disable', '--floor', '9', '--for', '1h'], 1, /FLOOR_UNKNOWN/],
])('%j is refused', async (args, code, message) => {
  const { run, orders } = await site();
  expect(await run(...args)).toMatchObject({ code, err: expect.stringMatching(message) });
  expect(orders()).toEqual([]);
});
