import { describe, expect, it } from '@jest/globals';
import {
  countParameters,
  keepLayers,
  replaceTensors,
} from '../../../src/toolchain/prune/pruned-checkpoint.ts';
import { estimateBytes, planPruned } from '../../../src/toolchain/prune/prune-plan.ts';
import { measureDrift } from '../../../src/toolchain/calibrate/streams.ts';
import { randomCheckpoint, tinyBlueprint } from '../../support/models/tiny-model.ts';

describe('a checkpoint with some of its layers', () => {
  const whole = randomCheckpoint(tinyBlueprint('qwen3'));

  it('numbers them anew and keeps the rest', async () => {
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

  it('has the tensors that replace its own', async () => {
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

describe('the shape that is left', () => {
  const smol = {
    ...tinyBlueprint('llama'),
    layers: 30,
    width: 576,
    mlpWidth: 1536,
    heads: 9,
    kvHeads: 3,
    headDim: 64,
    vocabulary: 49_152,
  };
  const nothing = { mlpKeep: 1, align: 64, dropLayers: 0, kvGroupsDrop: 0 };

  it('counts the parameters of SmolLM2-135M, dense and pruned as in the paper', () => {
    expect(countParameters(smol)).toBe(134_515_008);
    const pruned = planPruned(smol, { ...nothing, mlpKeep: 0.5, dropLayers: 8 });
    expect(pruned).toEqual({ ...smol, layers: 22, mlpWidth: 768 });
    expect(countParameters(pruned)).toBe(76_997_952);
  });

  it.each([
    [0.5, 768],
    [0.51, 768],
    [0.53, 832],
    [0.001, 64],
    [1, 1536],
  ])('keeps a share of %d as %d neurons, a multiple of 64', (mlpKeep, mlpWidth) => {
    expect(planPruned(smol, { ...nothing, mlpKeep }).mlpWidth).toBe(mlpWidth);
  });

  it('leaves a width alone that is no multiple when all of it is kept', () => {
    expect(planPruned({ ...smol, mlpWidth: 1500 }, nothing).mlpWidth).toBe(1500);
    expect(planPruned({ ...smol, mlpWidth: 40 }, { ...nothing, mlpKeep: 0.5 }).mlpWidth).toBe(40);
  });

  it('needs more memory for more tokens, by two streams of fp32', () => {
    const pruned = planPruned(smol, { ...nothing, mlpKeep: 0.5 });
    const bytes = (tokens: number) => estimateBytes(smol, pruned, tokens);
    expect(bytes(2000) - bytes(1000)).toBe(1000 * 576 * 2 * 4);
  });
});

describe('drift', () => {
  it('is the divergence computed by hand', () => {
    // p = 1/2 to 3/4: (ln(2/3) + ln 2) / 2; the margin moves by ln 3.
    const drift = measureDrift([0, 0], [0, Math.log(3)]);
    expect(drift.divergence).toBeCloseTo((Math.log(2 / 3) + Math.log(2)) / 4, 12);
    expect(drift.marginChange).toBeCloseTo(Math.log(3) / 2, 12);
  });

  it('stays finite where probabilities round to nothing', () => {
    expect(measureDrift([800], [-800]).divergence).toBeCloseTo(800, 6);
    expect(measureDrift([800], [800]).divergence).toBe(0);
  });
});
