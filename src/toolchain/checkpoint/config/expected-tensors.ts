import type { Shape } from '../../files/checkpoint.ts';
import type { Blueprint } from '../../../model/manifest.ts';
import { labelHead } from './label-head.ts';

/** Every tensor a blueprint requires, by Hugging Face name. Linears are [out, in]. The order is that of the model. */
export function expectedTensors(blueprint: Blueprint): ReadonlyMap<string, Shape> {
  const { vocabulary, width, layers } = blueprint;
  const tensors = new Map<string, Shape>([['model.embed_tokens.weight', [vocabulary, width]]]);
  for (let layer = 0; layer < layers; layer++) {
    for (const [name, shape] of expectedLayerTensors(blueprint)) {
      tensors.set(`model.layers.${layer}.${name}`, shape);
    }
  }
  tensors.set('model.norm.weight', [width]);
  const head = labelHead(blueprint);
  // A tied head is the embedding, which keeps its place.
  tensors.set(head.name, head.shape);
  return tensors;
}

function expectedLayerTensors(blueprint: Blueprint): readonly (readonly [string, Shape])[] {
  const { width, mlpWidth, headDim, qkNorm, qkvBias } = blueprint;
  const queries = blueprint.heads * headDim;
  const keys = blueprint.kvHeads * headDim;
  const biases: readonly (readonly [string, Shape])[] = [
    ['self_attn.q_proj.bias', [queries]],
    ['self_attn.k_proj.bias', [keys]],
    ['self_attn.v_proj.bias', [keys]],
  ];
  const norms: readonly (readonly [string, Shape])[] = [
    ['self_attn.q_norm.weight', [headDim]],
    ['self_attn.k_norm.weight', [headDim]],
  ];
  return [
    ['input_layernorm.weight', [width]],
    ['self_attn.q_proj.weight', [queries, width]],
    ['self_attn.k_proj.weight', [keys, width]],
    ['self_attn.v_proj.weight', [keys, width]],
    ...(qkvBias ? biases : []),
    ...(qkNorm ? norms : []),
    ['self_attn.o_proj.weight', [width, queries]],
    ['post_attention_layernorm.weight', [width]],
    ['mlp.gate_proj.weight', [mlpWidth, width]],
    ['mlp.up_proj.weight', [mlpWidth, width]],
    ['mlp.down_proj.weight', [width, mlpWidth]],
  ];
}
