import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '../../../src/toolchain/checkpoint/open-checkpoint.ts';
import { writeCheckpoint } from '../../../src/toolchain/checkpoint/write-checkpoint.ts';
import type { Blueprint } from '../../../src/model/manifest.ts';

/**
 * Writes a model's weights in fp32 as a Hugging Face folder, which the other engines read or
 * convert. They are the values that slmrank's own fp32 graph is built from.
 *
 * @param from a GGUF file, or a Hugging Face folder, compact or not
 */
export async function writeHuggingFace(from: string, to: string): Promise<void> {
  if (
    await stat(join(to, marker)).then(
      () => true,
      () => false,
    )
  ) {
    return;
  }
  const checkpoint = await openCheckpoint(from);
  try {
    const tensors = [...checkpoint.shapes].map(([name, shape]) => {
      const read = () => checkpoint.readTensor(name);
      return { name, shape, type: 'F32', read } as const;
    });
    const config = huggingFaceConfig(checkpoint.blueprint);
    await writeCheckpoint(to, { config, tensors, texts: new Map([[marker, `${from}\n`]]) });
  } finally {
    await checkpoint.close();
  }
}

const marker = 'written-by-bench-peers.txt';

/** @throws Error when the family is not Llama: the bench measures no other. */
export function huggingFaceConfig(blueprint: Blueprint): Readonly<Record<string, unknown>> {
  if (blueprint.family !== 'llama' || !blueprint.tiedHead) {
    throw new Error(
      `the model is of the family ${blueprint.family}; bench:peers compares Llama models with a tied head`,
    );
  }
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: blueprint.width,
    intermediate_size: blueprint.mlpWidth,
    num_hidden_layers: blueprint.layers,
    num_attention_heads: blueprint.heads,
    num_key_value_heads: blueprint.kvHeads,
    head_dim: blueprint.headDim,
    vocab_size: blueprint.vocabulary,
    max_position_embeddings: blueprint.rowTokens,
    rope_theta: blueprint.ropeTheta,
    rms_norm_eps: blueprint.normEpsilon,
    hidden_act: 'silu',
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: true,
    bos_token_id: null,
    eos_token_id: null,
    pad_token_id: 0,
    dtype: 'float32',
  };
}
