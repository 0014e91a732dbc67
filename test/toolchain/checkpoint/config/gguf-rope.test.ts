import { afterAll, describe, expect, test } from '@jest/globals';
import { parseBlueprint } from '../../../../src/toolchain/checkpoint/config/blueprint.ts';
import { openCheckpoint } from '../../../../src/toolchain/checkpoint/open-checkpoint.ts';
import { asObject } from '../../../../src/toolchain/files/limited-json.ts';
import { ScratchFolder } from '../../../support/checkpoints/folder.ts';
import { floats, type GgufSpec, ggufBytes, metadata } from '../../../support/checkpoints/gguf.ts';
import { tinyBlueprint, tinyConfig, tinyGguf } from '../../../support/checkpoints/tiny.ts';

const scratch = new ScratchFolder();
afterAll(() => scratch.remove());

const tiny = tinyGguf();
const writeGguf = (spec: GgufSpec) => scratch.write('tiny.gguf', ggufBytes(spec));
const withMetadata = (...entries: GgufSpec['metadata']): GgufSpec => {
  return { ...tiny, metadata: [...tiny.metadata, ...entries] };
};

describe('the rope of a GGUF file', () => {
  const key = (name: string) => `llama.rope.${name}`;
  const factor = metadata.float32(key('scaling.factor'), 4);
  const type = (name: string) => metadata.string(key('scaling.type'), name);
  const factors = { name: 'rope_freqs.weight', shape: [2], bytes: floats([1, 8]) };
  const divided = (divisors: number[], attentionFactor = 1) => ({ divisors, attentionFactor });

  test.each<[string, GgufSpec, object | undefined]>([
    ['a factor without a type is linear', withMetadata(factor), divided([4, 4])],
    ['linear', withMetadata(type('linear'), factor), divided([4, 4])],
    ['the old key', withMetadata(metadata.float32(key('scale_linear'), 2)), divided([2, 2])],
    ['a factor of the type none', withMetadata(type('none'), factor), undefined],
    ['a factor of 0', withMetadata(metadata.float32(key('scaling.factor'), 0)), undefined],
    [
      'the factor of attention',
      withMetadata(metadata.float32(key('scaling.attn_factor'), 0.5)),
      divided([1, 1], 0.5),
    ],
    ['factors by frequency', { ...tiny, tensors: [...tiny.tensors, factors] }, divided([1, 8])],
  ])('reads %s', async (_, spec, expected) => {
    const checkpoint = await openCheckpoint(writeGguf(spec));
    expect(checkpoint.blueprint).toEqual({ ...tinyBlueprint, ropeScaling: expected });
    await checkpoint.close();
  });

  test("reads yarn's options as a config.json has them", async () => {
    const spec = withMetadata(
      type('yarn'),
      factor,
      metadata.uint32(key('scaling.original_context_length'), 128),
      metadata.float32(key('scaling.yarn_attn_factor'), 0.5),
      metadata.float32(key('scaling.yarn_beta_fast'), 16),
      metadata.float32(key('scaling.yarn_beta_slow'), 0.5),
    );
    const checkpoint = await openCheckpoint(writeGguf(spec));
    const rope_scaling = {
      rope_type: 'yarn',
      factor: 4,
      original_max_position_embeddings: 128,
      attention_factor: 0.5,
      beta_fast: 16,
      beta_slow: 0.5,
    };
    const config = asObject(tinyConfig({ rope_scaling }), 'config.json');
    expect(checkpoint.blueprint).toEqual(parseBlueprint(config, 'config.json'));
    await checkpoint.close();
  });
});
