import type { GgufCursor } from './cursor.ts';
import { quote, refuse, within } from '../files/checkpoint.ts';

/** Arrays of numbers, in the narrowest type that can hold them; 64-bit integers stay bigints. */
type GgufNumbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array;

/**
 * A 64-bit integer is a number if that is exact, otherwise a bigint. Arrays of booleans are bytes
 * of 0 and 1.
 */
export type GgufValue = string | number | bigint | boolean | readonly string[] | GgufNumbers;

export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Metadata and its file, for errors; a GgufFile is one. */
export interface DescribedFile {
  readonly source: { readonly name: string };
  readonly metadata: GgufMetadata;
}

/** Published models have about 30 keys. */
const maxKeys = 4096;
/** In bytes, as in the specification. */
const maxKeyBytes = 65_535;
/** In bytes. Some converters store a whole tokenizer.json (up to 20 MB) in one string. */
const maxStringBytes = 64 * 1024 * 1024;
/** The largest arrays are merges: about 600,000 in the largest vocabularies. */
const maxArrayLength = 4 * 1024 * 1024;

/** The index is the value type in the file, 0 to 12; 9 is an array. */
const valueReaders: readonly ((cursor: GgufCursor) => GgufValue)[] = [
  (cursor) => cursor.view(1).getUint8(0),
  (cursor) => cursor.view(1).getInt8(0),
  (cursor) => cursor.view(2).getUint16(0, true),
  (cursor) => cursor.view(2).getInt16(0, true),
  (cursor) => cursor.uint32(),
  (cursor) => cursor.view(4).getInt32(0, true),
  (cursor) => cursor.view(4).getFloat32(0, true),
  (cursor) => readBoolean(cursor),
  (cursor) => cursor.string(maxStringBytes),
  (cursor) => readArray(cursor),
  (cursor) => exactNumber(cursor.uint64()),
  (cursor) => exactNumber(cursor.view(8).getBigInt64(0, true)),
  (cursor) => cursor.view(8).getFloat64(0, true),
];

interface NumberArrayKind {
  readonly bytes: number;
  readonly build: (buffer: ArrayBuffer) => GgufNumbers;
}

const numberArrays: ReadonlyMap<number, NumberArrayKind> = new Map<number, NumberArrayKind>([
  [0, { bytes: 1, build: (buffer) => new Uint8Array(buffer) }],
  [1, { bytes: 1, build: (buffer) => new Int8Array(buffer) }],
  [2, { bytes: 2, build: (buffer) => new Uint16Array(buffer) }],
  [3, { bytes: 2, build: (buffer) => new Int16Array(buffer) }],
  [4, { bytes: 4, build: (buffer) => new Uint32Array(buffer) }],
  [5, { bytes: 4, build: (buffer) => new Int32Array(buffer) }],
  [6, { bytes: 4, build: (buffer) => new Float32Array(buffer) }],
  [7, { bytes: 1, build: (buffer) => new Uint8Array(buffer) }],
  [10, { bytes: 8, build: (buffer) => new BigUint64Array(buffer) }],
  [11, { bytes: 8, build: (buffer) => new BigInt64Array(buffer) }],
  [12, { bytes: 8, build: (buffer) => new Float64Array(buffer) }],
]);
const stringType = 8;

/** Reads `count` key-value pairs from the cursor on. @throws CheckpointError */
export function parseMetadata(cursor: GgufCursor, count: bigint): GgufMetadata {
  if (count > BigInt(maxKeys)) {
    refuse(cursor.where, 'the number of metadata keys', count, `at most ${maxKeys}`);
  }
  const metadata = new Map<string, GgufValue>();
  for (let index = 0; index < Number(count); index++) {
    cursor.where = within(cursor.file, `metadata key ${index}`);
    const key = cursor.string(maxKeyBytes);
    cursor.where = within(cursor.file, `metadata ${quote(key)}`);
    if (metadata.has(key)) {
      refuse(cursor.where, 'the key', 'repeated', 'each key once');
    }
    metadata.set(key, readValue(cursor, cursor.uint32()));
  }
  return metadata;
}

function readValue(cursor: GgufCursor, type: number): GgufValue {
  const read = valueReaders[type];
  if (read === undefined) {
    return refuse(cursor.where, 'the value type', type, '0 to 12');
  }
  return read(cursor);
}

function readBoolean(cursor: GgufCursor): boolean {
  const byte = cursor.view(1).getUint8(0);
  if (byte > 1) {
    refuse(cursor.where, 'a boolean', byte, '0 or 1');
  }
  return byte === 1;
}

function readArray(cursor: GgufCursor): GgufValue {
  const type = cursor.uint32();
  const declared = cursor.uint64();
  if (declared > BigInt(maxArrayLength)) {
    refuse(cursor.where, 'the array length', declared, `at most ${maxArrayLength}`);
  }
  const length = Number(declared);
  if (type === stringType) {
    return readStrings(cursor, length);
  }
  const kind = numberArrays.get(type);
  if (kind === undefined) {
    return refuse(cursor.where, 'the array element type', type, 'a number, boolean or string type');
  }
  return kind.build(cursor.copy(length * kind.bytes));
}

function readStrings(cursor: GgufCursor, length: number): readonly string[] {
  cursor.assertRemaining(length * 8); // each string starts with its length in 8 bytes
  const strings: string[] = [];
  for (let index = 0; index < length; index++) {
    strings.push(cursor.string(maxStringBytes));
  }
  return strings;
}

function exactNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** @throws CheckpointError when the key has a value of another type. */
export function findString(gguf: DescribedFile, key: string): string | undefined {
  const value = gguf.metadata.get(key);
  return value === undefined || typeof value === 'string' ? value : mistyped(gguf, key, 'a string');
}

/** @throws CheckpointError when the key has a value of another type. */
export function findNumber(gguf: DescribedFile, key: string): number | undefined {
  const value = gguf.metadata.get(key);
  return value === undefined || typeof value === 'number' ? value : mistyped(gguf, key, 'a number');
}

/** @throws CheckpointError when the key has a value of another type. */
export function findBoolean(gguf: DescribedFile, key: string): boolean | undefined {
  const value = gguf.metadata.get(key);
  const isAllowed = value === undefined || typeof value === 'boolean';
  return isAllowed ? value : mistyped(gguf, key, 'a boolean');
}

/** @throws CheckpointError when the key has a value of another type. */
export function findStrings(gguf: DescribedFile, key: string): readonly string[] | undefined {
  const value = gguf.metadata.get(key);
  return value === undefined || isStrings(value) ? value : mistyped(gguf, key, 'strings');
}

/** @throws CheckpointError when the key has a value of another type. */
export function findNumbers(gguf: DescribedFile, key: string): GgufNumbers | undefined {
  const value = gguf.metadata.get(key);
  return value === undefined || isNumbers(value) ? value : mistyped(gguf, key, 'numbers');
}

function isStrings(value: GgufValue): value is readonly string[] {
  return Array.isArray(value);
}

function isNumbers(value: GgufValue): value is GgufNumbers {
  return ArrayBuffer.isView(value);
}

function mistyped(gguf: DescribedFile, key: string, allowed: string): never {
  const where = within(gguf.source.name, `metadata ${quote(key)}`);
  return refuse(where, 'the type', nameType(gguf.metadata.get(key)), allowed);
}

function nameType(value: GgufValue | undefined): string {
  return typeof value === 'object' ? 'array' : typeof value;
}
