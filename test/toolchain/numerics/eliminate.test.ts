import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eliminate } from '../../../src/toolchain/numerics/eliminate.ts';
import {
  dampTowards,
  pick,
  relativeError,
  solveKept,
  type Statistics,
} from '../../../src/toolchain/numerics/least-squares.ts';
import {
  addProduct,
  dot,
  type Matrix,
  zeros,
} from '../../../src/toolchain/numerics/linear-algebra.ts';
import { createRandom } from '../../../src/base/random.ts';

const rows = (...values: number[][]): Matrix => values.map((row) => Float64Array.from(row));

function product(a: Matrix, b: Matrix): Matrix {
  const c = zeros(a.length, b[0]?.length ?? 0);
  addProduct(c, a, b);
  return c;
}

function transpose(a: Matrix): Matrix {
  return Array.from(a[0] ?? [], (_, k) => Float64Array.from(a, (row) => row[k] ?? NaN));
}

/** Of inputs X [tokens, inputs] and outputs Y [tokens, outputs]. */
function sums(x: Matrix, y: Matrix): Statistics {
  return {
    gram: product(transpose(x), x),
    cross: product(transpose(x), y),
    energy: y.reduce((sum, row) => sum + dot(row, row), 0),
  };
}

function random(height: number, width: number, seed: number): Matrix {
  const draw = createRandom(seed);
  return zeros(height, width).map((row) => row.map(() => draw() - 0.5));
}

describe('elimination', () => {
  it('removes the input that the others make up for, not the one with the least weight', () => {
    // Input 2 is twice input 0, so that either can go; input 1 weighs least, but nothing makes up for it.
    const x = rows([1, 0, 2], [0, 1, 0], [1, 1, 2], [1, -1, 2]);
    const weights = rows([2], [1], [5]);
    const problem = dampTowards(sums(x, product(x, weights)), weights, 1e-9);
    expect(eliminate(problem, 2)).toContain(1);
  });

  it('lets only one of two equal inputs go, though both are cheap', () => {
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

  it('takes at each step the input whose removal, solved afresh, leaves the least error', () => {
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

  it('is exact when the removed inputs are linear in the kept', () => {
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
