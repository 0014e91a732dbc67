import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { at } from '../../../src/base/at.ts';
import { JsonRecord } from '../../../src/base/files/json-record.ts';
import { parseTemplate } from '../../../src/model/manifest.ts';
import type { PromptTemplate } from '../../../src/text/template.ts';
import type { Checkpoint } from '../../../src/toolchain/files/checkpoint.ts';
import { configFor } from '../../../src/toolchain/checkpoint/checkpoint-config.ts';
import type { PruneOptions } from '../../../src/toolchain/prune/prune-model.ts';
import { writeCheckpoint } from '../../../src/toolchain/checkpoint/write-checkpoint.ts';
import { tinyPath } from './hf-tiny.ts';

export function tinyTemplate(): PromptTemplate {
  const path = tinyPath('template.json');
  return parseTemplate(JsonRecord.parse(readFileSync(path, 'utf8'), path));
}

const words = ['nurse', 'night', 'driver', 'welder', 'audits', 'ward', 'fast', 'boats'];

/** `count` calibration lines, all different, every third without a title. */
export function writeLines(dir: string, count: number): string {
  const word = (place: number) => at(words, place % words.length);
  const lines = Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      query: `${word(i)} ${word(3 * i + 1)}`,
      ...(i % 3 > 0 && { title: `${word(i + 2)} ${i}` }),
      text: `${word(5 * i)} ${i} ${word(i + 4)} ${word(7 * i + 2)}`.repeat(1 + (i % 3)),
    }),
  );
  const file = join(dir, 'lines.jsonl');
  writeFileSync(file, lines.join('\n'));
  return file;
}

/** Prunes nothing yet: tests say what. */
export function tinyPruneOptions(dir: string, from: string): PruneOptions {
  return {
    from,
    to: join(dir, 'pruned'),
    mlpKeep: 1,
    align: 8,
    dropLayers: 0,
    kvGroupsDrop: 0,
    drop: 'last',
    calibration: {
      file: writeLines(dir, 40),
      templates: [tinyTemplate()],
      tokens: 4000,
      rowTokens: 128,
      seed: 1,
    },
    labels: ['yes', 'no'],
    type: 'F32',
    threads: 1,
    onLine: () => undefined,
    onProgress: () => undefined,
  };
}

/** A checkpoint as a Hugging Face folder with the tiny tokenizer. */
export async function writeFolder(checkpoint: Checkpoint, dir: string): Promise<string> {
  const to = join(dir, 'made');
  await writeCheckpoint(to, {
    config: configFor(checkpoint.blueprint, 'F32', undefined),
    tensors: [...checkpoint.shapes].map(([name, shape]) => ({
      name,
      shape,
      type: 'F32',
      read: () => checkpoint.readTensor(name),
    })),
    copyFrom: tinyPath('llama'),
    texts: new Map([['made.txt', '']]),
  });
  return to;
}
