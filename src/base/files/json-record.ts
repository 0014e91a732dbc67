import { messageOf, RankError } from '../errors.ts';

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/**
 * A JSON object that is read field by field, for `parse…` functions of files that others wrote.
 * Every error names the file and the field, what was found and what is allowed.
 */
export class JsonRecord {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #where: string;
  readonly #path: string;

  /** `where` names the file; `path` the record inside it, empty at the top. */
  constructor(value: unknown, where: string, path = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      const at = path === '' ? '' : `'${path}' `;
      throw new RankError(
        'invalid-argument',
        `${where}: ${at}is ${show(value)}; an object is needed`,
      );
    }
    this.#fields = value as Record<string, unknown>;
    this.#where = where;
    this.#path = path;
  }

  /** @throws RankError when `text` is not JSON or not an object. */
  static parse(text: string, where: string): JsonRecord {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      const reason = messageOf(cause);
      throw new RankError('invalid-argument', `${where}: not JSON: ${reason}`, { cause });
    }
    return new JsonRecord(value, where);
  }

  /** A field as it was parsed, for values that have a reader of their own. */
  raw(name: string): unknown {
    return this.#fields[name];
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined && this.#fields[name] !== null;
  }

  /** For fields that may be a record or a plain value. */
  isRecord(name: string): boolean {
    const value = this.#fields[name];
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  }

  text(name: string, pattern = /^/, allowed = 'text'): string {
    const value = this.#fields[name];
    if (typeof value !== 'string' || !pattern.test(value)) {
      this.fail(name, allowed);
    }
    return value;
  }

  /** A name: text that is not blank, or a whole number, which is returned as text. */
  key(name: string): string {
    const value = this.#fields[name];
    return typeof value === 'number' && Number.isSafeInteger(value)
      ? String(value)
      : this.text(name, /\S/, 'text that is not blank, or a whole number,');
  }

  /** A whole number. */
  count(name: string, { min, max }: Bounds = { min: 1, max: Number.MAX_SAFE_INTEGER }): number {
    const value = this.#fields[name];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
      this.fail(name, `a whole number from ${min} to ${max}`);
    }
    return value;
  }

  /** A finite number above zero. */
  amount(name: string): number {
    const value = this.#fields[name];
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
      this.fail(name, 'a number above 0');
    }
    return value;
  }

  /** A finite number of any sign. */
  number(name: string): number {
    const value = this.#fields[name];
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      this.fail(name, 'a finite number');
    }
    return value;
  }

  flag(name: string): boolean {
    const value = this.#fields[name];
    if (typeof value !== 'boolean') {
      this.fail(name, 'true or false');
    }
    return value;
  }

  oneOf<T extends string | number>(name: string, allowed: readonly T[]): T {
    const value = this.#fields[name];
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) {
      this.fail(name, `one of ${allowed.map((each) => JSON.stringify(each)).join(', ')}`);
    }
    return found;
  }

  record(name: string): JsonRecord {
    return new JsonRecord(this.#fields[name], this.#where, this.#pathOf(name));
  }

  records(name: string): JsonRecord[] {
    const at = this.#pathOf(name);
    return this.#list(name).map((each, i) => new JsonRecord(each, this.#where, `${at}[${i}]`));
  }

  /** A list of texts, possibly empty. */
  texts(name: string): string[] {
    return this.#list(name).map((each) => {
      if (typeof each !== 'string') {
        this.fail(name, 'a list of texts');
      }
      return each;
    });
  }

  /** A list of whole numbers within bounds, possibly empty. */
  counts(name: string, { min, max }: Bounds): number[] {
    return this.#list(name).map((each) => {
      if (typeof each !== 'number' || !Number.isSafeInteger(each) || each < min || each > max) {
        this.fail(name, `a list of whole numbers from ${min} to ${max}`);
      }
      return each;
    });
  }

  /** A list of finite numbers, possibly empty. */
  numbers(name: string): number[] {
    return this.#list(name).map((each) => {
      if (typeof each !== 'number' || !Number.isFinite(each)) {
        this.fail(name, 'a list of finite numbers');
      }
      return each;
    });
  }

  /** For files in which a misspelt field would otherwise be ignored. */
  only(names: readonly string[]): void {
    const other = Object.keys(this.#fields).find((name) => !names.includes(name));
    if (other !== undefined) {
      this.refuse(`'${this.#pathOf(other)}' is not a known field; allowed are ${names.join(', ')}`);
    }
  }

  /** For the caller's own rules about a field. */
  fail(name: string, allowed: string): never {
    throw new RankError(
      'invalid-argument',
      `${this.#where}: '${this.#pathOf(name)}' is ${show(this.#fields[name])}; ${allowed} is needed`,
    );
  }

  /** For rules about several fields. */
  refuse(problem: string): never {
    throw new RankError('invalid-argument', `${this.#where}: ${problem}`);
  }

  #list(name: string): unknown[] {
    const value = this.#fields[name];
    if (!Array.isArray(value)) {
      this.fail(name, 'a list');
    }
    return value as unknown[];
  }

  #pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}

/** A value for messages, cut to 80 characters. */
export function show(value: unknown): string {
  if (value === undefined) {
    return 'missing';
  }
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
