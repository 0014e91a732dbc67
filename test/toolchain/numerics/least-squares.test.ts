import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eliminate } from '../../../src/toolchain/numerics/eliminate.ts';
import {
  dampTowards,
  pick,
  relativeError,
  solveKept,
} from '../../../src/toolchain/numerics/least-squares.ts';
import { product, random, rows, sums } from './matrices.ts';

describe('solving the kept weights again', () => {
  it('changes nothing when nothing is removed', () => {
    const x = random(30, 6, 1);
    const weights = random(6, 4, 2);
    const problem = dampTowards(sums(x, product(x, weights)), weights);
    const solved = solveKept(problem, [0, 1, 2, 3, 4, 5]);
    const errors = solved.flatMap((row, i) =>
      Array.from(row, (value, k) => Math.abs(value - (weights[i]?.[k] ?? NaN))),
    );
    expect(Math.max(...errors)).toBeLessThan(1e-10);
  });

  it('is exact when removed inputs are linear combinations of kept ones', () => {
    const free = random(50, 4, 3);
    const x = free.map((row) =>
      Float64Array.of(...row, 2 * (row[0] ?? 0) - (row[3] ?? 0), (row[1] ?? 0) + (row[2] ?? 0)),
    );
    const weights = random(6, 5, 4);
    const statistics = sums(x, product(x, weights));
    const problem = dampTowards(statistics, weights, 1e-12);
    const kept = eliminate(problem, 4);
    expect(relativeError(statistics, kept, solveKept(problem, kept))).toBeLessThan(1e-9);
    expect(relativeError(statistics, kept, pick(weights, kept))).toBeGreaterThan(0.05);
  });

  it('beats plain removal of the same inputs, whatever the inputs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (seed) => {
        // Mixed through a random matrix, so that inputs are correlated.
        const x = product(random(60, 12, seed), random(12, 12, seed + 1));
        const weights = random(12, 5, seed + 2);
        const statistics = sums(x, product(x, weights));
        const problem = dampTowards(statistics, weights);
        const kept = eliminate(problem, 6);
        const plain = relativeError(statistics, kept, pick(weights, kept));
        expect(relativeError(statistics, kept, solveKept(problem, kept))).toBeLessThan(plain);
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  it('gives the relative error by hand', () => {
    // X = [1 0; 0 2], Y = [3; 4]: keeping input 1 with weight 1 leaves (3, 2), 13 of 25.
    const statistics = sums(rows([1, 0], [0, 2]), rows([3], [4]));
    expect(relativeError(statistics, [1], rows([1]))).toBeCloseTo(13 / 25, 12);
  });
});
