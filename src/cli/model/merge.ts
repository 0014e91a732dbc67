import { resolve } from 'node:path';
import { mergeCheckpoint } from '../../toolchain/checkpoint/merge-checkpoint.ts';
import { writtenTypes } from '../../toolchain/checkpoint/write-checkpoint.ts';
import { parseOnlyOptions, UsageError } from '../shared/usage.ts';
import { watchProgress } from '../shared/watch-progress.ts';

const usage = `Usage: slmrank model merge --from FOLDER --to FOLDER [--adapter FOLDER] [--type TYPE]

Writes a checkpoint as one whole that transformers, 'slmrank model prune' and 'model quantize' read: a low-rank adapter
(LoRA) merged into its weights, a compact checkpoint's integers multiplied out.

  --from FOLDER     a Hugging Face folder with config.json, safetensors and tokenizer.json, compact or not
  --to FOLDER       where to; a merged checkpoint there is replaced once the new one is complete
  --adapter FOLDER  adapter_config.json and adapter_model.safetensors, as PEFT saves them
  --type TYPE       ${writtenTypes.join(', ')} (default: F32)
`;

const text = { type: 'string' } as const;
const options = { from: text, to: text, adapter: text, type: text } as const;

export async function run(args: readonly string[]): Promise<number> {
  const values = parseOnlyOptions(args, usage, options);
  if (values.from === undefined || values.to === undefined) {
    throw new UsageError(`--from and --to are needed\n\n${usage.trimEnd()}`);
  }
  const to = resolve(values.to);
  await mergeCheckpoint({
    from: resolve(values.from),
    to,
    adapter: values.adapter === undefined ? undefined : resolve(values.adapter),
    type: parseType(values.type ?? 'F32'),
    onProgress: watchProgress('tensors'),
  });
  process.stdout.write(`merged into ${to}\n`);
  return 0;
}

function parseType(type: string) {
  const found = writtenTypes.find((each) => each === type);
  if (found === undefined) {
    throw new UsageError(`--type is '${type}'; one of ${writtenTypes.join(', ')} is needed`);
  }
  return found;
}
