import { describe, expect, it } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { meanRowError, openProducts } from '../../../src/toolchain/quantize/quantized-product.ts';

describe('products', () => {
  const product = {
    rows: Float32Array.of(127, -63.6, 0.4, 0),
    weights: Float32Array.of(1, 0, 0.5, 1),
    inputs: 2,
  };

  it('are rows times transposed weights', async () => {
    const products = await openProducts(1);
    const exact = await products.exact(product);
    await products.close();
    [127, 63.5 - 63.6, 0.4, 0.2].forEach((value, i) => expect(exact[i]).toBeCloseTo(value, 4));
  });

  it('round each row to 127 steps of its largest value', async () => {
    const products = await openProducts(1);
    const rounded = await products.rounded(product, undefined);
    await products.close();
    // -63.6 becomes -64; the weights are exact, because their steps are powers of two.
    [127, 63.5 - 64, 0.4, 0.2].forEach((value, i) => expect(rounded[i]).toBeCloseTo(value, 4));
  });

  it('change only by rounding when factors divide rows and multiply weights', async () => {
    const products = await openProducts(1);
    const exact = await products.exact(product);
    const factors = Float32Array.of(4, 0.5);
    const found = await products.rounded(product, factors);
    await products.close();
    found.forEach((value, i) => expect(Math.abs(value - at(exact, i))).toBeLessThan(2));
    expect([...found]).not.toEqual([...exact]);
  });
});

describe('the error of products', () => {
  it('counts a row of huge values like any other, and a row of zeros as no error', () => {
    const exact = Float32Array.of(1000, 0, 1, 0, 0, 0);
    const found = Float32Array.of(1100, 0, 1, 0.2, 0, 0);
    expect(meanRowError(exact, found, 3)).toBeCloseTo((0.01 + 0.04 + 0) / 3, 6);
  });
});
