import { RankError } from '../../base/errors.ts';

/**
 * Dense linear algebra in doubles, for symmetric positive definite matrices of a few thousand rows.
 * A matrix is a list of rows. Loops run along rows, four at a time, so that sums stay in registers
 * and cache.
 */
export type Matrix = readonly Float64Array[];

export function zeros(rows: number, columns: number): Matrix {
  const all = new Float64Array(rows * columns);
  return Array.from({ length: rows }, (_, i) => all.subarray(i * columns, (i + 1) * columns));
}

const empty = new Float64Array(0);

/**
 * T += F X, for the columns that T has; rows of X may be longer. F has a column for every row of X.
 */
export function addProduct(t: Matrix, f: Matrix, x: Matrix): void {
  const whole = x.length & ~3;
  for (let k = 0; k < whole; k += 4) {
    for (let i = 0; i < t.length; i++) {
      addFour(t[i] ?? empty, f[i] ?? empty, x, k);
    }
  }
  for (let k = whole; k < x.length; k++) {
    for (let i = 0; i < t.length; i++) {
      addRow(t[i] ?? empty, x[k] ?? empty, f[i]?.[k] ?? 0);
    }
  }
}

/**
 * y += f[k] x[k] + ... + f[k + 3] x[k + 3]. Four rows per pass, because loading and storing y would
 * dominate.
 */
function addFour(y: Float64Array, f: Float64Array, x: Matrix, k: number): void {
  const x0 = x[k] ?? empty;
  const x1 = x[k + 1] ?? empty;
  const x2 = x[k + 2] ?? empty;
  const x3 = x[k + 3] ?? empty;
  const f0 = f[k] ?? 0;
  const f1 = f[k + 1] ?? 0;
  const f2 = f[k + 2] ?? 0;
  const f3 = f[k + 3] ?? 0;
  for (let c = 0; c < y.length; c++) {
    y[c] =
      (y[c] ?? 0) +
      (f0 * (x0[c] ?? 0) + f1 * (x1[c] ?? 0)) +
      (f2 * (x2[c] ?? 0) + f3 * (x3[c] ?? 0));
  }
}

/** y += factor x, for the columns that y has. */
function addRow(y: Float64Array, x: Float64Array, factor: number): void {
  for (let c = 0; c < y.length; c++) {
    y[c] = (y[c] ?? 0) + factor * (x[c] ?? 0);
  }
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let c = 0; c < a.length; c++) {
    sum += (a[c] ?? 0) * (b[c] ?? 0);
  }
  return sum;
}

/** Rows per panel: they fit the cache, and other rows are read once for all of them. */
const panelRows = 32;

function panels(n: number): readonly (readonly [from: number, to: number])[] {
  return Array.from({ length: Math.ceil(n / panelRows) }, (_, i) => [
    i * panelRows,
    Math.min(n, (i + 1) * panelRows),
  ]);
}

/**
 * U of A = U^T U, upper triangular: the transpose of Cholesky's L, so that later rows read whole
 * rows of it. Only the upper triangle of A is read.
 *
 * @throws RankError when A is not positive definite.
 */
export function factorize(a: Matrix): Matrix {
  const n = a.length;
  const u = zeros(n, n);
  for (const [from, to] of panels(n)) {
    const panel = u.slice(from, to).map((row) => row.subarray(from));
    panel.forEach((row, i) => row.set((a[from + i] ?? empty).subarray(from)));
    const above = u.slice(0, from);
    const factors = columnsOf(above, [from, to], -1);
    addProduct(
      panel,
      factors,
      above.map((row) => row.subarray(from)),
    );
    factorizePanel(panel, from, n);
  }
  return u;
}

/** Rows of U from the diagonal block on; the share of the rows above is already subtracted. */
function factorizePanel(panel: Matrix, from: number, n: number): void {
  panel.forEach((row, i) => {
    for (let k = 0; k < i; k++) {
      addRow(row, panel[k] ?? empty, -(panel[k]?.[i] ?? 0));
    }
    const pivot = row[i] ?? 0;
    if (!(pivot > 0)) {
      throw new RankError(
        'invalid-argument',
        `pivot ${from + i} of ${n} is ${pivot}: the matrix is not positive definite; ` +
          'more calibration tokens are needed',
      );
    }
    // Columns before the diagonal are zero in U.
    row.fill(0, 0, i);
    scale(row, 1 / Math.sqrt(pivot));
  });
}

/** X of A X = B, given U of `factorize(A)`. */
export function solve(u: Matrix, b: Matrix): Matrix {
  const x = zeros(b.length, b[0]?.length ?? 0);
  x.forEach((row, i) => row.set(b[i] ?? empty));
  substituteDown(u, x);
  substituteUp(u, x);
  return x;
}

/** U^T Y = X, in place. */
function substituteDown(u: Matrix, x: Matrix): void {
  for (const [from, to] of panels(u.length)) {
    const factors = columnsOf(u.slice(0, to), [from, to], -1);
    const panel = x.slice(from, to);
    addProduct(panel, factors, x.slice(0, from));
    panel.forEach((row, i) => {
      for (let k = from; k < from + i; k++) {
        addRow(row, x[k] ?? empty, factors[i]?.[k] ?? 0);
      }
      scale(row, 1 / (u[from + i]?.[from + i] ?? NaN));
    });
  }
}

/** U X = Y, in place. */
function substituteUp(u: Matrix, x: Matrix): void {
  for (const [from, to] of panels(u.length).toReversed()) {
    const panel = x.slice(from, to);
    const factors = u.slice(from, to).map((row) => row.map((value) => -value));
    addProduct(
      panel,
      factors.map((row) => row.subarray(to)),
      x.slice(to),
    );
    for (let i = to - 1; i >= from; i--) {
      const row = x[i] ?? empty;
      for (let k = i + 1; k < to; k++) {
        addRow(row, x[k] ?? empty, factors[i - from]?.[k] ?? 0);
      }
      scale(row, 1 / (u[i]?.[i] ?? NaN));
    }
  }
}

/** The inverse of A, given U of `factorize(A)`. Symmetric; both triangles are filled. */
export function invert(u: Matrix): Matrix {
  const n = u.length;
  const x = invertTransposed(u);
  const inverse = zeros(n, n);
  for (const [from, to] of panels(n)) {
    // A^-1 = X^T X with X lower triangular: rows from `from` on, columns before `to`.
    const below = x.slice(from);
    const panel = inverse.slice(from, to).map((row) => row.subarray(0, to));
    addProduct(panel, columnsOf(below, [from, to], 1), below);
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) {
      (inverse[k] ?? empty)[i] = inverse[i]?.[k] ?? 0;
    }
  }
  return inverse;
}

/** (U^T)^-1, lower triangular. */
function invertTransposed(u: Matrix): Matrix {
  const x = zeros(u.length, u.length);
  for (const [from, to] of panels(u.length)) {
    const factors = columnsOf(u.slice(0, to), [from, to], -1);
    const panel = x.slice(from, to).map((row) => row.subarray(0, to));
    addProduct(panel, factors, x.slice(0, from));
    panel.forEach((row, i) => {
      row[from + i] = 1;
      for (let k = from; k < from + i; k++) {
        addRow(row, x[k] ?? empty, factors[i]?.[k] ?? 0);
      }
      scale(row, 1 / (u[from + i]?.[from + i] ?? NaN));
    });
  }
  return x;
}

/** Columns [from, to) times `sign`, each as a row. */
function columnsOf(x: Matrix, [from, to]: readonly [number, number], sign: 1 | -1): Matrix {
  const columns = zeros(to - from, x.length);
  x.forEach((row, k) => {
    for (let c = from; c < to; c++) {
      (columns[c - from] ?? empty)[k] = sign * (row[c] ?? 0);
    }
  });
  return columns;
}

function scale(row: Float64Array, factor: number): void {
  for (let c = 0; c < row.length; c++) {
    row[c] = (row[c] ?? 0) * factor;
  }
}
