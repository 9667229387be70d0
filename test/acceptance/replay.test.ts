import { expect, onTestFinished, test } from 'vitest';
import { type ReplayDifference, replay, type Site, type SiteOptions, startSite } from '../../app/index.ts';
import type { RecordingLine } from '../../app/kit/record/recording.ts';
import { linesFrom } from '../app/kit/record/recorded.ts';

async function virtualSite(options: SiteOptions = {}): Promise<Site> {
  const site = await startSite({ clock: 'virtual', detectors: 8, floors: 4, ...options });
  onTestFinished(() => site.stop());
  return site;
}

/** What is recorded of a site while `story` happens. */
async function recordingOf(site: Site, story: () => Promise<void>): Promise<string[]> {
  const recording = await site.record();
  await story();
  const run = await recording.stop();
  expect(run.complete).toBe(true);
  const text: string[] = [];
  for await (const line of run.lines()) text.push(line);
  return text;
}

/** Exactly the same is asked for: in virtual time nothing takes time. */
const exactly = { toleranceMs: 0 };
const replayOf = (text: readonly string[], options = {}) =>
  replay({ lines: linesFrom(text) }, { ...exactly, ...options });

/** The recording with some of its lines changed, or left out. */
function edited(text: readonly string[], edit: (line: RecordingLine) => RecordingLine | undefined): string[] {
  return text.flatMap((line) => {
    const now = edit(JSON.parse(line));
    return now === undefined ? [] : [JSON.stringify(now)];
  });
}

/** In alphabetical order: `missing: fault opened detector/8` */
function named(differences: readonly ReplayDifference[]): string[] {
  const names = differences.map((difference) => {
    const { kind, change, subject } = difference.difference === 'extra' ? difference.replayed : difference.recorded;
    return `${difference.difference}: ${kind} ${change} ${subject}`;
  });
  return names.sort();
}

/** A fire, a detector that dies and comes back, and the human who ends it all. */
async function fullStory(site: Site): Promise<void> {
  await site.detector(8).kill();
  await site.clock.advance('3s');
  await site.detector(7).trip();
  await site.valve(3).opened();
  await site.detector(3).trip();
  await site.clock.advance('10s');
  await site.detector(7).clear();
  await site.detector(3).clear();
  await site.floor(3).reset();
  await site.valve(3).close();
  await site.detector(8).revive();
  await site.clock.advance('5s');
}

test('a replay of what today’s code did is no different, to the millisecond', async () => {
  const site = await virtualSite();
  // Its log is long, so that nothing has the offset, and so the id, that it gets in the replay.
  await site.clock.advance('30s');
  const text = await recordingOf(site, () => fullStory(site));
  const { recorded, replayed, differences } = await replayOf(text);
  expect(differences).toEqual([]);
  // The fire opened, joined and closed; the fault opened and closed.
  expect({ recorded, replayed }).toEqual({ recorded: 5, replayed: 5 });
});

test('nor is one that begins in the middle: with a fire, a silent detector, a stuck valve, and one about to fall silent', async () => {
  const site = await virtualSite();
  await site.detector(8).kill();
  await site.detector(7).trip();
  site.valve(2).stick();
  await site.detector(2).trip();
  await site.clock.advance('20s');
  await site.detector(8).is('silent');
  await site.detector(4).silence();
  await site.clock.advance('2s');
  const text = await recordingOf(site, async () => {
    await site.clock.advance('10s');
    await site.detector(3).trip();
    await site.clock.advance('1s');
    await site.detector(8).revive();
    site.valve(2).unstick();
    await site.clock.advance('10s');
  });
  const { recorded, differences } = await replayOf(text);
  expect(differences).toEqual([]);
  // Detector 4 fell silent, 8 came back, 3 joined the fire, and valve 2 answered at last.
  expect(recorded).toBe(4);
});

test('another window of the watchdog is a difference: told later, or not at all', async () => {
  const site = await virtualSite();
  const text = await recordingOf(site, async () => {
    await site.detector(8).silence();
    await site.detector(6).silence();
    await site.clock.advance('9s');
    await site.detector(6).revive();
    await site.clock.advance('3s');
  });
  const { differences } = await replayOf(text, { settings: { misses: 5, grace: '1500ms' } });
  expect(named(differences)).toEqual([
    'changed: fault opened detector/8',
    'missing: fault closed detector/6',
    'missing: fault opened detector/6',
  ]);
});

test('other recipients are a difference', async () => {
  const site = await virtualSite();
  const text = await recordingOf(site, () => site.detector(7).trip());
  const { differences } = await replayOf(text, { settings: { emailTo: 'chief@example.com', smsTo: ['+15005550006'] } });
  expect(differences).toMatchObject([
    {
      difference: 'changed',
      changes: [
        { of: 'email to safety@example.com', now: 'not told' },
        { of: 'email to chief@example.com', before: 'not told' },
      ],
    },
  ]);
});

test('a filter that lets no fire through is caught', async () => {
  const site = await virtualSite();
  const text = await recordingOf(site, () => fullStory(site));
  // To the processors that is the same: no 1 arrives.
  const deaf = edited(text, (line) => (line.line === 'input' && line.value === '1' ? { ...line, value: '0' } : line));
  const { differences } = await replayOf(deaf);
  expect(named(differences)).toEqual([
    'missing: fire closed floor/3',
    'missing: fire opened floor/3',
    'missing: fire updated floor/3',
  ]);
});

test('other words are a difference', async () => {
  const site = await virtualSite();
  const text = await recordingOf(site, () => site.detector(7).trip());
  const reworded = edited(text, (line) =>
    line.line === 'outcome' && line.topic === 'sms'
      ? { ...line, value: line.value?.replace('FIRE', 'Fire') ?? null }
      : line,
  );
  const { differences } = await replayOf(reworded);
  expect(differences).toMatchObject([
    {
      difference: 'changed',
      changes: [
        {
          of: 'sms to +15005550006',
          before: expect.stringMatching(/^Fire: floor 3/),
          now: expect.stringMatching(/^FIRE: floor 3/),
        },
      ],
    },
  ]);
});

test('a valve that answered no more is a fault in a replay too', async () => {
  const site = await virtualSite();
  const text = await recordingOf(site, () => fullStory(site));
  const { differences } = await replayOf(edited(text, (line) => (isAnswer(line) ? undefined : line)));
  expect(named(differences)).toEqual(['extra: fault opened valve/3']);
});

function isAnswer(line: RecordingLine): boolean {
  return line.line === 'input' && line.topic === 'valve-states';
}

test('a recording can be made while another one is, and a site stops although nobody ended them', async () => {
  const site = await virtualSite();
  await site.record();
  const text = await recordingOf(site, async () => void (await site.detector(7).trip()));
  await site.stop();
  expect((await replayOf(text)).differences).toEqual([]);
});

test('a replay can be given up', async () => {
  const site = await virtualSite();
  const text = await recordingOf(site, () => site.clock.advance('10s'));
  await expect(replayOf(text, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'STOPPED' });
});
