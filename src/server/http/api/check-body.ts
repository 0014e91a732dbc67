import type { TSchema } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors';
import { invalidRequest } from '../../../desk/violations.ts';
import { show } from '../../wire/json-message.ts';

/** Checks bodies against a schema. Returns a function that throws on the first fault of a body. */
export function bodyChecker(schema: TSchema): (body: unknown) => void {
  const compiled = TypeCompiler.Compile(schema);
  return (body) => {
    if (!compiled.Check(body)) {
      const fault = compiled.Errors(body).First();
      throw invalidRequest([
        { field: fieldOf(fault?.path ?? ''), description: describe(fault, body) },
      ]);
    }
  };
}

/** `/documents/3/text` becomes `documents[3].text`. */
function fieldOf(path: string): string {
  return path === ''
    ? 'body'
    : path
        .slice(1)
        .replace(/\/(\d+)/g, '[$1]')
        .replaceAll('/', '.');
}

function describe(fault: ValueError | undefined, body: unknown): string {
  if (fault === undefined) {
    return 'has the wrong form';
  }
  if (fault.type === ValueErrorType.ObjectRequiredProperty) {
    return 'is missing';
  }
  const value: unknown = fault.path === '' ? body : fault.value;
  return `is ${show(value)}; ${expectation(fault.schema)}`;
}

function expectation(schema: TSchema): string {
  return `needed: ${[...new Set(kindsOf(schema))].join(' or ')}`;
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

interface SchemaWords {
  readonly anyOf?: readonly TSchema[];
  readonly type?: string;
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
}

function kindsOf(schema: TSchema): readonly string[] {
  const { anyOf, type = '', const: only, minimum, maximum } = schema as SchemaWords;
  if (anyOf !== undefined) {
    return anyOf.flatMap(kindsOf);
  }
  if (only !== undefined) {
    return [JSON.stringify(only)];
  }
  const { [type]: word } = words;
  const least = minimum === undefined ? '' : ` of at least ${minimum}`;
  const most = maximum === undefined ? '' : ` and at most ${maximum}`;
  return word === undefined ? [] : [`${word}${least}${most}`];
}
