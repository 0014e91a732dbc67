import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseShape, splitRuns } from '../../../bench/ladder/work.ts';
import { packedTokens } from '../../../src/batch/pack/pack-batch.ts';
import { tokenPart } from '../../../src/batch/packed-batch.ts';

test('work is split into runs within the budget, and no candidate is lost', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 30 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 95, max: 300 }),
      (prefix, lengths, budget) => {
        const suffixes = lengths.map((length, i) => new Int32Array(length).fill(i));
        const runs = splitRuns({ prefix: new Int32Array(prefix), suffixes }, budget);
        expect(runs.every((run) => packedTokens([tokenPart(run)]) <= budget)).toBe(true);
        const candidates = runs.flatMap((run) => run.suffixes).map(([first]) => first ?? NaN);
        expect(candidates.sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
      },
    ),
  );
});

test('a shape of another form is refused', () => {
  expect(() => parseShape('40x16', 96)).toThrow(
    "the shape is '40x16'; it must be PREFIX+COUNTxLENGTH",
  );
});
