import type { z } from 'zod';
import type { Complaint } from './contradictions.ts';
import { nearest } from './nearest.ts';
import { jsonSchema } from './schema.ts';

type Path = Complaint['path'];

/** What the grammar has against a file that reads as `data`, in words for people: what is wrong, and what is allowed there. */
export function complaintsOf(issues: readonly z.core.$ZodIssue[], data: unknown): Complaint[] {
  const misspelt = new Set(issues.flatMap(({ code, path }) => (code === 'unrecognized_keys' ? [path.join('/')] : [])));
  return issues.flatMap((issue): Complaint[] => {
    // That nothing was chosen follows from the choice's misspelt name, and is not worth saying.
    if (issue.code === 'custom' && misspelt.has(issue.path.join('/'))) return [];
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key));
    if (issue.code === 'invalid_union') {
      // Of several shapes the one that was meant is the one that is wrong further in.
      const meant = issue.errors.find((branch) => branch.every(({ path }) => path.length > 0)) ?? [];
      const inside = meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
      if (inside.length > 0) return complaintsOf(inside, data);
    }
    const message = inWords(issue);
    const key = issue.path.at(-1);
    const missing = key !== undefined && valueAt(data, issue.path) === undefined;
    return [{ path: issue.path, message: missing ? `${String(key)} is missing: ${message}` : message }];
  });
}

function inWords(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union' && issue.message === 'Invalid input') {
    const shapes = issue.errors.flatMap(([first]) => (first ? [inWords(first).replace(/, received \w+$/, '')] : []));
    return shapes.join(', or ');
  }
  return issue.message.replace(/^Invalid \w+: |, received undefined$/g, '').replaceAll('"|"', '", "');
}

function unknownKey(path: Path, key: string): Complaint {
  const keys = keysAt(path);
  const meant = nearest(key, keys);
  const allowed = meant ? `did you mean ${meant}?` : `there are ${keys.join(', ')}`;
  return { path, key, message: `${key} is unknown here: ${allowed}` };
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    data,
  );
}

type Shape = z.core.JSONSchema.BaseSchema;
type Part = Shape | boolean | undefined;

const GRAMMAR: Shape = jsonSchema();

/** The keys that the grammar knows at a place. */
function keysAt(path: Path): string[] {
  const found = path.reduce<readonly Shape[]>(
    (shapes, key) =>
      shapes.flatMap((shape) => shapesOf(typeof key === 'string' ? shape.properties?.[key] : itemOf(shape))),
    [GRAMMAR],
  );
  return found.flatMap(({ properties }) => Object.keys(properties ?? {}));
}

function itemOf({ items }: Shape): Part {
  return Array.isArray(items) ? undefined : items;
}

/** A part of the grammar, or what it may be one of. */
function shapesOf(part: Part): readonly Shape[] {
  return typeof part === 'object' ? [part, ...(part.anyOf ?? []).flatMap(shapesOf)] : [];
}
