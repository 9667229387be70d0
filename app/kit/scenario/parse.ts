import { type Document, LineCounter, parseDocument, visit } from 'yaml';
import type { Act } from './acts.ts';
import { complaintsOf } from './complaints.ts';
import { contradictions } from './contradictions.ts';
import { offsetOf } from './offset.ts';
import type { Pattern } from './patterns.ts';
import { fileSchema, outlineSchema, type ScenarioFile } from './schema.ts';
import { type Window, windowOf } from './window.ts';

/** A scenario, read and checked; all times are milliseconds since the site is ready. */
export interface Scenario extends Pick<ScenarioFile, 'name' | 'description' | 'clause' | 'site' | 'until'> {
  readonly timeline: readonly Step[];
  readonly expect: readonly Expectation[];
  readonly forbid: readonly Prohibition[];
  readonly allow: readonly Pattern[];
}

export interface Step {
  readonly at: number;
  readonly act: Act;
  /** The code of the error with which the site has to refuse the act. */
  readonly refused: string | undefined;
}

export interface Prohibition {
  readonly patterns: readonly Pattern[];
  readonly window: Window;
  readonly because: string | undefined;
}

/** Each of the patterns has to fit so many happenings of the window. */
export interface Expectation extends Prohibition {
  readonly count: { readonly min: number; readonly max: number };
}

/** What is wrong with a file, where an editor shows it: lines and columns count from 1. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Reads a scenario file; answers with everything that is wrong with it, in the order of its lines, or with the scenario. */
export function parseScenario(
  text: string,
): { readonly scenario: Scenario } | { readonly problems: readonly Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number, message: string): Problem => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col, message };
  };
  const errors = [
    ...document.errors.map(({ pos, message }) => place(pos[0], message)),
    ...lostAliases(document, place),
  ];
  if (errors.length > 0) return { problems: errors };
  const data: unknown = document.toJS();
  const file = fileSchema.safeParse(data);
  const complaints = [
    ...(file.success ? [] : complaintsOf(file.error.issues, data)),
    ...contradictions(outlineSchema.parse(data)),
  ];
  if (file.success && complaints.length === 0) return { scenario: scenarioOf(file.data) };
  const problems = complaints.map((complaint) => place(offsetOf(document, complaint), complaint.message));
  return { problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column) };
}

/** What stands for something that is named nowhere before. */
function lostAliases(document: Document.Parsed, place: (offset: number, message: string) => Problem): Problem[] {
  const lost: Problem[] = [];
  visit(document, {
    Alias(_, alias) {
      if (!alias.resolve(document)) lost.push(place(alias.range?.[0] ?? 0, `there is no &${alias.source} before it`));
    },
  });
  return lost;
}

function scenarioOf(file: ScenarioFile): Scenario {
  const { timeline, until } = file;
  const times = { instants: timeline.map(({ at }) => at), until };
  return {
    ...file,
    expect: file.expect.map((entry) => ({ ...entry, window: windowOf(entry.window, times) })),
    forbid: file.forbid.map((entry) => ({ ...entry, window: windowOf(entry.window, times) })),
    allow: file.allow.flatMap(({ patterns }) => patterns),
  };
}
