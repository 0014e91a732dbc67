import { describe, expect, it } from '@jest/globals';
import {
  addProduct,
  dot,
  factorize,
  invert,
  type Matrix,
  solve,
  zeros,
} from '../../../src/toolchain/numerics/linear-algebra.ts';
import { createRandom } from '../../../src/base/random.ts';

const rows = (...values: number[][]): Matrix => values.map((row) => Float64Array.from(row));
const plain = (matrix: Matrix) => matrix.map((row) => [...row]);

function product(a: Matrix, b: Matrix): Matrix {
  const c = zeros(a.length, b[0]?.length ?? 0);
  addProduct(c, a, b);
  return c;
}

/** B B^T + I of a random B: well conditioned, nothing special about it. */
function randomSpd(n: number, seed: number): Matrix {
  const random = createRandom(seed);
  const b = Array.from({ length: n }, () => Float64Array.from({ length: n }, () => random() - 0.5));
  return b.map((row, i) => Float64Array.from(b, (other, k) => dot(row, other) + (i === k ? 1 : 0)));
}

function largest(a: Matrix, b: Matrix): number {
  return Math.max(
    ...a.flatMap((row, i) => Array.from(row, (v, k) => Math.abs(v - (b[i]?.[k] ?? NaN)))),
  );
}

function identity(n: number): Matrix {
  return zeros(n, n).map((row, i) => row.map((_, k) => (i === k ? 1 : 0)));
}

describe('factorizing', () => {
  it('gives the hand-computed factor of 2x2 and 3x3 matrices', () => {
    expect(plain(factorize(rows([4, 2], [2, 10])))).toEqual([
      [2, 1],
      [0, 3],
    ]);
    const a = rows([4, 12, -16], [12, 37, -43], [-16, -43, 98]);
    expect(plain(factorize(a))).toEqual([
      [2, 6, -8],
      [0, 1, 5],
      [0, 0, 3],
    ]);
  });

  it('reads the upper triangle only', () => {
    expect(plain(factorize(rows([4, 2], [NaN, 10])))).toEqual([
      [2, 1],
      [0, 3],
    ]);
  });

  it('names the pivot that fails', () => {
    expect(() => factorize(rows([1, 2], [2, 4]))).toThrow(
      'pivot 1 of 2 is 0: the matrix is not positive definite; more calibration tokens are needed',
    );
  });
});

describe('solving and inverting', () => {
  it('give the hand-computed answers', () => {
    // [4 2; 2 10] has determinant 36.
    const u = factorize(rows([4, 2], [2, 10]));
    expect(largest(invert(u), rows([10 / 36, -2 / 36], [-2 / 36, 4 / 36]))).toBeLessThan(1e-15);
    expect(largest(solve(u, rows([8, 36], [22, 0])), rows([1, 10], [2, -2]))).toBeLessThan(1e-14);
  });

  // Around one and two panels, and odd remainders of four.
  it.each([1, 3, 31, 32, 33, 64, 70, 101])('leave no residual at %d rows', (n) => {
    const a = randomSpd(n, n);
    const u = factorize(a);
    const random = createRandom(7);
    const b = zeros(n, 5).map((row) => row.map(() => random()));
    expect(largest(product(a, solve(u, b)), b)).toBeLessThan(1e-11);
    const inverse = invert(u);
    expect(largest(product(a, inverse), identity(n))).toBeLessThan(1e-11);
    expect(inverse.every((row, i) => row.every((v, k) => v === inverse[k]?.[i]))).toBe(true);
  });
});
