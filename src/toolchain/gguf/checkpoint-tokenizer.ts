import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGguf } from './gguf.ts';
import { buildTokenizerJson } from './tokenizer.ts';

/** The tokenizer.json of a checkpoint: the file of a folder, or one made from a GGUF file. */
export interface CheckpointTokenizer {
  readonly path: string;
  /** Its origin, for errors. */
  readonly source: string;
  /** The text of a tokenizer.json that was made; undefined when the checkpoint has the file. */
  readonly made: string | undefined;
  close(): Promise<void>;
}

/** Finds or makes the tokenizer.json of a checkpoint. The caller closes it. */
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
