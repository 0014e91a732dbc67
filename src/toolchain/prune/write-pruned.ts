import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../files/checkpoint.ts';
import { configFor } from '../checkpoint/checkpoint-config.ts';
import { readJsonFile } from '../files/limited-json.ts';
import { writeCheckpoint, type WrittenType } from '../checkpoint/write-checkpoint.ts';
import type { CheckpointTokenizer } from '../gguf/checkpoint-tokenizer.ts';
import { type PruneReport, reportFile } from './prune-report.ts';

/** Writes a pruned checkpoint with the config and tokenizer of the original, and its report. */
export async function writePruned(
  checkpoint: Checkpoint,
  {
    from,
    to,
    type,
    tokenizer,
    report,
  }: {
    from: string;
    to: string;
    type: WrittenType;
    tokenizer: CheckpointTokenizer;
    report: PruneReport;
  },
): Promise<void> {
  const isFolder = (await stat(from)).isDirectory();
  const original = isFolder ? await readJsonFile(join(from, 'config.json')) : undefined;
  await writeCheckpoint(to, {
    config: configFor(checkpoint.blueprint, type, original),
    tensors: [...checkpoint.shapes].map(([name, shape]) => ({
      name,
      shape,
      type,
      read: () => checkpoint.readTensor(name),
    })),
    copyFrom: isFolder ? from : undefined,
    texts: new Map([
      [reportFile, `${JSON.stringify(report, undefined, 2)}\n`],
      ...(tokenizer.made === undefined ? [] : madeTokenizer(tokenizer.made)),
    ]),
  });
}

/** Transformers needs a tokenizer_config.json beside the tokenizer.json. */
function madeTokenizer(text: string): readonly (readonly [string, string])[] {
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
  };
  return [
    ['tokenizer.json', text],
    ['tokenizer_config.json', `${JSON.stringify(config, undefined, 2)}\n`],
  ];
}
