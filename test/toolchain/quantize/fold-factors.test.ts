import { describe, expect, it } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import type { Family } from '../../../src/model/manifest.ts';
import { shareByKeyHead } from '../../../src/toolchain/quantize/channel-factors.ts';
import { foldFactors } from '../../../src/toolchain/quantize/fold-factors.ts';
import { loadReference } from '../../support/models/reference-forward.ts';
import {
  createRandom,
  randomCheckpoint,
  tinyBlueprint,
  tinyLabelIds,
} from '../../support/models/tiny-model.ts';

const ids = Int32Array.from({ length: 40 }, (_, i) => (i * 37) % 96);

/** Factors from 0.1 to 10. */
function randomFactors(length: number, random: () => number): Float32Array {
  return Float32Array.from({ length }, () => 10 ** (2 * random() - 1));
}

describe.each<Family>(['llama', 'qwen2', 'qwen3'])('a %s model with scaled channels', (family) => {
  const blueprint = tinyBlueprint(family);
  const original = randomCheckpoint(blueprint);
  const random = createRandom(3);
  const { layers, width, mlpWidth, heads, headDim } = blueprint;
  const factors = Array.from({ length: layers }, () => ({
    qkv: randomFactors(width, random),
    o: shareByKeyHead(randomFactors(heads * headDim, random), blueprint),
    gateUp: randomFactors(width, random),
    down: randomFactors(mlpWidth, random),
  }));

  const own = at(factors, 1);

  it('computes the same', async () => {
    const [before, after] = await Promise.all(
      [original, foldFactors(original, factors)].map((each) => loadReference(each, tinyLabelIds)),
    );
    const [expected = [], found = []] = [before?.logits(ids), after?.logits(ids)];
    expect(Math.abs(at(expected, 0) - at(expected, 1))).toBeGreaterThan(1e-3);
    expected.forEach((logit, i) => {
      expect(found[i]).toBeCloseTo(logit, 4);
    });
  });

  it.each([
    ['input_layernorm.weight', (i: number) => 1 / at(own.qkv, i)],
    ['self_attn.q_proj.weight', (i: number) => at(own.qkv, i % width)],
    ['self_attn.o_proj.weight', (i: number) => at(own.o, i % (heads * headDim))],
    ['post_attention_layernorm.weight', (i: number) => 1 / at(own.gateUp, i)],
    [
      'mlp.up_proj.weight',
      (i: number) => at(own.gateUp, i % width) / at(own.down, Math.floor(i / width)),
    ],
    ['mlp.down_proj.weight', (i: number) => at(own.down, i % mlpWidth)],
  ])('has %s scaled', async (tensor, factor) => {
    const name = `model.layers.1.${tensor}`;
    const before = await original.readTensor(name);
    const after = await foldFactors(original, factors).readTensor(name);
    before.forEach((value, i) => {
      expect(after[i]).toBeCloseTo(value * factor(i), 3);
    });
  });
});
