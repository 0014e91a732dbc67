/**
 * Weighted least squares over the three parts of a run's cost, with older runs forgotten: recursive
 * least squares in information form, so that weights can be held at zero or above exactly.
 */

import { at } from '../../base/at.ts';

/** A run's cost: once per run, per packed token and per attention-tile slot. None is negative. */
export interface CostWeights {
  readonly fixedMs: number;
  readonly tokenMs: number;
  readonly slotMs: number;
}

/** How much there is to compute in a batch. */
export interface WorkSize {
  readonly packedTokens: number;
  /** Attention-tile slots (row x key pairs). */
  readonly slots: number;
}

/** Factor on a run's weight with each later run: after about 50 runs it counts for a third. */
const forgettingFactor = 0.98;
/** Ridge weight, against 1 for a run. Where runs leave the fit open, it pulls towards the pace. */
const ridgeTowardsPace = 0.01;
/** The usual batch, which scales fixed and slot cost to the magnitude of the per-token cost. */
const usual = { tokens: 500, slotsPerToken: 200 };
/** Runs count as at most this many times slower or faster than expected: outliers are clipped. */
const maxOutlierRatio = 4;
/** Runs before outliers are clipped. */
const warmUpRuns = 8;

/** Fits costs relative to a run's size, so that small runs are predicted as well as large ones. */
export class CostFit {
  readonly #squares = Array.from({ length: 3 }, () => [0, 0, 0]);
  readonly #products = [0, 0, 0];
  /** Mean milliseconds per token. */
  #pace = 0;
  #weight = 0;
  #runs = 0;
  #weights: CostWeights = { fixedMs: 0, tokenMs: 0, slotMs: 0 };

  /** `known` weights from an earlier fit count as about ten runs. */
  constructor(known?: CostWeights) {
    for (const size of known === undefined ? [] : knownSizes) {
      this.observe(size, costOf(known ?? this.#weights, size));
    }
  }

  get weights(): CostWeights {
    return this.#weights;
  }

  /** Ignores empty runs and times that are not finite. */
  observe(size: WorkSize, runMs: number): void {
    if (size.packedTokens <= 0 || !Number.isFinite(runMs)) {
      return;
    }
    const pace = this.#clip(size, runMs) / size.packedTokens;
    const row = [
      usual.tokens / size.packedTokens,
      1,
      size.slots / size.packedTokens / usual.slotsPerToken,
    ];
    row.forEach((a, i) => {
      this.#products[i] = forgettingFactor * at(this.#products, i) + a * pace;
      const squares = at(this.#squares, i);
      row.forEach((b, j) => {
        squares[j] = forgettingFactor * at(squares, j) + a * b;
      });
    });
    this.#weight = forgettingFactor * this.#weight + 1;
    this.#pace += (pace - this.#pace) / this.#weight;
    this.#runs += 1;
    this.#weights = this.#solve();
  }

  #clip(size: WorkSize, runMs: number): number {
    const expectedMs = costOf(this.#weights, size);
    return this.#runs >= warmUpRuns && expectedMs > 0
      ? Math.min(Math.max(runMs, expectedMs / maxOutlierRatio), expectedMs * maxOutlierRatio)
      : runMs;
  }

  /** Holds the most negative weight at zero and solves again, until none is negative. */
  #solve(): CostWeights {
    const held = new Set<number>();
    for (;;) {
      const solution = this.#solveWithout(held);
      const least = Math.min(...solution);
      // Written so that NaN ends the loop too.
      if (!(least < 0)) {
        return {
          fixedMs: at(solution, 0) * usual.tokens,
          tokenMs: at(solution, 1),
          slotMs: at(solution, 2) / usual.slotsPerToken,
        };
      }
      held.add(solution.indexOf(least));
    }
  }

  #solveWithout(held: ReadonlySet<number>): number[] {
    const rows = this.#squares.map((squares, i) => {
      const free = squares.map((value, j) => (held.has(i) || held.has(j) ? 0 : value));
      free[i] = held.has(i) ? 1 : at(free, i) + ridgeTowardsPace;
      const prior = i === 1 ? ridgeTowardsPace * this.#pace : 0;
      return [...free, held.has(i) ? 0 : at(this.#products, i) + prior];
    });
    return solve(rows);
  }
}

export function costOf(weights: CostWeights, { packedTokens, slots }: WorkSize): number {
  return weights.fixedMs + weights.tokenMs * packedTokens + weights.slotMs * slots;
}

/** Varied enough to determine all three weights. */
const knownSizes: readonly WorkSize[] = [10, 100, 1_000].flatMap((packedTokens) =>
  [20, 200, 800].map((perToken) => ({ packedTokens, slots: perToken * packedTokens })),
);

/** Gauss-Jordan elimination without pivoting: the matrix is symmetric and positive definite. */
function solve(rows: number[][]): number[] {
  const count = rows.length;
  for (const [pivot, own] of rows.entries()) {
    for (const [other, row] of rows.entries()) {
      const factor = other === pivot ? 0 : at(row, pivot) / at(own, pivot);
      for (let column = pivot; column <= count; column++) {
        row[column] = at(row, column) - factor * at(own, column);
      }
    }
  }
  return rows.map((row, i) => at(row, count) / at(row, i));
}
