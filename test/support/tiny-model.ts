import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Blueprint, Family, Precision } from '../../src/manifest.ts';
import { type Checkpoint, CheckpointError } from '../../src/toolchain/checkpoint.ts';
import { buildRankGraph } from '../../src/toolchain/rank-graph.ts';

/** Tiny random models: the families' shapes with every odd corner, and no files. */

export const tinyLabelIds = [7, 11] as const;

/** Seeded, uniform in [0, 1); good enough to fill tensors (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function tinyBlueprint(family: Family): Blueprint {
  return {
    family,
    layers: 3,
    width: 48,
    mlpWidth: 80,
    heads: 6,
    kvHeads: 2,
    // Qwen3's head size is apart from width / heads.
    headDim: family === 'qwen3' ? 16 : 8,
    vocabulary: 96,
    ropeTheta: family === 'llama' ? 10_000 : 1_000_000,
    normEpsilon: family === 'llama' ? 1e-5 : 1e-6,
    qkNorm: family === 'qwen3',
    qkvBias: family === 'qwen2',
    tiedHead: family !== 'qwen2',
    rowTokens: 256,
  };
}

/** Tensor shapes in the Hugging Face layout. */
export function tensorShapes(blueprint: Blueprint): Map<string, readonly number[]> {
  const { width, mlpWidth, headDim, vocabulary } = blueprint;
  const q = blueprint.heads * headDim;
  const kv = blueprint.kvHeads * headDim;
  const shapes = new Map<string, readonly number[]>([
    ['model.embed_tokens.weight', [vocabulary, width]],
    ['model.norm.weight', [width]],
  ]);
  if (!blueprint.tiedHead) {
    shapes.set('lm_head.weight', [vocabulary, width]);
  }
  for (let layer = 0; layer < blueprint.layers; layer++) {
    const set = (name: string, ...shape: number[]) =>
      shapes.set(`model.layers.${layer}.${name}`, shape);
    set('input_layernorm.weight', width);
    set('post_attention_layernorm.weight', width);
    set('self_attn.q_proj.weight', q, width);
    set('self_attn.k_proj.weight', kv, width);
    set('self_attn.v_proj.weight', kv, width);
    set('self_attn.o_proj.weight', width, q);
    set('mlp.gate_proj.weight', mlpWidth, width);
    set('mlp.up_proj.weight', mlpWidth, width);
    set('mlp.down_proj.weight', width, mlpWidth);
    if (blueprint.qkvBias) {
      set('self_attn.q_proj.bias', q);
      set('self_attn.k_proj.bias', kv);
      set('self_attn.v_proj.bias', kv);
    }
    if (blueprint.qkNorm) {
      set('self_attn.q_norm.weight', headDim);
      set('self_attn.k_norm.weight', headDim);
    }
  }
  return shapes;
}

/** A checkpoint whose tensors are drawn by name and seed whenever they are read: any size, no memory kept. */
export function randomCheckpoint(blueprint: Blueprint, seed = 1): Checkpoint {
  const shapes = tensorShapes(blueprint);
  return {
    blueprint,
    files: [`random ${blueprint.family} (seed ${seed})`],
    shapes,
    readTensor(name) {
      const shape = shapes.get(name);
      return shape === undefined
        ? Promise.reject(new CheckpointError(`no tensor ${name}`))
        : Promise.resolve(randomTensor(name, shape, seed));
    },
    close: () => Promise.resolve(),
  };
}

/** Norms near 1; linears of a scale that keeps activations and attention lively in every layer. */
function randomTensor(name: string, shape: readonly number[], seed: number): Float32Array {
  const random = createRandom(
    Buffer.from(name).reduce((hash, byte) => (hash * 31 + byte) | 0, seed),
  );
  const length = shape.reduce((a, b) => a * b, 1);
  const draw = () => (random() + random() + random() - 1.5) * 2;
  if (name.endsWith('norm.weight')) {
    return Float32Array.from({ length }, () => 1 + 0.2 * draw());
  }
  const isEmbedding = name === 'model.embed_tokens.weight';
  const scale = isEmbedding || shape.length === 1 ? 0.3 : 1.5 / Math.sqrt(shape[1] ?? 1);
  return Float32Array.from({ length }, () => scale * draw());
}

export interface TinyModel {
  readonly dir: string;
  readonly blueprint: Blueprint;
  readonly checkpoint: Checkpoint;
  readonly precision: Precision;
  readonly attentionGroups: number;
  readonly graph: { readonly file: string; readonly bytes: number; readonly sha256: string };
  readonly weights: { readonly file: string; readonly bytes: number; readonly sha256: string };
  readonly parameters: number;
}

/** Builds into a fresh folder under the system's temporary one; the caller removes it. */
export async function buildTinyModel(
  family: Family,
  {
    precision = 'fp32',
    attentionGroups = 4,
    seed = 1,
  }: {
    precision?: Precision;
    attentionGroups?: number;
    seed?: number;
  } = {},
): Promise<TinyModel> {
  const checkpoint = randomCheckpoint(tinyBlueprint(family), seed);
  const dir = await mkdtemp(join(tmpdir(), 'slmrank-tiny-'));
  const built = await buildRankGraph(checkpoint, {
    precision,
    labelIds: tinyLabelIds,
    attentionGroups,
    outDir: dir,
  });
  const { blueprint } = checkpoint;
  return { dir, blueprint, checkpoint, precision, attentionGroups, ...built };
}
