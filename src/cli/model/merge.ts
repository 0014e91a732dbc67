import { resolve } from 'node:path';
import { mergeCheckpoint } from '../../toolchain/checkpoint/merge-checkpoint.ts';
import { writtenTypes } from '../../toolchain/checkpoint/write-checkpoint.ts';
import { parseOneOf } from '../shared/option-values.ts';
import { parseOnlyOptions, UsageError } from '../shared/usage.ts';
import { watchProgress } from '../shared/standard-error.ts';

const usage = `Usage: slmrank model merge --from FOLDER --to FOLDER [--adapter FOLDER] [--type TYPE]

Writes a plain checkpoint, as transformers, 'slmrank model prune' and 'slmrank model quantize' read it: with a low-rank
adapter (LoRA) merged into its weights, and with the integers of a compact checkpoint converted to floats.

  --from FOLDER     a Hugging Face folder with config.json, safetensors and tokenizer.json, compact or not
  --to FOLDER       where to write it; a merged checkpoint there is replaced once the new one is complete
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
    type: parseOneOf('type', values.type ?? 'F32', writtenTypes),
    onProgress: watchProgress('tensors'),
  });
  process.stdout.write(`merged into ${to}\n`);
  return 0;
}
