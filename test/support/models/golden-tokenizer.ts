import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export type GoldenName = 'smollm2' | 'qwen' | 'llama3';

/** A file of test/golden, unpacked. */
export function readGolden(file: string): string {
  return gunzipSync(readFileSync(new URL(`../../golden/${file}.gz`, import.meta.url))).toString();
}

/** The text of a golden tokenizer.json (see test/golden/make_tokenizer.py). */
export function readGoldenTokenizer(name: GoldenName): string {
  return readGolden(`tokenizer-${name}.json`);
}

/** Writes a golden tokenizer.json into a folder of its own until what `use` returns has settled. */
export async function withTokenizerFile<T>(
  name: GoldenName,
  use: (path: string) => T | Promise<T>,
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'slmrank-tokenizer-'));
  try {
    const path = join(dir, 'tokenizer.json');
    writeFileSync(path, readGoldenTokenizer(name));
    return await use(path);
  } finally {
    rmSync(dir, { recursive: true });
  }
}
