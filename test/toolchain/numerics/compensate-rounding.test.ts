import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  compensateRounding,
  factorizeInputs,
} from '../../../src/toolchain/numerics/compensate-rounding.ts';
import {
  findUnsafePair,
  quantizeLinear,
} from '../../../src/toolchain/numerics/quantize-channels.ts';
import { createRandom } from '../../../src/base/random.ts';

/** X^T X of rows. [columns, columns] */
function gramOf(rows: readonly (readonly number[])[]): Float32Array {
  const columns = rows[0]?.length ?? 0;
  return Float32Array.from({ length: columns * columns }, (_, at) =>
    rows.reduce((sum, row) => {
      const [i, k] = [Math.floor(at / columns), at % columns];
      return sum + (row[i] ?? NaN) * (row[k] ?? NaN);
    }, 0),
  );
}

/** Inputs that mix four hidden values with a little noise, correlated like activations. */
function correlatedRows(count: number, columns: number, random: () => number): number[][] {
  const mix = Array.from({ length: 4 * columns }, () => random() - 0.5);
  return Array.from({ length: count }, () => {
    const hidden = Array.from({ length: 4 }, () => random() - 0.5);
    return Array.from({ length: columns }, (_, i) =>
      hidden.reduce((sum, h, k) => sum + h * (mix[k * columns + i] ?? 0), 0.1 * (random() - 0.5)),
    );
  });
}

function outputEnergy(rows: readonly (readonly number[])[], weights: Float32Array): number {
  const columns = rows[0]?.length ?? 0;
  let energy = 0;
  for (const row of rows) {
    for (let start = 0; start < weights.length; start += columns) {
      energy += row.reduce((sum, x, i) => sum + x * (weights[start + i] ?? NaN), 0) ** 2;
    }
  }
  return energy;
}

describe('the factor of inputs', () => {
  it('is that of X^T X plus a hundredth of its mean diagonal', () => {
    // X^T X = [5 4; 4 5]; the mean diagonal is 5.
    const factor = factorizeInputs(
      gramOf([
        [2, 1],
        [1, 2],
      ]),
    );
    const [[a = 0, b = 0] = [], [c = 0, d = 0] = []] = factor.map((row) => [...row]);
    expect(c).toBe(0);
    expect(a * a).toBeCloseTo(5.05, 12);
    expect(a * b).toBeCloseTo(4, 12);
    expect(b * b + d * d).toBeCloseTo(5.05, 12);
  });
});

describe('rounding with compensation', () => {
  const steps = (weights: readonly number[], gram: Float32Array) => {
    const values = Float32Array.from(weights);
    const rounded = { values: new Int8Array(values.length), scales: Float32Array.of(1) };
    return [...compensateRounding(values, rounded, factorizeInputs(gram)).values];
  };

  it('lets one weight cancel the rounding error of another', () => {
    // The inputs are equal, so only the sum of the weights counts: 0.8.
    const same = gramOf([[3, 3]]);
    expect(steps([0.4, 0.4], same)).toEqual([1, 0]);
    // The inputs are opposite, so only the difference counts: 0.
    expect(steps([0.4, 0.4], gramOf([[3, -3]]))).toEqual([0, 0]);
    // From the last to the first: 2.4 becomes 2, 1.4 + 0.4 becomes 2, 0.4 - 0.2 becomes 0.
    expect(steps([0.4, 1.4, 2.4], gramOf([[1, 1, 1]]))).toEqual([0, 2, 2]);
  });

  it('is plain rounding when inputs are uncorrelated', () => {
    const random = createRandom(5);
    const weights = Float32Array.from({ length: 3 * 8 }, () => random() - 0.5);
    const rounded = quantizeLinear(weights, 8);
    const apart = Float32Array.from({ length: 64 }, (_, at) => (at % 9 === 0 ? 1 + at : 0));
    const { values, outputError } = compensateRounding(weights, rounded, factorizeInputs(apart));
    expect(values).toEqual(rounded.values);
    expect(outputError.after).toBeCloseTo(outputError.before, 6);
  });

  it('halves the output error on other tokens, and reports the error on its own tokens', () => {
    const random = createRandom(7);
    const rows = correlatedRows(400, 32, random);
    // Six channels are not a multiple of the four that are processed together.
    const weights = Float32Array.from({ length: 6 * 32 }, () => random() - 0.5);
    const rounded = quantizeLinear(weights, 32);
    const found = compensateRounding(weights, rounded, factorizeInputs(gramOf(rows.slice(200))));
    const errorOf = (values: Int8Array) =>
      outputEnergy(
        rows.slice(0, 200),
        values.length === 0
          ? weights
          : weights.map(
              (w, at) => w - (values[at] ?? NaN) * (rounded.scales[Math.floor(at / 32)] ?? NaN),
            ),
      );
    const signal = errorOf(new Int8Array());
    const [before, after] = [rounded.values, found.values].map((v) =>
      Math.sqrt(errorOf(v) / signal),
    );
    expect(after).toBeLessThan((before ?? NaN) / 2);
    expect(found.scales).toEqual(rounded.scales);
    expect(found.outputError.before).toBeCloseTo(before ?? NaN, 3);
    expect(found.outputError.after).toBeCloseTo(after ?? NaN, 3);
  });

  it('limits pairs to 128 steps, whatever the accumulated error', () => {
    const random = fc.float({ min: -4, max: 4, noNaN: true });
    fc.assert(
      fc.property(fc.array(random, { minLength: 3, maxLength: 24 }), fc.nat(), (row, seed) => {
        const weights = Float32Array.from(row);
        const factor = factorizeInputs(gramOf(correlatedRows(40, row.length, createRandom(seed))));
        const { values } = compensateRounding(weights, quantizeLinear(weights, row.length), factor);
        expect(findUnsafePair(values, row.length)).toBeUndefined();
        expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(127);
      }),
    );
  });
});
