import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGguf } from './gguf.ts';
import { buildTokenizerJson } from './tokenizer.ts';

/** A checkpoint's tokenizer.json: the folder's own, or one made of a GGUF file's vocabulary. */
export interface CheckpointTokenizer {
  readonly path: string;
  /** Where it came from, for errors. */
  readonly source: string;
  /** Of one that was made: no file of the checkpoint holds it. */
  readonly made: string | undefined;
  close(): Promise<void>;
}

/** The caller closes it. */
export async function openCheckpointTokenizer(from: string): Promise<CheckpointTokenizer> {
  if ((await stat(from)).isDirectory()) {
    const path = join(from, 'tokenizer.json');
    return { path, source: path, made: undefined, close: () => Promise.resolve() };
  }
  const gguf = await openGguf(from);
  await gguf.close();
  const made = buildTokenizerJson(gguf);
  const folder = await mkdtemp(join(tmpdir(), 'slmrank-tokenizer-'));
  const path = join(folder, 'tokenizer.json');
  await writeFile(path, made);
  const source = `the tokenizer of ${from}`;
  return { path, source, made, close: () => rm(folder, { recursive: true, force: true }) };
}
