import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { at } from '../../../src/base/at.ts';
import { createCostModel } from '../../../src/schedule/costs/cost.ts';
import { createRandom } from '../../../src/base/random.ts';

const run = (packedTokens: number, runMs: number) => ({ replica: 'cpu#0', packedTokens, runMs });
const sizes = [50, 120, 300, 500, 700, 1_000].flatMap((packedTokens) =>
  [60, 150, 400].map((perToken) => ({ packedTokens, slots: packedTokens * perToken })),
);
const trueMs = ({ packedTokens, slots }: { packedTokens: number; slots: number }) =>
  8 + 0.9 * packedTokens + 0.0004 * slots;

test('nothing is estimated before a run was seen', () => {
  expect(createCostModel().estimateMs({ packedTokens: 100 })).toBe(0);
  expect(createCostModel().estimateMs({ packedTokens: 100 }, 'cpu#0')).toBe(0);
});

test('the first run sets the pace and later ones move it', () => {
  const cost = createCostModel();
  cost.observe(run(100, 200));
  expect(cost.estimateMs({ packedTokens: 50 })).toBeCloseTo(100, 6);
  for (let i = 0; i < 200; i += 1) {
    cost.observe(run(100, 400));
    cost.observe(run(50, 200));
  }
  expect(cost.estimateMs({ packedTokens: 50 })).toBeCloseTo(200, 0);
});

describe('the shape of a cost', () => {
  test('fixed, per-token and per-slot costs are separated despite 10 % noise', () => {
    const cost = createCostModel();
    const random = createRandom(1);
    for (let i = 0; i < 400; i += 1) {
      const size = at(sizes, i % sizes.length);
      cost.observe({ replica: 'cpu#0', ...size, runMs: trueMs(size) * (0.9 + 0.2 * random()) });
    }
    for (const size of sizes) {
      expect(cost.estimateMs(size) / trueMs(size)).toBeGreaterThan(0.95);
      expect(cost.estimateMs(size) / trueMs(size)).toBeLessThan(1.05);
    }
    expect(cost.table().replicas[0]?.error).toBeLessThan(0.1);
  });

  test('one outlier changes little', () => {
    const cost = createCostModel();
    for (let i = 0; i < 60; i += 1) {
      const size = at(sizes, i % sizes.length);
      cost.observe({ replica: 'cpu#0', ...size, runMs: trueMs(size) });
    }
    const size = { packedTokens: 500, slots: 100_000 };
    const before = cost.estimateMs(size);
    cost.observe({ replica: 'cpu#0', ...size, runMs: 100 * before });
    expect(cost.estimateMs(size)).toBeLessThan(1.25 * before);
  });

  test('no estimate is negative or shrinks with size, whatever the runs were', () => {
    const anyRun = fc.record({
      packedTokens: fc.integer({ min: 1, max: 2_000 }),
      slots: fc.integer({ min: 1, max: 1_000_000 }),
      runMs: fc.double({ min: 0, max: 10_000, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(anyRun, { minLength: 1, maxLength: 60 }), (runs) => {
        const cost = createCostModel();
        runs.forEach((one) => cost.observe({ replica: 'cpu#0', ...one }));
        const small = cost.estimateMs({ packedTokens: 100, slots: 10_000 });
        const large = cost.estimateMs({ packedTokens: 200, slots: 20_000 });
        expect(small).toBeGreaterThanOrEqual(0);
        expect(large).toBeGreaterThanOrEqual(small);
        expect(large).toBeLessThan(Number.POSITIVE_INFINITY);
      }),
    );
  });
});

describe('replicas', () => {
  const learn = () => {
    const cost = createCostModel();
    for (let i = 0; i < 200; i += 1) {
      const size = at(sizes, (i * 7) % sizes.length);
      const slow = i % 4 === 3;
      const runMs = trueMs(size) * (slow ? 2 : 1);
      cost.observe({ replica: `cpu#${i % 4}`, ...size, runMs });
    }
    return cost;
  };
  const size = { packedTokens: 500, slots: 100_000 };

  test('a replica that is half as fast is learnt as that', () => {
    const cost = learn();
    expect(cost.estimateMs(size, 'cpu#1') / trueMs(size)).toBeCloseTo(1, 1);
    expect(cost.estimateMs(size, 'cpu#3') / cost.estimateMs(size, 'cpu#1')).toBeCloseTo(2, 1);
  });

  test('a new replica starts with the cost of its kind, or 0 for an unknown kind', () => {
    const cost = learn();
    const newcomer = cost.estimateMs(size, 'cpu#9');
    expect(newcomer).toBeGreaterThan(0.8 * trueMs(size));
    expect(newcomer).toBeLessThan(2 * trueMs(size));
    expect(cost.estimateMs(size, 'cuda:0')).toBe(0);
  });

  test('a model read back from its table estimates the same and keeps learning', () => {
    const cost = learn();
    const again = createCostModel(structuredClone(cost.table()));
    for (const replica of ['cpu#1', 'cpu#3', undefined]) {
      expect(again.estimateMs(size, replica) / cost.estimateMs(size, replica)).toBeCloseTo(1, 2);
    }
    for (let i = 0; i < 100; i += 1) {
      again.observe({ replica: 'cpu#1', ...size, runMs: 3 * trueMs(size) });
    }
    expect(again.estimateMs(size, 'cpu#1') / (3 * trueMs(size))).toBeCloseTo(1, 1);
  });

  test('without slots, the mean number of slots per token is assumed', () => {
    const cost = createCostModel();
    for (let i = 0; i < 50; i += 1) {
      const one = at(sizes, i % sizes.length);
      const slots = one.packedTokens * 200;
      cost.observe({ replica: 'cpu#0', ...one, slots, runMs: trueMs({ ...one, slots }) });
    }
    expect(cost.estimateMs({ packedTokens: 500 })).toBeCloseTo(trueMs(size), 0);
  });
});

describe('lists of recent times', () => {
  test("have the latest runs over the table's predictions, in order, without the replica's factor", () => {
    const cost = createCostModel();
    for (let i = 0; i < 1_200; i += 1) {
      cost.observe({ ...run(100, 200), handoverMs: i });
      cost.observe({ ...run(100, 400), replica: 'cpu#1' });
    }
    cost.observe(run(100, 800));
    const [kind] = cost.table().kinds;
    expect(kind?.runRatios).toHaveLength(1_000);
    const [before = 0, last = 0] = kind?.runRatios.slice(-2) ?? [];
    expect(before).toBeCloseTo(1, 0);
    expect(last / before).toBeCloseTo(4, 0);
    expect(kind?.handoverMs).toEqual(Array.from({ length: 1_000 }, (_, i) => i + 200));
  });

  test('include encoding', () => {
    const cost = createCostModel();
    cost.observeEncode(3);
    cost.observeEncode(5);
    expect(cost.table().encodeMs).toEqual([3, 5]);
  });
});
