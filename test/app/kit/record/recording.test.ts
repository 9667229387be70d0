import { expect, test } from 'vitest';
import { checkRecording } from '../../../../app/kit/record/read-recording.ts';
import { bytesOf, lineSchema, outRecordOf } from '../../../../app/kit/record/recording.ts';
import { after, at, linesFrom, recorded, SETTINGS, START, signal } from './recorded.ts';

const input = { line: 'input', topic: 'signals' } as const;
const now = START + 60_000;

/** The problems that a recording of these lines has. */
async function problemsOf(...lines: (string | object)[]): Promise<string[]> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  const error = await checkRecording(linesFrom(text)).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ code: 'FILE_INVALID' });
  return error instanceof Error ? error.message.split('\n') : [];
}

const header = { line: 'recording', version: 1, from: at(0), settings: SETTINGS };
const end = { line: 'end', until: at(10_000) };
const signalLine = (ms: number) => ({ ...input, at: at(ms), partition: 0, key: '7', value: '0' });

test('what several readers bring out of order is written by its instants', () => {
  const { writer, lines } = recorded();
  writer.begin(START, SETTINGS);
  writer.add(input, signal(1_000, { partition: 0 }), now);
  writer.add(input, signal(3_000, { partition: 0 }), now);
  writer.flush();
  writer.add(input, signal(2_000, { partition: 1 }), now);
  writer.flush();
  writer.add(input, signal(2_500, { partition: 1 }), now);
  writer.close(now);
  writer.end();
  // 2,500 came when 3,000 was written already: it takes its place at the end, and keeps its stamp.
  expect(lines().map(after)).toEqual([undefined, 1_000, 2_000, 3_000, 3_000, undefined]);
  expect(lines().at(-2)).toMatchObject({ partition: 1, timestamp: START + 2_500 });
});

test('whatever a producer stamps, a record comes after the one ahead of it, and not in the future', () => {
  const { writer, lines } = recorded();
  writer.begin(START, SETTINGS);
  writer.add(input, signal(-1_000, { partition: 1 }), START + 1_000);
  writer.add(input, signal(1_000), START + 1_000);
  writer.add(input, signal(-5_000_000), START + 2_000);
  writer.add(input, signal(9_000_000), START + 3_000);
  writer.close(now);
  writer.end();
  expect(lines().map(after)).toEqual([undefined, 0, 1_000, 1_000, 3_000, undefined]);
  expect(lines().slice(3, 5)).toMatchObject([{ timestamp: START - 5_000_000 }, { timestamp: START + 9_000_000 }]);
});

test('inputs that come after the end are no part of it, outcomes are', () => {
  const { writer, lines } = recorded();
  writer.begin(START, SETTINGS);
  writer.add(input, signal(1_000), now);
  writer.add(input, signal(2_001), now);
  writer.close(START + 2_000);
  writer.add(input, signal(2_002, { partition: 1 }), now);
  writer.add({ line: 'outcome', topic: 'notifications' }, signal(2_003, { partition: 2 }), now);
  writer.end();
  expect(lines().map(after)).toEqual([undefined, 1_000, 2_003, undefined]);
  expect(lines().at(-1)).toEqual({ line: 'end', until: at(2_000) });
  expect(writer.written).toEqual({ inputs: 1, notifications: 1 });
});

test('a record comes back as it was: key, value, headers, partition, time stamp', () => {
  const bytes = Buffer.from([0xff, 0x31, 0x00]);
  const { writer, text } = recorded();
  writer.add(input, signal(1_000, { value: bytes, key: '-3', partition: 2 }), START + 500);
  writer.close(now);
  writer.end();
  const line = lineSchema.parse(JSON.parse(text[0] ?? ''));
  if (line.line !== 'input') throw new Error('no input');
  expect(bytesOf(line)).toEqual(bytes);
  const { offset, ...rest } = signal(1_000, { value: bytes, key: '-3', partition: 2 });
  expect(outRecordOf(line)).toEqual(rest);
});

test('an overview is what a replay has to know beforehand', async () => {
  const text = [header, signalLine(0), signalLine(1_000), end].map((line) => JSON.stringify(line));
  expect(await checkRecording(linesFrom(text))).toEqual({
    header: header,
    from: START,
    until: START + 10_000,
    inputs: 2,
  });
});

test('all problems are told at once, each with its line', async () => {
  const problems = await problemsOf(
    header,
    signalLine(2_000),
    '{"line":"input"',
    { ...signalLine(3_000), topic: 'alarms' },
    { ...signalLine(4_000), partition: 99, at: 'yesterday' },
    signalLine(1_000),
    { ...input, at: at(5_000), partition: 0, key: null },
    { line: 'state', topic: 'presence', timestamp: 0, partition: 0, key: '7', value: '{}' },
    end,
    signalLine(6_000),
    header,
  );
  expect(problems).toEqual([
    'line 3: is not JSON',
    expect.stringMatching(/^line 4: topic: /),
    expect.stringMatching(/^line 5: at: /),
    expect.stringMatching(/^line 5: partition: /),
    expect.stringMatching(/^line 6: .* is before the line ahead of it/),
    'line 7: has to have either value or base64',
    'line 8: a line of kind state stands before those that came',
    'line 10: comes after the end',
    'line 11: a second header',
  ]);
});

test('what is no recording, another version, or cut off, is called so', async () => {
  expect(await problemsOf()).toEqual(['line 1: the file is empty']);
  expect(await problemsOf(header, signalLine(1_000))).toEqual([
    'line 2: the end is missing: the recording was cut off',
  ]);
  expect((await problemsOf({ ...header, version: 2 }, end))[0]).toBe(
    'line 1: version: this version of smokewire reads recordings of version 1',
  );
  expect((await problemsOf(signalLine(1), end))[0]).toBe(
    'line 1: this is no recording: the first line has to be its header',
  );
  const wrong = await problemsOf(...Array(1_000).fill('hello'));
  expect(wrong).toHaveLength(52);
  expect(wrong.at(-1)).toBe('and 950 more');
});
