import type { Blueprint } from '../../../src/model/manifest.ts';
import { expectedTensors, toGgufName } from '../../../src/toolchain/checkpoint/config/tensors.ts';
import { countValues } from '../../../src/toolchain/files/tensor-type.ts';
import { type GgufSpec, floats, metadata } from './gguf.ts';

/** The smallest model in which no two dimensions that can differ are equal by accident. */
export const tinyBlueprint: Blueprint = {
  family: 'llama',
  layers: 1,
  width: 8,
  mlpWidth: 6,
  heads: 2,
  kvHeads: 1,
  headDim: 4,
  vocabulary: 5,
  ropeTheta: 10_000,
  normEpsilon: 2 ** -20,
  qkNorm: false,
  qkvBias: false,
  tiedHead: true,
  rowTokens: 512,
};

/** Whole numbers, different for each tensor. */
export function tinyValues(index: number, shape: readonly number[]): number[] {
  return Array.from({ length: countValues(shape) }, (_, at) => 1000 * index + at);
}

export function tinyConfig(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    architectures: ['LlamaForCausalLM'],
    hidden_act: 'silu',
    hidden_size: tinyBlueprint.width,
    intermediate_size: tinyBlueprint.mlpWidth,
    max_position_embeddings: tinyBlueprint.rowTokens,
    num_attention_heads: tinyBlueprint.heads,
    num_hidden_layers: tinyBlueprint.layers,
    num_key_value_heads: tinyBlueprint.kvHeads,
    rms_norm_eps: tinyBlueprint.normEpsilon,
    rope_theta: tinyBlueprint.ropeTheta,
    tie_word_embeddings: tinyBlueprint.tiedHead,
    vocab_size: tinyBlueprint.vocabulary,
    ...overrides,
  };
}

/** The same model as a GGUF file, F32. */
export function tinyGguf(blueprint: Blueprint = tinyBlueprint): GgufSpec {
  const key = (name: string) => `${blueprint.family}.${name}`;
  return {
    metadata: [
      metadata.string('general.architecture', blueprint.family),
      metadata.uint32(key('block_count'), blueprint.layers),
      metadata.uint32(key('context_length'), blueprint.rowTokens),
      metadata.uint32(key('embedding_length'), blueprint.width),
      metadata.uint32(key('feed_forward_length'), blueprint.mlpWidth),
      metadata.uint32(key('attention.head_count'), blueprint.heads),
      metadata.uint32(key('attention.head_count_kv'), blueprint.kvHeads),
      metadata.uint32(key('attention.key_length'), blueprint.headDim),
      metadata.uint32(key('attention.value_length'), blueprint.headDim),
      metadata.float32(key('attention.layer_norm_rms_epsilon'), blueprint.normEpsilon),
      metadata.float32(key('rope.freq_base'), blueprint.ropeTheta),
    ],
    tensors: [...expectedTensors(blueprint)].map(([name, shape], index) => ({
      name: toGgufName(name),
      shape,
      bytes: floats(tinyValues(index, shape)),
    })),
  };
}

export interface SafetensorsSpec {
  /** Header entries, right or wrong. */
  readonly header: Readonly<Record<string, unknown>>;
  readonly data: Uint8Array;
}

/** Tensors one behind the other, F32. */
export function safetensorsSpec(
  tensors: Iterable<readonly [string, readonly number[]]>,
  firstIndex = 0,
): SafetensorsSpec {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const [name, shape] of tensors) {
    const bytes = floats(tinyValues(firstIndex + parts.length, shape));
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + bytes.length] };
    parts.push(bytes);
    end += bytes.length;
  }
  return { header, data: Buffer.concat(parts) };
}

export function safetensorsBytes({ header, data }: SafetensorsSpec): Buffer {
  return rawSafetensors(JSON.stringify(header), data);
}

export function rawSafetensors(header: string | Uint8Array, data: Uint8Array): Buffer {
  const bytes = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([length, bytes, data]);
}
