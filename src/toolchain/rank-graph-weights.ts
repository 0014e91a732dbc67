import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Blueprint, FileEntry } from '../manifest.ts';
import { type Checkpoint, CheckpointError } from './checkpoint.ts';
import { toHalf } from './onnx/half.ts';
import type { Initializer } from './onnx/model-proto.ts';
import { WeightsFile } from './onnx/weights-file.ts';

/** Names of the graph's weights: the checkpoint's own, linears stored [in, out]. */
export const weightNames = {
  embedding: 'model.embed_tokens.weight',
  finalNorm: 'model.norm.weight',
  /** Rows yes and no of the head, stored [width, 2]. */
  labels: 'labels',
  rotaryCos: 'rotary.cos',
  rotarySin: 'rotary.sin',
  layer(index: number) {
    const layer = `model.layers.${index}`;
    return {
      inputNorm: `${layer}.input_layernorm.weight`,
      q: `${layer}.self_attn.q_proj.weight`,
      k: `${layer}.self_attn.k_proj.weight`,
      v: `${layer}.self_attn.v_proj.weight`,
      o: `${layer}.self_attn.o_proj.weight`,
      qBias: `${layer}.self_attn.q_proj.bias`,
      kBias: `${layer}.self_attn.k_proj.bias`,
      vBias: `${layer}.self_attn.v_proj.bias`,
      qNorm: `${layer}.self_attn.q_norm.weight`,
      kNorm: `${layer}.self_attn.k_norm.weight`,
      mlpNorm: `${layer}.post_attention_layernorm.weight`,
      gate: `${layer}.mlp.gate_proj.weight`,
      up: `${layer}.mlp.up_proj.weight`,
      down: `${layer}.mlp.down_proj.weight`,
    };
  },
} as const;

/** One tensor of the checkpoint on its way into the graph. */
interface WeightPlan {
  readonly name: string;
  readonly shape: readonly number[];
  /** `labels` takes two rows and stores them [in, 2]. */
  readonly store: 'as-is' | 'transposed' | 'labels';
}

export interface WeightOptions {
  readonly precision: 'fp32' | 'fp16';
  readonly labelIds: readonly [yes: number, no: number];
  readonly path: string;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface WrittenWeights {
  readonly initializers: readonly Initializer[];
  readonly file: FileEntry;
  /** Of the whole model, a tied head counted once. */
  readonly parameters: number;
}

/** Copies the model's weights into one file of the graph's precision, one tensor in memory at a time. */
export async function writeWeights(
  checkpoint: Checkpoint,
  options: WeightOptions,
): Promise<WrittenWeights> {
  const plans = planWeights(checkpoint.blueprint);
  plans.forEach((plan) => assertShape(checkpoint, plan));
  await mkdir(dirname(options.path), { recursive: true });
  const file = await WeightsFile.create(options.path);
  try {
    const writer = new TensorWriter(file, options.precision);
    for (const [done, plan] of plans.entries()) {
      await copyWeight(checkpoint, plan, writer, options.labelIds);
      options.onProgress?.(done + 1, plans.length);
    }
    await writeRotary(checkpoint.blueprint, writer);
    const parameters = new Map(plans.map(({ name, shape }) => [name, size(shape)]));
    return {
      initializers: writer.initializers,
      file: await file.finish(),
      parameters: [...parameters.values()].reduce((a, b) => a + b, 0),
    };
  } finally {
    await file.abandon();
  }
}

function planWeights(blueprint: Blueprint): WeightPlan[] {
  const { width, vocabulary, tiedHead } = blueprint;
  const head = tiedHead ? weightNames.embedding : 'lm_head.weight';
  return [
    { name: weightNames.embedding, shape: [vocabulary, width], store: 'as-is' },
    ...Array.from({ length: blueprint.layers }, (_, layer) => planLayer(blueprint, layer)).flat(),
    { name: weightNames.finalNorm, shape: [width], store: 'as-is' },
    { name: head, shape: [vocabulary, width], store: 'labels' },
  ];
}

function planLayer(blueprint: Blueprint, layer: number): WeightPlan[] {
  const { width, mlpWidth, headDim } = blueprint;
  const names = weightNames.layer(layer);
  const q = blueprint.heads * headDim;
  const kv = blueprint.kvHeads * headDim;
  const vector = (name: string, length: number): WeightPlan => ({
    name,
    shape: [length],
    store: 'as-is',
  });
  const matrix = (name: string, out: number, input: number): WeightPlan => ({
    name,
    shape: [out, input],
    store: 'transposed',
  });
  return [
    vector(names.inputNorm, width),
    matrix(names.q, q, width),
    matrix(names.k, kv, width),
    matrix(names.v, kv, width),
    ...(blueprint.qkvBias
      ? [vector(names.qBias, q), vector(names.kBias, kv), vector(names.vBias, kv)]
      : []),
    ...(blueprint.qkNorm ? [vector(names.qNorm, headDim), vector(names.kNorm, headDim)] : []),
    matrix(names.o, width, q),
    vector(names.mlpNorm, width),
    matrix(names.gate, mlpWidth, width),
    matrix(names.up, mlpWidth, width),
    matrix(names.down, width, mlpWidth),
  ];
}

function assertShape({ shapes, files }: Checkpoint, { name, shape }: WeightPlan): void {
  const found = shapes.get(name);
  if (found?.join() !== shape.join()) {
    throw new CheckpointError(
      `${files.join(', ')}: tensor ${name} is ${found === undefined ? 'missing' : `[${found.join(', ')}]`}; ` +
        `the blueprint needs [${shape.join(', ')}]`,
    );
  }
}

async function copyWeight(
  checkpoint: Checkpoint,
  { name, shape, store }: WeightPlan,
  writer: TensorWriter,
  labelIds: readonly number[],
): Promise<void> {
  const values = await checkpoint.readTensor(name);
  const [rows = 0, columns = 0] = shape;
  if (store === 'labels') {
    const picked = labelIds.map((id) => values.subarray(id * columns, (id + 1) * columns));
    const labels = transpose(concat(picked), picked.length, columns);
    await writer.writePrecise(weightNames.labels, labels, [columns, picked.length]);
  } else if (store === 'transposed') {
    await writer.write(name, transpose(values, rows, columns), [columns, rows]);
  } else if (name === weightNames.finalNorm) {
    await writer.writePrecise(name, values, shape);
  } else {
    await writer.write(name, values, shape);
  }
}

/** cos and sin of position x frequency, [rowTokens, headDim / 2]. Angles in double: late positions lose digits in fp32. */
async function writeRotary(blueprint: Blueprint, writer: TensorWriter): Promise<void> {
  const { rowTokens, headDim, ropeTheta } = blueprint;
  const half = headDim / 2;
  const table = (wave: (angle: number) => number) =>
    Float32Array.from({ length: rowTokens * half }, (_, i) =>
      wave(Math.floor(i / half) * ropeTheta ** (-(i % half) / half)),
    );
  await writer.write(weightNames.rotaryCos, table(Math.cos), [rowTokens, half]);
  await writer.write(weightNames.rotarySin, table(Math.sin), [rowTokens, half]);
}

class TensorWriter {
  readonly initializers: Initializer[] = [];
  readonly #file: WeightsFile;
  readonly #precision: 'fp32' | 'fp16';

  constructor(file: WeightsFile, precision: 'fp32' | 'fp16') {
    this.#file = file;
    this.#precision = precision;
  }

  async write(name: string, values: Float32Array, dims: readonly number[]): Promise<void> {
    if (this.#precision === 'fp32') {
      await this.writePrecise(name, values, dims);
      return;
    }
    const half = toHalf(values);
    if (!half.ok) {
      throw new CheckpointError(
        `tensor ${name}: value ${values[half.index] ?? NaN} at ${half.index} does not fit fp16 (at most 65504); build fp32`,
      );
    }
    const data = await this.#file.append(half.values);
    this.initializers.push({ name, type: 'float16', dims, data });
  }

  /** fp32 in every precision. */
  async writePrecise(name: string, values: Float32Array, dims: readonly number[]): Promise<void> {
    this.initializers.push({ name, type: 'float32', dims, data: await this.#file.append(values) });
  }
}

/** [rows, columns] to [columns, rows], in blocks that fit the cache. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const block = 32;
  const out = new Float32Array(values.length);
  for (let top = 0; top < rows; top += block) {
    for (let left = 0; left < columns; left += block) {
      for (let row = top; row < Math.min(top + block, rows); row++) {
        for (let column = left; column < Math.min(left + block, columns); column++) {
          out[column * rows + row] = values[row * columns + column] ?? 0;
        }
      }
    }
  }
  return out;
}

function concat(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

function size(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
