import { join } from 'node:path';
import { type Checkpoint, quote, refuse, within } from '../files/checkpoint.ts';
import { type JsonObject, readJsonFile } from '../files/limited-json.ts';
import { readValues } from '../files/checkpoint-file.ts';
import { addLowRank } from '../numerics/float-matrix.ts';
import { openSafetensors, type SafetensorsFile } from '../files/safetensors.ts';

const configFile = 'adapter_config.json';
const weightsFile = 'adapter_model.safetensors';
/** The files of an adapter's folder, as PEFT names them. */
export const adapterFiles = [configFile, weightsFile] as const;
/** Common ranks are 4 to 256. */
const maxRank = 4096;

/**
 * PEFT options that change the meaning of the two matrices, with a test for the values that are
 * supported.
 */
const plainOptions: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ['use_dora', isOff],
  ['use_qalora', isOff],
  ['use_bdlora', isOff],
  ['arrow_config', isOff],
  ['kasa_config', isOff],
  ['velora_config', isOff],
  ['monteclora_config', isOff],
  ['fan_in_fan_out', isOff],
  ['lora_bias', isOff],
  ['rank_pattern', isOff],
  ['alpha_pattern', isOff],
  ['modules_to_save', isOff],
  ['layer_replication', isOff],
  ['trainable_token_indices', isOff],
  ['target_parameters', isOff],
  ['bias', (value: unknown) => isOff(value) || value === 'none'],
  // Other values change the weights of the checkpoint before training.
  ['init_lora_weights', (value: unknown) => isOff(value) || value === true || value === 'gaussian'],
]);

interface Form {
  readonly rank: number;
  /** The factor of the product of the two matrices. */
  readonly scale: number;
}

interface Factors {
  /** [rank, in] */
  readonly down: string;
  /** [out, rank] */
  readonly up: string;
}

/**
 * A checkpoint with a low-rank adapter (LoRA, arXiv 2106.09685) merged into its matrices: W + s B A
 * in fp32, where s is alpha / rank, or alpha / sqrt(rank) with rsLoRA. `folder` holds what PEFT
 * saves: adapter_config.json and adapter_model.safetensors. Closing the result closes both; on
 * failure `checkpoint` is closed too.
 *
 * @throws CheckpointError naming file, field or tensor, what was found and what is allowed.
 */
export async function withAdapter(checkpoint: Checkpoint, folder: string): Promise<Checkpoint> {
  let file: SafetensorsFile | undefined;
  try {
    const path = join(folder, configFile);
    const form = parseConfig(await readJsonFile(path), path);
    file = await openSafetensors(join(folder, weightsFile));
    return merged(checkpoint, file, findFactors(checkpoint, file, form.rank), form);
  } catch (error) {
    await Promise.all([checkpoint.close(), file?.source.close()]);
    throw error;
  }
}

function merged(
  checkpoint: Checkpoint,
  file: SafetensorsFile,
  factors: ReadonlyMap<string, Factors>,
  form: Form,
): Checkpoint {
  return {
    ...checkpoint,
    readTensor: async (name) => {
      const values = await checkpoint.readTensor(name);
      const found = factors.get(name);
      if (found !== undefined) {
        addLowRank(values, await read(file, found.up), await read(file, found.down), form);
      }
      return values;
    },
    // The stored integers no longer equal the merged weights.
    readQuantized: async (name) => (factors.has(name) ? undefined : checkpoint.readQuantized(name)),
    close: async () => {
      await Promise.all([checkpoint.close(), file.source.close()]);
    },
  };
}

async function read({ source, tensors }: SafetensorsFile, name: string): Promise<Float32Array> {
  const tensor = tensors.get(name);
  return tensor === undefined
    ? refuse(source.name, `tensor ${quote(name)}`, undefined, 'both factors of a matrix')
    : readValues(source, tensor);
}

function parseConfig(config: JsonObject, file: string): Form {
  const kind = config.get('peft_type');
  if (kind !== 'LORA') {
    refuse(within(file, 'peft_type'), 'the kind', kind, '"LORA"');
  }
  for (const [name, isPlain] of plainOptions) {
    if (!isPlain(config.get(name))) {
      refuse(within(file, name), 'the option', config.get(name), 'none, or off');
    }
  }
  const rank = config.get('r');
  if (typeof rank !== 'number' || !Number.isInteger(rank) || rank < 1 || rank > maxRank) {
    return refuse(within(file, 'r'), 'the rank', rank, `1 to ${maxRank}`);
  }
  const alpha = config.get('lora_alpha');
  if (typeof alpha !== 'number' || !Number.isFinite(alpha)) {
    return refuse(within(file, 'lora_alpha'), 'the value', alpha, 'a number');
  }
  return { rank, scale: alpha / (config.get('use_rslora') === true ? Math.sqrt(rank) : rank) };
}

/** Whether an option is absent, false, null or empty. */
function isOff(value: unknown): boolean {
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return value === undefined || value === null || value === false || isEmpty;
}

/**
 * The factors of each matrix, by its name in the checkpoint. Every tensor of the adapter must
 * belong to one.
 */
function findFactors(
  checkpoint: Checkpoint,
  { source, tensors }: SafetensorsFile,
  rank: number,
): ReadonlyMap<string, Factors> {
  const factors = new Map<string, Factors>();
  for (const { name, shape } of tensors.values()) {
    const where = within(source.name, `tensor ${quote(name)}`);
    const [, stem = '', side] = /^base_model\.model\.(.+)\.lora_([AB])\.weight$/.exec(name) ?? [];
    const target = `${stem}.weight`;
    const [out, width] = matrixShape(checkpoint, target) ?? [];
    if (side === undefined || out === undefined || width === undefined) {
      return refuse(where, 'the matrix', target, 'lora_A and lora_B of matrices of the checkpoint');
    }
    const wanted = side === 'A' ? [rank, width] : [out, rank];
    if (shape.join() !== wanted.join()) {
      refuse(where, 'the shape', shape, `[${wanted.join(', ')}]`);
    }
    const named = (letter: string) => `base_model.model.${stem}.lora_${letter}.weight`;
    factors.set(target, { down: named('A'), up: named('B') });
  }
  for (const { down, up } of factors.values()) {
    for (const name of [down, up].filter((each) => !tensors.has(each))) {
      refuse(source.name, `tensor ${quote(name)}`, undefined, 'both factors of a matrix');
    }
  }
  return factors.size > 0 ? factors : refuse(source.name, 'the adapter', 'empty', 'some matrices');
}

function matrixShape({ shapes }: Checkpoint, name: string): readonly number[] | undefined {
  const shape = shapes.get(name);
  return shape?.length === 2 ? shape : undefined;
}
