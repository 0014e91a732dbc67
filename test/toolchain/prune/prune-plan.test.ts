import { describe, expect, it } from '@jest/globals';
import { estimateBytes, planPruned } from '../../../src/toolchain/prune/prune-plan.ts';
import { countParameters } from '../../../src/toolchain/prune/pruned-checkpoint.ts';
import { tinyBlueprint } from '../../support/models/tiny-model.ts';

describe('the plan of a pruned model', () => {
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
  ])('keeps a share of %d as %d neurons, rounded to a multiple of 64', (mlpKeep, mlpWidth) => {
    expect(planPruned(smol, { ...nothing, mlpKeep }).mlpWidth).toBe(mlpWidth);
  });

  it('does not round a width that is kept whole, and never exceeds the width', () => {
    expect(planPruned({ ...smol, mlpWidth: 1500 }, nothing).mlpWidth).toBe(1500);
    expect(planPruned({ ...smol, mlpWidth: 40 }, { ...nothing, mlpKeep: 0.5 }).mlpWidth).toBe(40);
  });

  it('needs more memory for more tokens, by two streams of fp32', () => {
    const pruned = planPruned(smol, { ...nothing, mlpKeep: 0.5 });
    const bytes = (tokens: number) => estimateBytes(smol, pruned, tokens);
    expect(bytes(2000) - bytes(1000)).toBe(1000 * 576 * 2 * 4);
  });
});
