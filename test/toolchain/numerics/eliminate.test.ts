import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eliminate } from '../../../src/toolchain/numerics/eliminate.ts';
import {
  dampTowards,
  relativeError,
  solveKept,
} from '../../../src/toolchain/numerics/least-squares.ts';
import { product, random, rows, sums } from './matrices.ts';

describe('elimination', () => {
  it('removes the input that others can replace, not the one with the least weight', () => {
    // Input 2 is twice input 0, so either can be removed; input 1 weighs least, but is needed.
    const x = rows([1, 0, 2], [0, 1, 0], [1, 1, 2], [1, -1, 2]);
    const weights = rows([2], [1], [5]);
    const problem = dampTowards(sums(x, product(x, weights)), weights, 1e-9);
    expect(eliminate(problem, 2)).toContain(1);
  });

  it('removes only one of two equal inputs, although both look cheap', () => {
    // Twenty pairs of equal inputs: half of the inputs are one of each pair.
    const free = random(100, 20, 5);
    const x = free.map((row) => Float64Array.from({ length: 40 }, (_, i) => row[i >> 1] ?? 0));
    const weights = random(40, 3, 6);
    const problem = dampTowards(sums(x, product(x, weights)), weights, 1e-9);
    const pairs = eliminate(problem, 20).map((input) => input >> 1);
    expect(pairs).toEqual(Array.from({ length: 20 }, (_, pair) => pair));
  });

  it('removes by the cost of an orthogonal case, computed by hand', () => {
    // Orthogonal inputs of lengths 1, 4, 9: costs are length x weight^2 = 16, 4, 9.
    const problem = { gram: rows([1, 0, 0], [0, 4, 0], [0, 0, 9]), cross: rows([4], [4], [9]) };
    expect(eliminate(problem, 2)).toEqual([0, 2]);
    expect(eliminate(problem, 1)).toEqual([0]);
  });

  it('removes the input with the least error after solving again, at each step', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (seed) => {
        const x = random(40, 7, seed);
        const weights = random(7, 3, seed + 1);
        const statistics = sums(x, product(x, weights));
        const problem = dampTowards(statistics, weights);
        let kept: readonly number[] = Array.from({ length: 7 }, (_, i) => i);
        for (let left = 6; left >= 2; left--) {
          const damped = { ...problem, energy: 1e3 };
          const errors = kept.map((gone) => {
            const rest = kept.filter((each) => each !== gone);
            return relativeError(damped, rest, solveKept(problem, rest));
          });
          kept = kept.toSpliced(errors.indexOf(Math.min(...errors)), 1);
          expect(eliminate(problem, left)).toEqual(kept);
        }
      }),
      { numRuns: 25, seed: 1 },
    );
  });
});
