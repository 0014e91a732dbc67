import { describe, expect, test } from '@jest/globals';
import { linearScale, logScale } from '../../src/page/scale.ts';

describe('a linear scale', () => {
  test('reaches from the first pixel to the last', () => {
    const { place } = linearScale([0.2, 0.8], [100, 0]);
    expect([0.2, 0.5, 0.8].map(place)).toEqual([100, expect.closeTo(50), expect.closeTo(0)]);
  });

  test.each([
    [0.3, 0.8, [0.3, 0.4, 0.5, 0.6, 0.7, 0.8]],
    [0, 150, [0, 50, 100, 150]],
    [0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  ])('writes round numbers from %p to %p', (from, to, ticks) => {
    expect(linearScale([from, to], [0, 1]).ticks).toEqual(
      ticks.map((tick) => expect.closeTo(tick)),
    );
  });
});

describe('a logarithmic scale', () => {
  test('gives each factor the same length', () => {
    const { place } = logScale([10, 1000], [0, 100]);
    expect([10, 100, 1000].map(place)).toEqual([0, expect.closeTo(50), expect.closeTo(100)]);
  });

  test.each([
    [1, 150, undefined, [1, 2, 5, 10, 20, 50, 100]],
    [12, 80, undefined, [15, 20, 30, 40, 50, 70]],
    [20, 140, [24, 64, 128, 256], [24, 64, 128]],
  ])('from %p to %p with %p writes %p', (from, to, given, ticks) => {
    expect(logScale([from, to], [0, 1], given).ticks).toEqual(ticks);
  });
});
