import { describe, expect, it } from '@jest/globals';
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

/** From a tenth to ten times. */
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

  it('computes the same', async () => {
    const [before, after] = await Promise.all(
      [original, foldFactors(original, factors)].map((each) => loadReference(each, tinyLabelIds)),
    );
    const [expected = [], found = []] = [before?.logits(ids), after?.logits(ids)];
    expect(Math.abs((expected[0] ?? NaN) - (expected[1] ?? NaN))).toBeGreaterThan(1e-3);
    expected.forEach((logit, i) => {
      expect(found[i]).toBeCloseTo(logit, 4);
    });
  });

  it.each([
    ['input_layernorm.weight', (at: number) => 1 / (factors[1]?.qkv[at] ?? NaN)],
    ['self_attn.q_proj.weight', (at: number) => factors[1]?.qkv[at % width] ?? NaN],
    ['self_attn.o_proj.weight', (at: number) => factors[1]?.o[at % (heads * headDim)] ?? NaN],
    ['post_attention_layernorm.weight', (at: number) => 1 / (factors[1]?.gateUp[at] ?? NaN)],
    [
      'mlp.up_proj.weight',
      (at: number) =>
        (factors[1]?.gateUp[at % width] ?? NaN) / (factors[1]?.down[Math.floor(at / width)] ?? NaN),
    ],
    ['mlp.down_proj.weight', (at: number) => factors[1]?.down[at % mlpWidth] ?? NaN],
  ])('has %s scaled', async (tensor, factor) => {
    const name = `model.layers.1.${tensor}`;
    const before = await original.readTensor(name);
    const after = await foldFactors(original, factors).readTensor(name);
    before.forEach((value, at) => {
      expect(after[at]).toBeCloseTo(value * factor(at), 3);
    });
  });
});
