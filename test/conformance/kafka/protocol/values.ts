import { type Field, within } from './grammar.ts';

/** A message's content; fields that are left out have their defaults. UUIDs are 32 hexadecimal digits. */
export interface Fields {
  readonly [name: string]: Value;
}

/** An INT64 is a bigint where a number would not be exact. */
export type Value = number | bigint | string | boolean | null | Buffer | readonly Value[] | Fields;

/** How a version writes lengths: `flexible` ones are compact, and their structures end with tagged fields (KIP-482). */
export interface Dialect {
  readonly version: number;
  readonly flexible: boolean;
}

export function encode(fields: readonly Field[], values: Fields, dialect: Dialect): Buffer {
  const known = new Set(fields.map(({ name }) => name));
  for (const name of Object.keys(values)) if (!known.has(name)) throw new Error(`there is no field ${name}`);
  const parts = fields
    .filter((field) => within(field.versions, dialect.version))
    .map((field) => encodeField(field, valueIn(values, field), dialect));
  if (dialect.flexible) parts.push(Buffer.alloc(1));
  return Buffer.concat(parts);
}

function valueIn(values: Fields, field: Field): Value {
  const value = values[field.name];
  return value === undefined ? defaultOf(field) : value;
}

function defaultOf(field: Field): Value {
  if (field.fallback !== undefined) return field.fallback;
  if (field.isArray) return [];
  if (field.type === 'string') return '';
  if (field.type === 'uuid') return '0'.repeat(32);
  return field.type === 'bytes' ? Buffer.alloc(0) : 0;
}

function encodeField(field: Field, value: Value, dialect: Dialect): Buffer {
  if (value === null && !within(field.nullable, dialect.version)) throw new Error(`${field.name} cannot be null`);
  if (!field.isArray) return encodeOne(field, value, dialect);
  if (value === null) return longLength(-1, dialect);
  if (!Array.isArray(value)) throw new Error(`${field.name} is an array`);
  return Buffer.concat([longLength(value.length, dialect), ...value.map((item) => encodeOne(field, item, dialect))]);
}

function encodeOne(field: Field, value: Value, dialect: Dialect): Buffer {
  switch (field.type) {
    case 'string': {
      if (value === null) return shortLength(-1, dialect);
      const text = Buffer.from(String(value));
      return Buffer.concat([shortLength(text.length, dialect), text]);
    }
    case 'bytes': {
      if (value === null) return longLength(-1, dialect);
      if (!Buffer.isBuffer(value)) throw new Error(`${field.name} is bytes`);
      return Buffer.concat([longLength(value.length, dialect), value]);
    }
    case 'uuid':
      return Buffer.from(String(value), 'hex');
    case 'struct':
      if (!isFields(value)) throw new Error(`${field.name} is a structure`);
      return encode(field.fields, value, dialect);
    default:
      return integer(typeof value === 'bigint' ? value : Number(value), bytesOf(field));
  }
}

/** Reads `bytes` to their end; throws where a message is shorter or longer than its grammar says. */
export function decode(fields: readonly Field[], bytes: Buffer, dialect: Dialect): Fields {
  const cursor: Cursor = { bytes, at: 0 };
  const values = decodeStruct(fields, cursor, dialect);
  if (cursor.at !== bytes.length) throw new Error(`${bytes.length - cursor.at} bytes behind the answer's end`);
  return values;
}

interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

function decodeStruct(fields: readonly Field[], cursor: Cursor, dialect: Dialect): Fields {
  const values: Record<string, Value> = {};
  for (const field of fields) {
    if (within(field.versions, dialect.version)) values[field.name] = decodeField(field, cursor, dialect);
  }
  if (dialect.flexible) {
    for (let count = readVarint(cursor); count > 0; count--) {
      readVarint(cursor);
      take(readVarint(cursor), cursor);
    }
  }
  return values;
}

function decodeField(field: Field, cursor: Cursor, dialect: Dialect): Value {
  if (!field.isArray) return decodeOne(field, cursor, dialect);
  const count = readLength(4, cursor, dialect);
  return count < 0 ? null : Array.from({ length: count }, () => decodeOne(field, cursor, dialect));
}

function decodeOne(field: Field, cursor: Cursor, dialect: Dialect): Value {
  switch (field.type) {
    case 'string': {
      const length = readLength(2, cursor, dialect);
      return length < 0 ? null : take(length, cursor).toString();
    }
    case 'bytes': {
      const length = readLength(4, cursor, dialect);
      return length < 0 ? null : take(length, cursor);
    }
    case 'uuid':
      return take(16, cursor).toString('hex');
    case 'struct':
      return decodeStruct(field.fields, cursor, dialect);
    case 'bool':
      return readInteger(1, cursor) !== 0;
    case 'int64':
      return readInt64(cursor);
    default:
      return readInteger(bytesOf(field), cursor);
  }
}

function bytesOf({ name, type }: Field): number {
  const bytes = { bool: 1, int8: 1, int16: 2, int32: 4, int64: 8 }[type];
  if (bytes === undefined) throw new Error(`${name} is of no type that is known: ${type}`);
  return bytes;
}

function integer(value: number | bigint, bytes: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(BigInt(value));
  return buffer.subarray(8 - bytes);
}

function readInteger(bytes: number, cursor: Cursor): number {
  return take(bytes, cursor).readIntBE(0, bytes);
}

function readInt64(cursor: Cursor): number | bigint {
  const value = take(8, cursor).readBigInt64BE();
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

const longLength = (length: number, { flexible }: Dialect) => (flexible ? varint(length + 1) : integer(length, 4));
const shortLength = (length: number, { flexible }: Dialect) => (flexible ? varint(length + 1) : integer(length, 2));

function readLength(bytes: number, cursor: Cursor, { flexible }: Dialect): number {
  return flexible ? readVarint(cursor) - 1 : readInteger(bytes, cursor);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Buffer.from([...bytes, rest]);
}

function readVarint(cursor: Cursor): number {
  let value = 0;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = take(1, cursor).readUInt8();
    value += (byte % 0x80) * scale;
    if (byte < 0x80) return value;
  }
}

function take(length: number, cursor: Cursor): Buffer {
  if (cursor.at + length > cursor.bytes.length) throw new Error('the answer ends in the middle of a field');
  cursor.at += length;
  return cursor.bytes.subarray(cursor.at - length, cursor.at);
}

export function isFields(value: Value): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);
}

/** What stands at `path` in a message; throws where there is nothing. */
export function at(values: Value | undefined, ...path: (string | number)[]): Value {
  let value: Value | undefined = values;
  for (const step of path) {
    if (Array.isArray(value) && typeof step === 'number') value = value.at(step);
    else if (value !== undefined && isFields(value)) value = value[step];
    else value = undefined;
    if (value === undefined) throw new Error(`there is no ${path.join('.')} in ${JSON.stringify(values)}`);
  }
  if (value === undefined) throw new Error('there is no answer');
  return value;
}

export function textAt(values: Value, ...path: (string | number)[]): string {
  const value = at(values, ...path);
  if (typeof value !== 'string') throw new Error(`${path.join('.')} is no text: ${JSON.stringify(value)}`);
  return value;
}

export function numberAt(values: Value, ...path: (string | number)[]): number {
  const value = at(values, ...path);
  if (typeof value !== 'number') throw new Error(`${path.join('.')} is no number: ${JSON.stringify(value)}`);
  return value;
}

export function listAt(values: Value, ...path: (string | number)[]): readonly Value[] {
  const value = at(values, ...path);
  if (!Array.isArray(value)) throw new Error(`${path.join('.')} is no array: ${JSON.stringify(value)}`);
  return value;
}
