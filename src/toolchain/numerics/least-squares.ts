import type { LeastSquares } from './eliminate.ts';
import { addProduct, dot, factorize, type Matrix, solve, zeros } from './linear-algebra.ts';

/**
 * Sums over calibration tokens of the inputs X [tokens, inputs] of a linear layer and the outputs Y
 * that it should have.
 */
export interface Statistics {
  /** X^T X. [inputs, inputs] */
  readonly gram: Matrix;
  /** X^T Y. [inputs, outputs] */
  readonly cross: Matrix;
  /** Sum of Y^2. */
  readonly energy: number;
}

/**
 * Share of the mean diagonal that is added to it. It keeps the old weights of inputs that are
 * rarely active on the calibration tokens, and makes the factorization well conditioned.
 */
const dampingShare = 0.01;

/**
 * The problem min |X V - Y|^2 + d |V - W|^2, damped towards the old weights W: with nothing removed
 * and Y = X W the answer is W.
 *
 * weights: [inputs, outputs]
 */
export function dampTowards(
  { gram, cross }: Statistics,
  weights: Matrix,
  share = dampingShare,
): LeastSquares {
  const mean = gram.reduce((sum, row, i) => sum + (row[i] ?? 0), 0) / gram.length;
  const damping = share * mean;
  return {
    gram: gram.map((row, i) => row.map((value, k) => (i === k ? value + damping : value))),
    cross: cross.map((row, i) => row.map((value, k) => value + damping * (weights[i]?.[k] ?? 0))),
  };
}

/** Solves for the weights of the kept inputs. [kept, outputs] */
export function solveKept({ gram, cross }: LeastSquares, kept: readonly number[]): Matrix {
  return solve(factorize(pickBoth(gram, kept)), pick(cross, kept));
}

/** |X_kept V - Y|^2 / |Y|^2, from the undamped sums. */
export function relativeError(
  { gram, cross, energy }: Statistics,
  kept: readonly number[],
  weights: Matrix,
): number {
  const reached = zeros(kept.length, weights[0]?.length ?? 0);
  addProduct(reached, pickBoth(gram, kept), weights);
  const wanted = pick(cross, kept);
  const difference = weights.reduce(
    (sum, row, i) => sum + dot(row, reached[i] ?? row) - 2 * dot(row, wanted[i] ?? row),
    0,
  );
  // Rounding can make a perfect fit slightly negative.
  return Math.max(0, energy + difference) / energy;
}

export function pick(matrix: Matrix, kept: readonly number[]): Matrix {
  return kept.map((index) => matrix[index] ?? new Float64Array(0));
}

function pickBoth(gram: Matrix, kept: readonly number[]): Matrix {
  return pick(gram, kept).map((row) => Float64Array.from(kept, (index) => row[index] ?? 0));
}
