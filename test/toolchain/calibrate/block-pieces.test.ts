import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type BlockPieces,
  openBlockPieces,
  readLayer,
  tensorOf,
} from '../../../src/toolchain/calibrate/block-pieces.ts';
import { randomCheckpoint, tinyBlueprint } from '../../support/models/tiny-model.ts';

const blueprint = { ...tinyBlueprint('qwen2'), width: 2 };

describe('the pieces of a block', () => {
  let pieces: BlockPieces;
  beforeAll(async () => {
    pieces = await openBlockPieces(blueprint, 1);
  });
  afterAll(() => pieces.close());

  it('sum products of channels, and of channels with outputs', async () => {
    const x = Float32Array.of(1, 2, 3, 4);
    expect([...(await pieces.gram(x, 2))]).toEqual([10, 14, 14, 20]);
    const { gram, cross } = await pieces.sums(x, Float32Array.of(1, 0, 0, 1));
    expect([...gram]).toEqual([10, 14, 14, 20]);
    expect([...cross]).toEqual([1, 3, 2, 4]);
  });

  it('add the product with a weight [width, in] to the stream', async () => {
    const weight = { data: Float32Array.of(1, 0, 2, 0, 1, 0), dims: [2, 3] };
    const added = await pieces.apply(Float32Array.of(100, 200), Float32Array.of(1, 2, 3), weight);
    expect([...added]).toEqual([107, 202]);
  });
});

describe('a layer', () => {
  it('has its tensors by the names within it', async () => {
    const checkpoint = randomCheckpoint(tinyBlueprint('qwen2'));
    const layer = await readLayer(checkpoint, 1);
    expect(layer.size).toBe(12);
    const bias = tensorOf(layer, 'self_attn.q_proj.bias');
    expect(bias.dims).toEqual([48]);
    expect(bias.data).toEqual(await checkpoint.readTensor('model.layers.1.self_attn.q_proj.bias'));
    expect(() => tensorOf(layer, 'self_attn.q_norm.weight')).toThrow(
      'the layer has no self_attn.q_norm.weight; this is a bug',
    );
  });
});
