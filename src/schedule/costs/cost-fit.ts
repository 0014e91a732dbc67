import { clamp } from '../../base/clamp.ts';

/**
 * Weighted least squares over a run's three costs, older runs forgotten: recursive least squares in its information
 * form, so that weights can be held at zero or above exactly.
 */

/** What a run costs: once, for each packed token, and for each attention-tile slot. Milliseconds, none negative. */
export interface CostWeights {
  readonly fixedMs: number;
  readonly tokenMs: number;
  readonly slotMs: number;
}

/** How much of a batch there is to compute. */
export interface WorkSize {
  readonly packedTokens: number;
  /** Attention-tile slots (row x key pairs). */
  readonly slots: number;
}

/** A run counts for a third after about 50 more. */
const memory = 0.98;
/** Where the runs seen say nothing, the fit leans this much towards the plain pace; against 1 for a run. */
const lean = 0.01;
/** Bring fixed cost and slots to the size of the per-token pace: of a usual batch. */
const usual = { tokens: 500, slotsPerToken: 200 };
/** A run this many times off is a hiccup of the machine, or the start of a change: it counts as no more. */
const mostOff = 4;
/** Runs until that rule holds. */
const firstRuns = 8;

/** Errors count relative to the run's size, so that small runs are met as well as large ones. */
export class CostFit {
  readonly #squares = Array.from({ length: 3 }, () => [0, 0, 0]);
  readonly #products = [0, 0, 0];
  #pace = 0;
  #weight = 0;
  #runs = 0;
  #weights: CostWeights = { fixedMs: 0, tokenMs: 0, slotMs: 0 };

  /** `known` are weights from before, which count as about ten runs. */
  constructor(known?: CostWeights) {
    for (const size of known === undefined ? [] : knownSizes) {
      this.observe(size, costOf(known ?? this.#weights, size));
    }
  }

  get weights(): CostWeights {
    return this.#weights;
  }

  /** A run of nothing, or of no time that could be measured, teaches nothing. */
  observe(size: WorkSize, runMs: number): void {
    if (size.packedTokens <= 0 || !Number.isFinite(runMs)) {
      return;
    }
    const expectedMs = costOf(this.#weights, size);
    const isSettled = this.#runs >= firstRuns && expectedMs > 0;
    const countedMs = isSettled ? clamp(runMs, expectedMs / mostOff, expectedMs * mostOff) : runMs;
    const pace = countedMs / size.packedTokens;
    const row = [
      usual.tokens / size.packedTokens,
      1,
      size.slots / size.packedTokens / usual.slotsPerToken,
    ];
    row.forEach((a, i) => {
      this.#products[i] = memory * (this.#products[i] ?? 0) + a * pace;
      row.forEach((b, j) => {
        const squares = this.#squares[i] ?? [];
        squares[j] = memory * (squares[j] ?? 0) + a * b;
      });
    });
    this.#weight = memory * this.#weight + 1;
    this.#pace += (pace - this.#pace) / this.#weight;
    this.#runs += 1;
    this.#weights = this.#solve();
  }

  /** The most negative weight is held at zero and the rest solved again, until none is negative. */
  #solve(): CostWeights {
    const held = new Set<number>();
    for (;;) {
      const [fixed = 0, token = 0, slot = 0] = this.#solveWithout(held);
      const least = Math.min(fixed, token, slot);
      // NaN ends it too.
      if (!(least < 0)) {
        return {
          fixedMs: fixed * usual.tokens,
          tokenMs: token,
          slotMs: slot / usual.slotsPerToken,
        };
      }
      held.add([fixed, token, slot].indexOf(least));
    }
  }

  #solveWithout(held: ReadonlySet<number>): number[] {
    const rows = this.#squares.map((squares, i) => {
      const free = squares.map((value, j) => (held.has(i) || held.has(j) ? 0 : value));
      free[i] = held.has(i) ? 1 : (free[i] ?? 0) + lean;
      const towards = i === 1 ? lean * this.#pace : 0;
      return [...free, held.has(i) ? 0 : (this.#products[i] ?? 0) + towards];
    });
    return solve(rows);
  }
}

export function costOf(weights: CostWeights, { packedTokens, slots }: WorkSize): number {
  return weights.fixedMs + weights.tokenMs * packedTokens + weights.slotMs * slots;
}

/** Spread wide enough to fix all three weights. */
const knownSizes: readonly WorkSize[] = [10, 100, 1_000].flatMap((packedTokens) =>
  [20, 200, 800].map((perToken) => ({ packedTokens, slots: perToken * packedTokens })),
);

/** Gauss-Jordan elimination; the matrix is symmetric and positive definite, so that no row needs to be swapped. */
function solve(rows: number[][]): number[] {
  const count = rows.length;
  for (let pivot = 0; pivot < count; pivot++) {
    const own = rows[pivot] ?? [];
    for (let other = 0; other < count; other++) {
      const row = rows[other] ?? [];
      const factor = other === pivot ? 0 : (row[pivot] ?? 0) / (own[pivot] ?? 1);
      for (let column = pivot; column <= count; column++) {
        row[column] = (row[column] ?? 0) - factor * (own[column] ?? 0);
      }
    }
  }
  return rows.map((row, i) => (row[count] ?? 0) / (row[i] ?? 1));
}
