import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TokenPart } from '../../../src/batch/packed-batch.ts';
import type { RankSession } from '../../../src/engine/session.ts';
import type { Family, Precision } from '../../../src/model/manifest.ts';
import {
  type GraphPlan,
  lengthsPlan,
  maskedPlan,
} from '../../../src/toolchain/graph/graph-plans.ts';
import {
  largestDifference,
  openTinySession,
  scoreParts,
} from '../../support/models/score-parts.ts';
import { buildTinyModel, createRandom } from '../../support/models/tiny-model.ts';

const random = createRandom(5);
const upTo = (most: number) => Math.floor(random() * (most + 1));
const text = (length: number) => Int32Array.from({ length }, () => upTo(95));
const texts = (...lengths: number[]) => lengths.map(text);

const cases: readonly (readonly [string, readonly TokenPart[]])[] = [
  ['one candidate', [{ prefix: text(9), suffixes: texts(6) }]],
  ['candidates of one token', [{ prefix: text(5), suffixes: texts(1, 1, 1) }]],
  ['ragged candidates', [{ prefix: text(12), suffixes: texts(7, 8, 9, 1, 2, 64, 31, 32, 33) }]],
  ['a long prefix, cut into tiles', [{ prefix: text(150), suffixes: texts(5, 14, 9, 8, 7) }]],
  ['a long candidate, cut into tiles', [{ prefix: text(6), suffixes: texts(3, 4, 120, 5, 4, 3) }]],
  ['no prefix', [{ prefix: text(0), suffixes: texts(4, 11, 4) }]],
  [
    'several requests',
    [
      { prefix: text(9), suffixes: texts(4, 17) },
      { prefix: text(31), suffixes: texts(8) },
      { prefix: text(0), suffixes: texts(3, 3, 40) },
    ],
  ],
  [
    'many shapes',
    Array.from({ length: 12 }, () => ({
      prefix: text(upTo(40)),
      suffixes: texts(...Array.from({ length: 1 + upTo(5) }, () => 1 + upTo(70))),
    })),
  ],
];

const models: { dir: string; session: RankSession }[] = [];

async function open(family: Family, plan: GraphPlan, precision: Precision = 'fp32') {
  const model = await buildTinyModel(family, { plan, precision });
  const session = await openTinySession(model);
  models.push({ dir: model.dir, session });
  return (parts: readonly TokenPart[]) => scoreParts(session, parts, plan);
}

type Score = Awaited<ReturnType<typeof open>>;

afterAll(async () => {
  for (const { dir, session } of models) {
    await session.close();
    await rm(dir, { recursive: true });
  }
});

/** One group: a group whose tiles have one row is multiplied by another kernel on the CPU. */
const oneGroup: GraphPlan = { ...maskedPlan, attentionGroups: 1 };

describe.each<Family>(['llama', 'qwen2', 'qwen3'])('the lengths graph of a %s model', (family) => {
  let masked: Score;
  let four: Score;
  let apart: Score;
  let paired: Score;
  let joined: Score;
  beforeAll(async () => {
    masked = await open(family, oneGroup);
    four = await open(family, maskedPlan);
    apart = await open(family, { ...lengthsPlan, products: 'apart' });
    paired = await open(family, lengthsPlan);
    joined = await open(family, { ...lengthsPlan, products: 'joined' });
  });

  it.each(cases)('scores bit for bit like the masked graph: %s', async (_, parts) => {
    expect(await apart(parts)).toEqual(await masked(parts));
  });

  it.each(cases)('scores the same with fewer products: %s', async (_, parts) => {
    const scores = await paired(parts);
    expect(await joined(parts)).toEqual(scores);
    if (family === 'qwen3') {
      // With a gain for each head, the CPU's norm sums the squares in another order.
      expect(largestDifference(scores, await masked(parts))).toBeLessThan(1e-5);
    } else {
      expect(scores).toEqual(await masked(parts));
    }
  });

  it.each(cases)('scores within 1e-5 of the four groups of the CPU graph: %s', async (_, parts) => {
    expect(largestDifference(await paired(parts), await four(parts))).toBeLessThan(1e-5);
  });

  it('scores in fp16 like the masked graph in fp16', async () => {
    const half = await open(family, lengthsPlan, 'fp16');
    const expected = await open(family, oneGroup, 'fp16');
    for (const [, parts] of cases) {
      const difference = largestDifference(await half(parts), await expected(parts));
      expect(difference).toBeLessThanOrEqual(family === 'qwen3' ? 5e-3 : 0);
    }
  });
});
