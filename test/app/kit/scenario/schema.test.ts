import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { CHAOS_ACTS } from '../../../../app/kit/chaos/acts.ts';
import { ACTS } from '../../../../app/kit/scenario/acts.ts';
import { PATTERNS } from '../../../../app/kit/scenario/patterns.ts';
import { PROFILES } from '../../../../app/kit/scenario/profiles.ts';
import { fileSchema, jsonSchema } from '../../../../app/kit/scenario/schema.ts';
import { problemsOf } from './support.ts';

const FILES = readdirSync('scenarios').filter((name) => name.endsWith('.yaml'));
const MANUAL = readFileSync('docs/scenarios.md', 'utf8');

test('scenario.schema.json is the grammar: `smokewire scenario schema` writes it', () => {
  expect(JSON.parse(readFileSync('scenarios/scenario.schema.json', 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(jsonSchema())),
  );
});

describe('the grammar for editors', () => {
  it('wants exactly one act of a step, and says what each does', () => {
    const timeline = JSON.parse(JSON.stringify(jsonSchema())).properties.timeline.items;
    expect(timeline.oneOf).toContainEqual({ required: ['trip'] });
    expect(timeline.properties.trip.description).toMatch(/signal fire/);
    expect(timeline.properties.at.pattern).toBe('^\\d+(\\.\\d+)?(ms|s|m|h)$');
    expect(timeline.additionalProperties).toBe(false);
  });
});

describe('the shipped library', () => {
  test.each(FILES)('%s has no problems, names its grammar and says what it shows', (name) => {
    const text = readFileSync(`scenarios/${name}`, 'utf8');
    expect(problemsOf(text)).toEqual([]);
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/scenario\.schema\.json\n/);
  });

  test('shows every act but some faults, everything that can be expected, and every profile', () => {
    const all = FILES.map((name) => readFileSync(`scenarios/${name}`, 'utf8')).join('\n');
    const acts = Object.keys(ACTS.shape).filter((name) => !Object.hasOwn(CHAOS_ACTS, name));
    const names = [...acts, ...Object.keys(PATTERNS.shape)];
    expect(names.filter((name) => !new RegExp(`^[ {-]*(?:at: .*, )?${name}:`, 'm').test(all))).toEqual([]);
    expect(PROFILES.filter(({ name }) => !all.includes(`{profile: ${name}}`))).toEqual([]);
  });
});

describe('docs/scenarios.md', () => {
  test('explains every key of a file, every act, everything that can be expected, and every profile', () => {
    const keys = [...Object.keys(fileSchema.shape), ...Object.keys(ACTS.shape), ...Object.keys(PATTERNS.shape)];
    expect(keys.filter((key) => !MANUAL.includes(`\`${key}`))).toEqual([]);
    for (const { name, clause } of PROFILES) expect(MANUAL).toContain(`| \`${name}\` | ${clause} |`);
  });

  test('its samples have no problems', () => {
    const samples = [...MANUAL.matchAll(/```yaml\n(name:.*?)```/gs)].map(([, text = '']) => text);
    expect(samples.length).toBeGreaterThan(0);
    for (const sample of samples) expect(problemsOf(sample)).toEqual([]);
  });
});
