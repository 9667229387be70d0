// Breaks watchdog and correlator in one way after the other, and expects the simulation to notice each: who passes every test, tests nothing.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, tsc } from './tsc.mjs';

const SEEDS = 300;
const WATCHDOG = 'processors/watchdog';
const CORRELATOR = 'processors/correlator';
const MUTATIONS = [
  ['a will is believed at once', `${WATCHDOG}/judge.js`, 'return heartbeatMs + Math.max', 'return 0 * Math.max'],
  ['a window is one heartbeat short', `${WATCHDOG}/judge.js`, 'misses * heartbeatMs', '(misses - 1.5) * heartbeatMs'],
  ['a pause of the canary counts in full', `${WATCHDOG}/proven-time.js`, 'clamp(between, this.periodMs)', 'between'],
  ['windows go on after an outage', `${WATCHDOG}/proven-time.js`, 'between > this.#gapMs', 'false'],
  ['an old signal ends a newer silence', `${WATCHDOG}/told.js`, 'offset <= told.offset', 'false'],
  ['nothing is read back', `${WATCHDOG}/read-back.js`, 'return this.#points[0]?.offset', 'return undefined'],
  ['a takeover forgets what was told', `${WATCHDOG}/judge.js`, 'watched.told = told;', ''],
  [
    'a note is not told by the successor',
    `${WATCHDOG}/telling.js`,
    'if (before?.incident && before.untold)',
    'if (false)',
  ],
  ['announcements are compared by any clock', `${WATCHDOG}/announcements.js`, '(by === bridge || by === 0)', 'true'],
  [
    'a bridge that is gone is waited for',
    `${WATCHDOG}/proven-time.js`,
    'this.#now - bridge.sangWhen - this.#goneMs',
    '0',
  ],
  [
    'a mute bridge condemns its detectors',
    `${WATCHDOG}/proven-time.js`,
    'this.#now - bridge.sangWhen - this.#goneMs',
    'this.#now - bridge.sangWhen',
  ],
  [
    'the pipeline is blamed at first sight',
    `${WATCHDOG}/pipeline.js`,
    'now - this.#awakeSince < canaryPeriodMs',
    'false',
  ],
  ['the pipeline is told of before it is noted', `${WATCHDOG}/pipeline.js`, 'untold: true, offset', 'offset'],
  [
    'recoveries are kept for oneself',
    `${WATCHDOG}/telling.js`,
    "say({ incident: before.incident, change: 'closed'",
    "void ({ incident: before.incident, change: 'closed'",
  ],
  ['nothing is held', `${CORRELATOR}/holds.js`, 'return Math.min(togetherMs(item, canaryPeriodMs), left)', 'return 0'],
  ['nothing is ever lost together', `${CORRELATOR}/scope-tally.js`, 'registered >= LEAST_LOST', 'false'],
  [
    'a scope is lost with one detector that is heard',
    `${CORRELATOR}/scope-tally.js`,
    '>= registered;',
    '>= registered - 1;',
  ],
  [
    'a scope that partly returns stays lost',
    `${CORRELATOR}/lost-scopes.js`,
    'if (tally.isLost(loss.scope))',
    'if (true)',
  ],
  [
    'a correlator forgets what its predecessor told',
    `${CORRELATOR}/missing-detectors.js`,
    'this.#cases.set(item.subject, item);',
    'void item;',
  ],
  [
    'nobody is ever told of one on the wrong floor',
    `${WATCHDOG}/evidence.js`,
    '!isDuplicate && strayLooks >=',
    'false && strayLooks >=',
  ],
  ['one look finds who is on the wrong floor', `${WATCHDOG}/evidence.js`, 'LEAST_LOOKS = 3', 'LEAST_LOOKS = 1'],
  ['one stray makes two detectors', `${WATCHDOG}/evidence.js`, 'LEAST_ALTERNATIONS = 4', 'LEAST_ALTERNATIONS = 2'],
  [
    'two detectors with one id are never told',
    `${WATCHDOG}/evidence.js`,
    'const isDuplicate =',
    'const isDuplicate = false &&',
  ],
  ['series of numbers are not looked at', `${WATCHDOG}/evidence.js`, 'seq !== undefined && this', 'false && this'],
  [
    'a device that begins anew is another one',
    `${WATCHDOG}/evidence.js`,
    'otherSeq !== undefined && continues(seq, otherSeq)',
    'true',
  ],
  [
    'a burst is babbling',
    `${WATCHDOG}/evidence.js`,
    "loudLooks >= (open.has('babbling') ? 1 : LEAST_LOOKS)",
    'loudLooks >= 1',
  ],
  ['nobody is ever told of babbling', `${WATCHDOG}/evidence.js`, 'const isBabbling =', 'const isBabbling = false &&'],
  [
    'what is odd is odd for ever',
    `${WATCHDOG}/evidence.js`,
    'if (is === open.has(cause))',
    'if (!is || open.has(cause))',
  ],
  ['two detectors are one after a quiet look', `${WATCHDOG}/evidence.js`, 'QUIET_LOOKS = 16', 'QUIET_LOOKS = 1'],
  [
    'looks at a detector follow one another at once',
    `${WATCHDOG}/judge.js`,
    'LEAST_BETWEEN_LOOKS = 0.25',
    'LEAST_BETWEEN_LOOKS = 0',
  ],
  ['what is read back makes odd again', `${WATCHDOG}/evidence.js`, 'suspicion.knownTo = knownTo;', ''],
  ['a takeover forgets what was odd', `${WATCHDOG}/judge.js`, 'this.#evidence.recall(row,', 'void (row,'],
  [
    'what was noted as odd is not told by the successor',
    `${WATCHDOG}/odd-telling.js`,
    'const repeated = untold ?',
    'const repeated = false ?',
  ],
  [
    'the end of what is odd is kept for oneself',
    `${WATCHDOG}/odd-telling.js`,
    "...closed.map(say('closed', endReason))",
    '',
  ],
  [
    'a canary proves time whatever its bridge knows of partitions',
    `${WATCHDOG}/task.js`,
    'return sung === partitions && !this.#isOutgrown',
    'return true',
  ],
  [
    'who moved is told of where it was as well',
    `${WATCHDOG}/task.js`,
    'partitionOf(String(watched.id), partitions) !== partition',
    'false',
  ],
  [
    'what was told does not move',
    `${WATCHDOG}/moves.js`,
    'if (!isOfDetector(key))',
    "if (!isOfDetector(key) || topic === 'detector-states')",
  ],
  ['an offset means as much after a move', `${WATCHDOG}/moves.js`, '{ ...told, offset: -1 }', 'told'],
  [
    'what is written where a detector was is dropped',
    `${WATCHDOG}/moves.js`,
    'if (this.#records.size === 0)',
    'if (true)',
  ],
  [
    'what is left of what was moved is passed on',
    `${WATCHDOG}/moves.js`,
    'if (movedAmong(record) !== undefined)',
    'if (false)',
  ],
];

tsc('tsconfig.simulation.json');
const scratch = mkdtempSync(join(tmpdir(), 'smokewire-mutations-'));
let survived = 0;
try {
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'));
  writeFileSync(join(scratch, 'package.json'), '{"type":"module"}');
  for (const [what, file, original, broken] of MUTATIONS) {
    cpSync(join(root, '.simulation'), join(scratch, 'code'), { recursive: true });
    const path = join(scratch, 'code', file);
    const source = readFileSync(path, 'utf8');
    if (!source.includes(original)) throw new Error(`${file} has no ${original}`);
    writeFileSync(path, source.replace(original, broken));
    const main = join(scratch, 'code/test/simulation/main.js');
    const { stdout } = spawnSync(process.execPath, [main, '--seeds', String(SEEDS)], { encoding: 'utf8' });
    const found = /: (\d+) failed/.exec(stdout)?.[1] ?? '0';
    if (found === '0') survived++;
    process.stdout.write(`${found === '0' ? 'SURVIVES' : 'found   '}  ${what}: ${found} of ${SEEDS} seeds\n`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = survived === 0 ? 0 : 1;
