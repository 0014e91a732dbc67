import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type BenchModel, writeLadderGraphs } from '../../../bench/ladder/model.ts';
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
import type { Family } from '../../../src/model/manifest.ts';
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

async function withModel<T>(family: Family, use: (model: BenchModel) => Promise<T>): Promise<T> {
  const tiny = await buildTinyModel(family);
  const others = { description: family, labelIds: tinyLabelIds, encoder: undefined };
  try {
    return await use({ ...tiny, ...others });
  } finally {
    await rm(tiny.dir, { recursive: true });
  }
}

describe('the variants', () => {
  // qwen2 has biases and an untied head, of which the built model keeps the label rows only.
  it.each([
    ['llama', variantNames],
    ['qwen3', variantNames],
    ['qwen2', ['labels', 'packed', 'shared']],
  ] as const)('give equal scores, in the order of the request (%s)', async (family, names) => {
    const scores = await withModel(family, (model) => scoreAll(model, names));
    const last = at(scores, scores.length - 1);
    expect(new Set(last.map((margin) => margin.toFixed(3))).size).toBe(6);
    for (const own of scores) {
      expect(own).toHaveLength(6);
      own.forEach((margin, i) => {
        expect(margin).toBeCloseTo(at(last, i), 4);
      });
    }
  });

  it('count padding where there is some', async () => {
    const [stock, packed, shared] = await withModel('llama', (model) => {
      const count = (name: VariantName) => {
        const { tokens, paddingTokens } = planVariant(name, part, { model, tokenBudget });
        return [tokens, paddingTokens];
      };
      return Promise.resolve([count('stock'), count('packed'), count('shared')]);
    });
    // Six pairs of 16 to 11 tokens: two to a run, which is padded to its longest.
    expect(stock).toEqual([84, 3]);
    expect(packed).toEqual([81, 0]);
    // Two runs of 7 + 19 or 20 tokens.
    expect(shared).toEqual([53, 0]);
  });
});
