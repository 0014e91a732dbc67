import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { openCheckpoint } from '../../../../src/toolchain/checkpoint/open-checkpoint.ts';
import { refusalOf, ScratchFolder } from '../../../support/checkpoints/folder.ts';
import {
  floats,
  type GgufSpec,
  ggufBytes,
  metadata,
  type TensorSpec,
} from '../../../support/checkpoints/gguf.ts';
import { tinyBlueprint, tinyGguf } from '../../../support/checkpoints/tiny.ts';

const scratch = new ScratchFolder();
afterAll(() => scratch.remove());

function writeGguf(spec: GgufSpec): string {
  return scratch.write('tiny.gguf', ggufBytes(spec));
}

const tiny = tinyGguf();

function withoutTensor(name: string): GgufSpec {
  return { ...tiny, tensors: tiny.tensors.filter((tensor) => tensor.name !== name) };
}

function withTensor(tensor: TensorSpec): GgufSpec {
  return { ...tiny, tensors: [...withoutTensor(tensor.name).tensors, tensor] };
}

function withMetadata(...entries: GgufSpec['metadata']): GgufSpec {
  const keys = new Set(entries.map(([key]) => key));
  return { ...tiny, metadata: [...tiny.metadata.filter(([key]) => !keys.has(key)), ...entries] };
}

const eight = floats([1, 2, 3, 4, 5, 6, 7, 8]);
describe('openCheckpoint refuses a GGUF', () => {
  test.each<[string, GgufSpec, RegExp]>([
    [
      'without a tensor',
      withoutTensor('blk.0.ffn_up.weight'),
      /^the tensor "blk.0.ffn_up.weight" is missing from /,
    ],
    ['without an embedding', withoutTensor('token_embd.weight'), /vocabulary is 0/],
    [
      'with another shape',
      withTensor({ name: 'output_norm.weight', shape: [2, 4], bytes: eight }),
      /tensor "output_norm.weight": the shape is \[2,4\]; allowed: \[8\]/,
    ],
    [
      'with a bias that would be ignored',
      withTensor({ name: 'blk.0.attn_q.bias', shape: [8], bytes: eight }),
      /tensor "blk.0.attn_q.bias": the tensor is "present"; allowed: those of a llama model/,
    ],
    [
      'with rope factors of another number',
      withTensor({ name: 'rope_freqs.weight', shape: [8], bytes: eight }),
      /tensor "rope_freqs.weight": the number of values is 8; allowed: 2, half of a head/,
    ],
    [
      'of another architecture',
      withMetadata(metadata.string('general.architecture', 'gpt2')),
      /architecture": the value is "gpt2"; allowed: llama, qwen2, qwen3/,
    ],
    [
      'with more layers than tensors',
      withMetadata(metadata.uint32('llama.block_count', 2)),
      /^the tensor "blk.1.attn_norm.weight" is missing from /,
    ],
    [
      'with 2^32 - 1 layers',
      withMetadata(metadata.uint32('llama.block_count', 2 ** 32 - 1)),
      /layers is 4294967295; allowed: a whole number from 1 to 256/,
    ],
    [
      'with a dimension that is text',
      withMetadata(metadata.string('llama.embedding_length', '8')),
      /"llama.embedding_length": the type is "string"/,
    ],
    [
      'with experts',
      withMetadata(metadata.uint32('llama.expert_count', 8)),
      /"llama.expert_count": the value is 8; allowed: 0/,
    ],
    [
      'with a sliding window',
      withMetadata(metadata.uint32('llama.attention.sliding_window', 511)),
      /sliding_window": the value is 511; allowed: 0, or at least the 512 of a row/,
    ],
    [
      'with attention in both directions',
      withMetadata(['llama.attention.causal', 7, Uint8Array.of(0)]),
      /"llama.attention.causal": the value is false; allowed: true/,
    ],
    [
      'with rope scaled by lists',
      withMetadata(metadata.string('llama.rope.scaling.type', 'longrope')),
      /scaling.type": the value is "longrope"; allowed: none, linear, yarn/,
    ],
    [
      'with yarn in part',
      withMetadata(
        metadata.string('llama.rope.scaling.type', 'yarn'),
        metadata.float32('llama.rope.scaling.yarn_ext_factor', 0.5),
      ),
      /yarn_ext_factor": the value is 0.5; allowed: 1/,
    ],
    [
      'with rope over part of a head',
      withMetadata(metadata.uint32('llama.rope.dimension_count', 2)),
      /dimension_count": the value is 2; allowed: 4/,
    ],
    [
      'with values of another size than keys',
      withMetadata(metadata.uint32('llama.attention.value_length', 8)),
      /value_length": the value is 8; allowed: 4/,
    ],
  ])('%s', async (_, spec, message) => {
    const refusal = await refusalOf(() => openCheckpoint(writeGguf(spec)));
    expect(refusal).toContain(join(scratch.path, 'tiny.gguf'));
    expect(refusal).toMatch(message);
  });
});

describe('parseGgufBlueprint', () => {
  test('accepts a sliding window that no row exceeds', async () => {
    const spec = withMetadata(metadata.uint32('llama.attention.sliding_window', 512));
    const checkpoint = await openCheckpoint(writeGguf(spec));
    expect(checkpoint.blueprint).toEqual(tinyBlueprint);
    await checkpoint.close();
  });

  test('takes the defaults of GGML for absent keys', async () => {
    const absent = ['attention.head_count_kv', 'attention.key_length', 'attention.value_length'];
    const keys = [...absent, 'rope.freq_base'].map((key) => `llama.${key}`);
    const spec = tinyGguf({ ...tinyBlueprint, kvHeads: 2 });
    const kept = spec.metadata.filter(([key]) => !keys.includes(key));
    const checkpoint = await openCheckpoint(writeGguf({ ...spec, metadata: kept }));
    expect(checkpoint.blueprint).toEqual({ ...tinyBlueprint, kvHeads: 2 });
    await checkpoint.close();
  });
});
