import type { Family } from '../../../model/manifest.ts';
import type { GgufFile } from '../../gguf/gguf.ts';
import { findBoolean, findNumber, findString } from '../../gguf/metadata.ts';
import { quote, refuse, within } from '../../files/refuse.ts';

/** Metadata under the architecture's own prefix. */
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

  /** @throws CheckpointError when the key is there and has another value. */
  only(key: string, value: string | number): void {
    const found = this.#gguf.metadata.get(`${this.#family}.${key}`) ?? value;
    if (found !== value) {
      refuse(this.where(key), 'the value', found, String(value));
    }
  }
}
