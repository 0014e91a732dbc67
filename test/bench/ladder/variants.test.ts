import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type BenchModel, smolBlueprint, writeLadderGraphs } from '../../../bench/ladder/model.ts';
import {
  graphOf,
  open,
  planVariant,
  runPlan,
  type VariantName,
  variantNames,
} from '../../../bench/ladder/variants.ts';
import { parseShape } from '../../../bench/ladder/work.ts';
import { at } from '../../../src/base/at.ts';
import type { TokenPart } from '../../../src/batch/packed-batch.ts';
import { buildTinyModel, tinyLabelIds } from '../../support/models/tiny-model.ts';

const { prefix, suffixes } = parseShape('7+6x9', 96).part;
/** Of several lengths, the longest first: runs have another order. */
const part: TokenPart = {
  prefix,
  suffixes: suffixes.map((suffix, i) => suffix.subarray(0, 9 - i)),
};
/** Forces several runs. */
const tokenBudget = 32;

async function scoreAll(model: BenchModel, names: readonly VariantName[]) {
  const graphs = await writeLadderGraphs(model, join(model.dir, 'graphs'));
  const scores: (readonly number[])[] = [];
  for (const name of names) {
    const session = await open(graphOf(name, model, graphs), 1);
    scores.push(await runPlan(session, planVariant(name, part, { model, tokenBudget })));
    await session.release();
  }
  return scores;
}

describe('the variants', () => {
  // qwen2 has biases and an untied head, of which the built model keeps the label rows only.
  it.each([
    ['llama', variantNames],
    ['qwen3', variantNames],
    ['qwen2', ['labels', 'packed', 'shared']],
  ] as const)('give equal scores, in the order of the request (%s)', async (family, names) => {
    const tiny = await buildTinyModel(family);
    const file = { graphFile: tiny.graph.file, labelIds: tinyLabelIds, encoder: undefined };
    const scores = await scoreAll({ ...tiny, ...file, description: family }, names);
    await rm(tiny.dir, { recursive: true });
    const last = at(scores, scores.length - 1);
    expect(new Set(last.map((margin) => margin.toFixed(3))).size).toBe(6);
    for (const own of scores) {
      expect(own).toHaveLength(6);
      own.forEach((margin, i) => {
        expect(margin).toBeCloseTo(at(last, i), 4);
      });
    }
  });

  it('count padding where there is some', () => {
    const model: BenchModel = {
      description: 'never run',
      dir: '',
      graphFile: '',
      blueprint: smolBlueprint,
      attentionGroups: 4,
      labelIds: [1, 2],
      encoder: undefined,
    };
    const tokensOf = (name: VariantName) => {
      const { tokens, paddingTokens } = planVariant(name, part, { model, tokenBudget });
      return [tokens, paddingTokens];
    };
    // Six pairs of 16 to 11 tokens: two to a run, which is padded to its longest.
    expect(tokensOf('stock')).toEqual([84, 3]);
    expect(tokensOf('packed')).toEqual([81, 0]);
    // Two runs of 7 + 19 or 20 tokens.
    expect(tokensOf('shared')).toEqual([53, 0]);
  });
});
