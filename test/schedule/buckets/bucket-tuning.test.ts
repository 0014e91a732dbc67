import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  BucketTuner,
  findBucket,
  fitLadder,
  ladderWaste,
} from '../../../src/schedule/buckets/bucket-tuning.ts';
import { fakeRequest } from '../../support/fakes/runner.ts';

/** Weights by length, a multiple of 8; at most 160 tokens. */
function mixOf(weights: Readonly<Record<number, number>>, prefixTokens = 0) {
  const bins = new Float64Array(20);
  for (const [length, weight] of Object.entries(weights)) {
    bins[Number(length) / 8 - 1] = weight;
  }
  return { weights: bins, prefixTokens };
}

function costOf(mix: ReturnType<typeof mixOf>, buckets: readonly number[]): number {
  let cost = 0;
  mix.weights.forEach((weight, bin) => {
    const bucket = findBucket(buckets, (bin + 1) * 8);
    cost += weight * bucket * (mix.prefixTokens + bucket);
  });
  return cost;
}

describe('the fitted ladder', () => {
  test('puts an edge where the weight is', () => {
    const mix = mixOf({ 8: 100, 16: 1, 64: 100, 128: 1 });
    expect(fitLadder(mix, 1)).toEqual([160]);
    expect(fitLadder(mix, 2)).toEqual([64, 160]);
    expect(fitLadder(mix, 3)).toEqual([8, 64, 160]);
    expect(fitLadder(mix, 9)).toEqual([8, 16, 64, 128, 160]);
  });

  test('without any lengths is the longest length', () => {
    expect(fitLadder(mixOf({}), 4)).toEqual([160]);
  });

  test('is the cheapest with that number of buckets', () => {
    const weights = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 9 })),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 4 }), fc.nat(60), (pairs, most, prefix) => {
        const mix = mixOf(
          Object.fromEntries(pairs.map(([bin, weight]) => [bin * 8, weight])),
          prefix,
        );
        const lengths = [...new Set(pairs.map(([bin]) => bin * 8))].sort((a, b) => a - b);
        const ladder = fitLadder(mix, most);
        expect(ladder.length).toBeLessThanOrEqual(most);
        expect(ladder).toEqual([...new Set(ladder)].sort((a, b) => a - b));
        expect(ladder.at(-1)).toBe(160);
        const shorter = lengths.filter((length) => length < 160);
        const all = subsetsOf(shorter, most - 1).map((edges) => costOf(mix, [...edges, 160]));
        const cheapest = Math.min(...all);
        expect(costOf(mix, ladder)).toBe(cheapest);
      }),
    );
  });
});

function subsetsOf(values: readonly number[], most: number): number[][] {
  return values.reduce<number[][]>(
    (sets, value) => [
      ...sets,
      ...sets.filter(({ length }) => length < most).map((set) => [...set, value]),
    ],
    [[]],
  );
}

test('waste is the share of slots that are padding', () => {
  // 8 rows by 10 + 8 keys in a bucket of 16 rows by 10 + 16 keys, and 16 rows that fit.
  expect(ladderWaste(mixOf({ 8: 1, 16: 1 }, 10), [16])).toBeCloseTo(
    1 - (8 * 18 + 16 * 26) / (2 * 16 * 26),
    12,
  );
  expect(ladderWaste(mixOf({ 8: 1, 16: 1 }, 10), [8, 16])).toBe(0);
  expect(ladderWaste(mixOf({}), [16])).toBe(0);
});

describe('the tuner', () => {
  const buckets = [64, 128, 512];
  const observe = (tuner: BucketTuner, lengths: readonly number[]) =>
    tuner.observe(fakeRequest(lengths, { prefix: 40 }));

  test('proposes after a period, with the waste of both ladders', () => {
    const proposals: unknown[] = [];
    const onProposal = (...ladders: unknown[]) => proposals.push(ladders);
    const tuner = new BucketTuner({ mode: 'propose', buckets, most: 3, period: 6, onProposal });
    observe(tuner, [70, 72, 65]);
    expect(tuner.proposed).toBeUndefined();
    observe(tuner, [72, 200, 199]);
    expect(proposals).toEqual([[tuner.proposed, tuner.current]]);
    expect(tuner.proposed).toEqual({ buckets: [72, 200, 512], waste: 0 });
    expect(tuner.current.buckets).toEqual(buckets);
    expect(tuner.current.waste).toBeGreaterThan(0.7);
  });

  test('applies its proposal, which has the same longest length', () => {
    const tuner = new BucketTuner({ mode: 'apply', buckets, most: 3, period: 4 });
    observe(tuner, [10, 20, 30, 40]);
    expect(tuner.current.buckets).toEqual([24, 40, 512]);
    expect(tuner.current).toEqual(tuner.proposed);
    expect(findBucket(tuner.current.buckets, 500)).toBe(512);
  });

  test('keeps a ladder that is equally good', () => {
    const tuner = new BucketTuner({ mode: 'apply', buckets, most: 3, period: 4 });
    observe(tuner, [64, 64, 128, 128]);
    expect(tuner.current.buckets).toBe(buckets);
  });

  test('forgets what was seen long ago', () => {
    const tuner = new BucketTuner({ mode: 'apply', buckets, most: 3, period: 10 });
    for (let i = 0; i < 20; i++) {
      observe(tuner, new Array<number>(10).fill(300));
    }
    for (let i = 0; i < 20; i++) {
      observe(tuner, [...new Array<number>(5).fill(96), ...new Array<number>(5).fill(200)]);
    }
    expect(tuner.current.buckets).toEqual([96, 200, 512]);
  });

  test('counts lengths beyond the ladder as its longest, and none if it is off', () => {
    const tuner = new BucketTuner({ mode: 'propose', buckets, most: 3, period: 1 });
    observe(tuner, [10_000]);
    expect(tuner.proposed?.buckets).toEqual([512]);
    const off = new BucketTuner({ mode: 'off', buckets, most: 3, period: 1 });
    observe(off, [10]);
    expect(off.proposed).toBeUndefined();
  });
});
