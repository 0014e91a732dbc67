import type { Family } from '../../../model/manifest.ts';
import type { GgufFile } from '../../gguf/gguf.ts';
import { findBoolean, findNumber, findString } from '../../gguf/metadata.ts';
import { asObject, type JsonObject } from '../../files/limited-json.ts';
import { quote, refuse, within } from '../../files/checkpoint.ts';

/** The fields of a config; null counts as absent, as in transformers. */
export class ConfigFields {
  readonly #config: JsonObject;
  readonly #file: string;

  constructor(config: JsonObject, file: string) {
    this.#config = config;
    this.#file = file;
  }

  get(key: string): unknown {
    return this.#config.get(key) ?? undefined;
  }

  get count(): number {
    return this.#config.size;
  }

  where(key: string): string {
    return within(this.#file, quote(key));
  }

  number(key: string, fallback?: number): number {
    const found = this.get(key) ?? fallback;
    return typeof found === 'number'
      ? found
      : refuse(this.where(key), 'the value', found, 'a number');
  }

  /** The fields of a nested object; no fields when it is absent. */
  within(key: string): ConfigFields {
    return new ConfigFields(asObject(this.get(key) ?? {}, this.where(key)), this.where(key));
  }

  /** @throws CheckpointError when the field is present with a value not in `values`. */
  only(key: string, ...values: readonly unknown[]): void {
    const found = this.get(key);
    if (found !== undefined && !values.includes(found)) {
      refuse(
        this.where(key),
        'the value',
        found,
        values.length === 0 ? 'none' : values.map((value) => JSON.stringify(value)).join(', '),
      );
    }
  }
}

/** The metadata under the architecture's own prefix. */
export class ArchitectureFields {
  readonly #gguf: GgufFile;
  readonly #family: Family;

  constructor(gguf: GgufFile, family: Family) {
    this.#gguf = gguf;
    this.#family = family;
  }

  where(key: string): string {
    return within(this.#gguf.source.name, `metadata ${quote(`${this.#family}.${key}`)}`);
  }

  whereTensor(name: string): string {
    return within(this.#gguf.source.name, `tensor ${quote(name)}`);
  }

  number(key: string, fallback?: number): number {
    const found = findNumber(this.#gguf, `${this.#family}.${key}`) ?? fallback;
    return found ?? refuse(this.where(key), 'the value', found, 'a number');
  }

  text(key: string): string | undefined {
    return findString(this.#gguf, `${this.#family}.${key}`);
  }

  flag(key: string): boolean | undefined {
    return findBoolean(this.#gguf, `${this.#family}.${key}`);
  }

  /** @throws CheckpointError when the key is present with another value. */
  only(key: string, value: string | number): void {
    const found = this.#gguf.metadata.get(`${this.#family}.${key}`) ?? value;
    if (found !== value) {
      refuse(this.where(key), 'the value', found, String(value));
    }
  }
}
