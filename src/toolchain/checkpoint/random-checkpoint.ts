import { createRandom } from '../../base/random.ts';
import type { Blueprint } from '../../model/manifest.ts';
import { type Checkpoint, CheckpointError } from '../files/checkpoint.ts';

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
        : Promise.resolve(drawTensor(name, shape, seed));
    },
    close: () => Promise.resolve(),
  };
}

/** In the Hugging Face layout. */
function tensorShapes(blueprint: Blueprint): Map<string, readonly number[]> {
  const { vocabulary, width, layers } = blueprint;
  return new Map<string, readonly number[]>([
    ['model.embed_tokens.weight', [vocabulary, width]],
    ['model.norm.weight', [width]],
    ...(blueprint.tiedHead ? [] : [['lm_head.weight', [vocabulary, width]] as const]),
    ...Array.from({ length: layers }, (_, layer) => layerShapes(blueprint, layer)).flat(),
  ]);
}

function layerShapes(blueprint: Blueprint, layer: number): [string, readonly number[]][] {
  const { width, mlpWidth, headDim } = blueprint;
  const q = blueprint.heads * headDim;
  const kv = blueprint.kvHeads * headDim;
  const shapes: Record<string, readonly number[]> = {
    'input_layernorm.weight': [width],
    'post_attention_layernorm.weight': [width],
    'self_attn.q_proj.weight': [q, width],
    'self_attn.k_proj.weight': [kv, width],
    'self_attn.v_proj.weight': [kv, width],
    'self_attn.o_proj.weight': [width, q],
    'mlp.gate_proj.weight': [mlpWidth, width],
    'mlp.up_proj.weight': [mlpWidth, width],
    'mlp.down_proj.weight': [width, mlpWidth],
    ...(blueprint.qkvBias && {
      'self_attn.q_proj.bias': [q],
      'self_attn.k_proj.bias': [kv],
      'self_attn.v_proj.bias': [kv],
    }),
    ...(blueprint.qkNorm && {
      'self_attn.q_norm.weight': [headDim],
      'self_attn.k_norm.weight': [headDim],
    }),
  };
  return Object.entries(shapes).map(([name, shape]) => [`model.layers.${layer}.${name}`, shape]);
}

/** Norms near 1; linears of a scale that keeps activations and attention lively in every layer. */
function drawTensor(name: string, shape: readonly number[], seed: number): Float32Array {
  const random = createRandom(Buffer.from(name).reduce((h, byte) => (h * 31 + byte) | 0, seed));
  const isNorm = name.endsWith('norm.weight');
  const isSmall = name === 'model.embed_tokens.weight' || shape.length === 1;
  const scale = isNorm ? 0.2 : isSmall ? 0.3 : 1.5 / Math.sqrt(shape[1] ?? 1);
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < values.length; i++) {
    // The sum of three is near enough to normal: mean 0, standard deviation 1.
    values[i] = (isNorm ? 1 : 0) + scale * 2 * (random() + random() + random() - 1.5);
  }
  return values;
}
