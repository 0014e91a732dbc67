import { createRandom } from '../../../src/base/random.ts';
import type { Statistics } from '../../../src/toolchain/numerics/least-squares.ts';
import {
  addProduct,
  dot,
  type Matrix,
  zeros,
} from '../../../src/toolchain/numerics/linear-algebra.ts';

export const rows = (...values: number[][]): Matrix => values.map((row) => Float64Array.from(row));

export function product(a: Matrix, b: Matrix): Matrix {
  const c = zeros(a.length, b[0]?.length ?? 0);
  addProduct(c, a, b);
  return c;
}

function transpose(a: Matrix): Matrix {
  return Array.from(a[0] ?? [], (_, k) => Float64Array.from(a, (row) => row[k] ?? NaN));
}

/** Of inputs X [tokens, inputs] and outputs Y [tokens, outputs]. */
export function sums(x: Matrix, y: Matrix): Statistics {
  return {
    gram: product(transpose(x), x),
    cross: product(transpose(x), y),
    energy: y.reduce((sum, row) => sum + dot(row, row), 0),
  };
}

export function random(height: number, width: number, seed: number): Matrix {
  const draw = createRandom(seed);
  return zeros(height, width).map((row) => row.map(() => draw() - 0.5));
}
