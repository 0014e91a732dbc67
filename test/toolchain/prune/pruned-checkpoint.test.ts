import { describe, expect, it } from '@jest/globals';
import { keepLayers, replaceTensors } from '../../../src/toolchain/prune/pruned-checkpoint.ts';
import { randomCheckpoint, tinyBlueprint } from '../../support/models/tiny-model.ts';

describe('a checkpoint with some of its layers', () => {
  const whole = randomCheckpoint(tinyBlueprint('qwen3'));

  it('renumbers them and keeps the other tensors', async () => {
    const some = keepLayers(whole, [0, 2]);
    expect(some.blueprint.layers).toBe(2);
    expect([...some.shapes.keys()].filter((name) => name.includes('layers.2'))).toEqual([]);
    const tensor = 'self_attn.q_norm.weight';
    expect(await some.readTensor(`model.layers.1.${tensor}`)).toEqual(
      await whole.readTensor(`model.layers.2.${tensor}`),
    );
    expect(await some.readTensor('model.norm.weight')).toEqual(
      await whole.readTensor('model.norm.weight'),
    );
  });

  it('reads replaced tensors in place of its own', async () => {
    const data = Float32Array.of(1, 2);
    const layers = [new Map(), new Map([['mlp.up_proj.weight', { data, dims: [1, 2] }]])];
    const replaced = replaceTensors(whole, { ...whole.blueprint, mlpWidth: 1 }, layers);
    expect(await replaced.readTensor('model.layers.1.mlp.up_proj.weight')).toBe(data);
    expect(await replaced.readTensor('model.layers.0.mlp.up_proj.weight')).toEqual(
      await whole.readTensor('model.layers.0.mlp.up_proj.weight'),
    );
    expect(replaced.shapes.get('model.layers.0.mlp.up_proj.weight')).toEqual([1, 48]);
  });
});
