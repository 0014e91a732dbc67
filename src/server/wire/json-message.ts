import { invalidRequest } from '../../desk/violations.ts';

/** Reads messages in protobuf's JSON form (https://protobuf.dev/programming-guides/json). */

/** A message or enum type as the loader describes it. */
export interface DescribedType {
  readonly type: object;
}

/** All types of a package by name without the package. */
type DescribedTypes = Readonly<Record<string, DescribedType>>;

interface DescribedField {
  /** In camel case. */
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly typeName: string;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * The message's fields by their names in camel case, ready to be serialized. A null counts as
 * absent.
 *
 * @throws RankError `invalid-argument` naming the first field that is unknown or of a wrong type.
 */
export function readJsonMessage(
  json: unknown,
  { type }: DescribedType,
  types: DescribedTypes,
  path = '',
): Json {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    refuse(path, `is ${show(json)}; an object is needed`);
  }
  const { field: fields } = type as { readonly field: readonly DescribedField[] };
  const known = new Map(fields.flatMap((field) => namesOf(field).map((name) => [name, field])));
  const entries = Object.entries(json).flatMap(([name, value]) => {
    const field = known.get(name);
    const where = path === '' ? snakeCase(name) : `${path}.${snakeCase(name)}`;
    if (field === undefined) {
      const names = fields.map((each) => snakeCase(each.name)).join(', ');
      refuse(where, `is unknown; the fields are ${names}`);
    }
    return value === null ? [] : [[field.name, readField(value, field, types, where)] as const];
  });
  return Object.fromEntries(entries);
}

/** Fields may be written in camel case, and as in the proto file. */
function namesOf({ name }: DescribedField): readonly string[] {
  return [name, snakeCase(name)];
}

function readField(
  value: unknown,
  field: DescribedField,
  types: DescribedTypes,
  where: string,
): unknown {
  if (field.label !== 'LABEL_REPEATED') {
    return readValue(value, field, types, where);
  }
  if (!Array.isArray(value)) {
    refuse(where, `is ${show(value)}; a list is needed`);
  }
  return value.map((each: unknown, index) => readValue(each, field, types, `${where}[${index}]`));
}

function readValue(
  value: unknown,
  { type, typeName }: DescribedField,
  types: DescribedTypes,
  where: string,
): unknown {
  switch (type) {
    case 'TYPE_STRING':
      return typeof value === 'string' ? value : refuse(where, `is ${show(value)}; text is needed`);
    case 'TYPE_BOOL':
      return typeof value === 'boolean'
        ? value
        : refuse(where, `is ${show(value)}; true or false is needed`);
    case 'TYPE_UINT32':
    case 'TYPE_UINT64':
      return readCount(value, type === 'TYPE_UINT32' ? 2n ** 32n - 1n : 2n ** 64n - 1n, where);
    case 'TYPE_DOUBLE':
      return typeof value === 'number'
        ? value
        : refuse(where, `is ${show(value)}; a number is needed`);
    case 'TYPE_ENUM':
      return readEnum(value, types[typeName], where);
    case 'TYPE_MESSAGE': {
      const { [typeName]: nested } = types;
      if (nested !== undefined) {
        return readJsonMessage(value, nested, types, where);
      }
    }
  }
  refuse(where, 'cannot be given in JSON');
}

/** Integers may be written as text, since a JSON number has too few digits for the largest. */
function readCount(value: unknown, most: bigint, where: string): string {
  const isWhole = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  const text = isWhole ? String(value) : typeof value === 'string' ? value : '';
  return /^\d{1,20}$/.test(text) && BigInt(text) <= most
    ? text
    : refuse(where, `is ${show(value)}; a whole number from 0 to ${most} is needed`);
}

function readEnum(value: unknown, described: DescribedType | undefined, where: string): unknown {
  const { value: allowed = [] } = (described?.type ?? {}) as {
    readonly value?: readonly { readonly name: string; readonly number: number }[];
  };
  const found = allowed.find(({ name, number }) => name === value || number === value);
  return found === undefined
    ? refuse(where, `is ${show(value)}; allowed: ${allowed.map(({ name }) => name).join(', ')}`)
    : found.name;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}

/** A JSON value for a message, cut because a client may send megabytes. */
export function show(value: unknown): string {
  if (value === undefined) {
    return 'missing';
  }
  if (Array.isArray(value)) {
    return 'a list';
  }
  if (typeof value === 'object' && value !== null) {
    return 'an object';
  }
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

function refuse(field: string, description: string): never {
  throw invalidRequest([{ field, description }]);
}
