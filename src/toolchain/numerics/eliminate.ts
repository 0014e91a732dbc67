import { addProduct, dot, factorize, invert, type Matrix, solve } from './linear-algebra.ts';

/**
 * A least-squares problem in sums. Weights V predict outputs Y from inputs X, and |X V - Y|^2 is
 * sum Y^2 - 2 V . cross + V . gram V.
 */
export interface LeastSquares {
  /** X^T X, damped. [inputs, inputs] */
  readonly gram: Matrix;
  /** X^T Y, damped towards the old weights. [inputs, outputs] */
  readonly cross: Matrix;
}

/**
 * Inputs removed per step. They are chosen one by one, exactly, from the `poolShare` times as many
 * that are cheapest at that time: of two inputs that can replace each other both look cheap, but
 * only one may be removed.
 */
const stepInputs = 8;
const poolShare = 8;

/**
 * The `keep` inputs to keep, ascending, by backward elimination on the least-squares objective
 * (OSSCAR, arXiv 2403.12983). Removing input j and solving for the others again costs |v_j|^2 /
 * [K]_jj, where K is the inverse of the Gram matrix and v_j are the weights of the input. The
 * cheapest input is removed, then K and V are updated by a low-rank change. Removing half of the
 * inputs takes about inputs^2 x (inputs / 6 + outputs / 3) multiply-adds.
 */
export function eliminate({ gram, cross }: LeastSquares, keep: number): readonly number[] {
  const u = factorize(gram);
  const remaining = new Remaining(invert(u), solve(u, cross));
  while (remaining.inputs.length > keep) {
    remaining.remove(remaining.cheapest(Math.min(stepInputs, remaining.inputs.length - keep)));
  }
  return remaining.inputs.toSorted((a, b) => a - b);
}

const empty = new Float64Array(0);

/** The remaining inputs, in places 0 .. n - 1. The last input takes the place of a removed one. */
class Remaining {
  /** The input at each place. */
  readonly inputs: number[];
  /** The lower triangle of the inverse. */
  readonly #inverse: Matrix;
  /** [n, outputs] */
  readonly #weights: Matrix;

  constructor(inverse: Matrix, weights: Matrix) {
    this.inputs = inverse.map((_, input) => input);
    this.#inverse = inverse;
    this.#weights = weights;
  }

  /** The places of the `count` inputs that are cheapest to remove one after the other. */
  cheapest(count: number): readonly number[] {
    const costs = this.inputs.map((_, place) => {
      const weights = this.#weights[place] ?? empty;
      return dot(weights, weights) / (this.#inverse[place]?.[place] ?? NaN);
    });
    const pool = costs
      .map((_, place) => place)
      .sort((a, b) => (costs[a] ?? 0) - (costs[b] ?? 0))
      .slice(0, count === 1 ? 1 : poolShare * count);
    if (count === 1) {
      return pool;
    }
    // Within the pool, updates depend only on the pool's rows, so a copy of them is enough.
    const rest = this.#only(pool);
    return Array.from({ length: count }, () => {
      const [next = 0] = rest.cheapest(1);
      const place = pool[rest.inputs[next] ?? 0] ?? 0;
      rest.remove([next]);
      return place;
    });
  }

  remove(places: readonly number[]): void {
    const columns = places.map((place) => this.#column(place));
    const gone = places.map((place) => (this.#weights[place] ?? empty).slice());
    const corner = columns.map((column) => Float64Array.from(places, (k) => column[k] ?? NaN));
    const shares = solve(factorize(corner), columns);
    const factors = this.inputs.map((_, i) => Float64Array.from(shares, (row) => -(row[i] ?? 0)));
    const n = this.inputs.length;
    addProduct(
      this.#inverse.slice(0, n).map((row, i) => row.subarray(0, i + 1)),
      factors,
      columns,
    );
    addProduct(this.#weights.slice(0, n), factors, gone);
    for (const place of places.toSorted((a, b) => b - a)) {
      this.#fill(place);
    }
  }

  /** A copy of the rows and columns of some places. */
  #only(places: readonly number[]): Remaining {
    const columns = places.map((place) => this.#column(place));
    return new Remaining(
      columns.map((column) => Float64Array.from(places, (k) => column[k] ?? NaN)),
      places.map((place) => (this.#weights[place] ?? empty).slice()),
    );
  }

  #column(place: number): Float64Array {
    const n = this.inputs.length;
    const column = new Float64Array(n);
    column.set((this.#inverse[place] ?? empty).subarray(0, place + 1));
    for (let i = place + 1; i < n; i++) {
      column[i] = this.#inverse[i]?.[place] ?? 0;
    }
    return column;
  }

  /** Moves the last input to a place that has become free. */
  #fill(place: number): void {
    const last = this.inputs.length - 1;
    const moved = this.#column(last);
    const input = this.inputs.pop();
    if (place === last || input === undefined) {
      return;
    }
    this.inputs[place] = input;
    this.#weights[place]?.set(this.#weights[last] ?? empty);
    this.#inverse[place]?.set(moved.subarray(0, place));
    (this.#inverse[place] ?? empty)[place] = moved[last] ?? 0;
    for (let i = place + 1; i < last; i++) {
      (this.#inverse[i] ?? empty)[place] = moved[i] ?? 0;
    }
  }
}
