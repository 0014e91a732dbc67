import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareOrders } from '../../../src/desk/shadow/compare-orders.ts';

const margins = fc.array(
  fc.record({
    compressed: fc.double({ min: -9, max: 9, noNaN: true }),
    raw: fc.double({ min: -9, max: 9, noNaN: true }),
  }),
  { minLength: 1, maxLength: 30 },
);

describe('compareOrders', () => {
  test('finds no drift between equal margins', () => {
    const pairs = [2, -1, 0].map((margin) => ({ compressed: margin, raw: margin }));
    expect(compareOrders(pairs)).toEqual({ dp: 0, keepsFirst: true, ndcg10: 1 });
  });

  // By hand, p(ln 3) = 0.75 and p(-ln 3) = 0.25: the swapped order gains 0.25 + 0.75 / log2(3).
  test('measures a swapped pair', () => {
    const [high, low] = [Math.log(3), -Math.log(3)];
    const drift = compareOrders([
      { compressed: low, raw: high },
      { compressed: high, raw: low },
    ]);
    expect(drift.dp).toBeCloseTo(0.5, 12);
    expect(drift.keepsFirst).toBe(false);
    expect(drift.ndcg10).toBeCloseTo(
      (0.25 + 0.75 / Math.log2(3)) / (0.75 + 0.25 / Math.log2(3)),
      12,
    );
  });

  test('the gain of the compressed order is never above that of the raw one', () => {
    fc.assert(
      fc.property(margins, (pairs) => {
        const { dp, ndcg10 } = compareOrders(pairs);
        expect(ndcg10).toBeGreaterThan(0);
        expect(ndcg10).toBeLessThanOrEqual(1 + 1e-12);
        expect(dp).toBeLessThanOrEqual(1);
      }),
    );
  });
});
