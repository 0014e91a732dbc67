import type { Blueprint, Family } from '../../model/manifest.ts';
import { CheckpointError } from '../files/checkpoint.ts';
import type { JsonObject } from '../files/limited-json.ts';
import type { WrittenType } from './write-checkpoint.ts';

const architectures: Readonly<Record<Family, string>> = {
  llama: 'Llama',
  qwen2: 'Qwen2',
  qwen3: 'Qwen3',
};

const torchTypes: Readonly<Record<WrittenType, string>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
};

/**
 * Fields of the original that would contradict the new config: transformers 5 writes `dtype` in
 * place of `torch_dtype`, and weights are written unquantized.
 */
const contradicted = ['torch_dtype', 'quantization_config'];

/**
 * The config.json of a checkpoint whose dimensions have changed: the fields of the original, with
 * those of the blueprint replaced. Without an original (GGUF) it has only what a blueprint knows.
 */
export function configFor(
  blueprint: Blueprint,
  type: WrittenType,
  original: JsonObject | undefined,
): Readonly<Record<string, unknown>> {
  const kept = Object.fromEntries(
    [...(original ?? basicConfig(blueprint))].filter(([key]) => !contradicted.includes(key)),
  );
  return {
    ...kept,
    num_hidden_layers: blueprint.layers,
    intermediate_size: blueprint.mlpWidth,
    num_attention_heads: blueprint.heads,
    num_key_value_heads: blueprint.kvHeads,
    // Always written: dropping heads changes width / heads, the default of head_dim.
    head_dim: blueprint.headDim,
    ...(Array.isArray(kept['layer_types']) && {
      layer_types: Array.from({ length: blueprint.layers }, () => 'full_attention'),
    }),
    dtype: torchTypes[type],
  };
}

/** @throws CheckpointError when no config.json can express the blueprint. */
export function assertDescribable({ ropeScaling }: Blueprint): void {
  if (ropeScaling !== undefined) {
    throw new CheckpointError(
      'the rope scaling of a GGUF file cannot be written to a config.json; ' +
        'start from the Hugging Face folder',
    );
  }
}

function basicConfig(blueprint: Blueprint): JsonObject {
  const { classes } = blueprint;
  assertDescribable(blueprint);
  const head = classes === undefined ? 'ForCausalLM' : 'ForSequenceClassification';
  return new Map<string, unknown>([
    ['architectures', [`${architectures[blueprint.family]}${head}`]],
    ...(classes ? [['id2label', Object.fromEntries(classes.entries())] as const] : []),
    ['model_type', blueprint.family],
    ['hidden_act', 'silu'],
    ['hidden_size', blueprint.width],
    // A blueprint caps rows, so the longer context of a GGUF file is lost here.
    ['max_position_embeddings', blueprint.rowTokens],
    ['rms_norm_eps', blueprint.normEpsilon],
    ['rope_theta', blueprint.ropeTheta],
    ['tie_word_embeddings', blueprint.tiedHead],
    ['vocab_size', blueprint.vocabulary],
  ]);
}
