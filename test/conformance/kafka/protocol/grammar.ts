import { MESSAGES } from './messages.ts';

/** Which versions have something: `from` to `to`, both included. */
interface Versions {
  readonly from: number;
  readonly to: number;
}

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly isArray: boolean;
  readonly versions: Versions;
  readonly nullable: Versions;
  readonly fallback: number | string | boolean | null | undefined;
  /** Of a structure. */
  readonly fields: Field[];
}

export interface Message {
  readonly key: number;
  readonly name: string;
  readonly flexible: Versions;
  readonly request: Field[];
  readonly response: Field[];
}

const NONE: Versions = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };

export const within = ({ from, to }: Versions, version: number): boolean => version >= from && version <= to;

/** Every message of `MESSAGES` by its name. */
export const GRAMMAR: ReadonlyMap<string, Message> = parse(MESSAGES);

function parse(text: string): Map<string, Message> {
  const messages = new Map<string, Message>();
  /** Where a line of each depth is put. */
  const lists: Field[][] = [];
  let message: Message | undefined;
  for (const line of text.split('\n').filter((line) => line !== '')) {
    const words = line.trim().split(' ');
    const depth = (line.length - line.trimStart().length) / 2;
    if (depth === 0) {
      const [key, name = '', , flexible = ''] = words;
      message = { key: Number(key), name, flexible: versions(flexible), request: [], response: [] };
      messages.set(name, message);
    } else if (depth === 1 && message) {
      lists[2] = words[0] === 'request' ? message.request : message.response;
    } else {
      const field = readField(words);
      lists[depth]?.push(field);
      lists[depth + 1] = field.fields;
    }
  }
  return messages;
}

function readField(words: readonly string[]): Field {
  const [name = '', type = '', present = ''] = words;
  const after = (word: string) => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined);
  const [nullable, fallback] = [after('null'), after('default')];
  return {
    name,
    type: type.replace('[]', ''),
    isArray: type.startsWith('[]'),
    versions: versions(present),
    nullable: nullable === undefined ? NONE : versions(nullable),
    fallback: fallback === undefined ? undefined : JSON.parse(fallback),
    fields: [],
  };
}

/** `3+`, `4-7`, `5`, or `none`. */
function versions(text: string): Versions {
  if (text === 'none') return NONE;
  const [from, to] = text.replace('+', '-Infinity').split('-').map(Number);
  return { from: from ?? 0, to: to ?? from ?? 0 };
}
