import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chooseDepth, depthOf, prudentDeadlineMs } from '../../src/schedule/forecast/depth.ts';
import { forecast, type Size } from '../../src/schedule/forecast/forecast.ts';
import { measurePower } from '../../src/schedule/policy/capacity.ts';

/** The policy over the real forecast: a request of these lengths on a server of this load. */
interface World {
  readonly lengths: readonly number[];
  readonly floor: number;
  readonly above: number;
  readonly cut: number;
  readonly aheadTokens: number;
  readonly busyMs: readonly number[];
  readonly fixedMs: number;
  readonly leftMs: number;
}

const prefixTokens = 10;
const anyWorld = fc.record({
  lengths: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 60 }),
  floor: fc.integer({ min: 1, max: 30 }),
  above: fc.integer({ min: 0, max: 40 }),
  cut: fc.double({ min: 0, max: 1, noNaN: true }),
  aheadTokens: fc.integer({ min: 0, max: 500 }),
  busyMs: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 5 }),
  fixedMs: fc.integer({ min: 0, max: 20 }),
  leftMs: fc.integer({ min: 0, max: 2_000 }),
});

/** A length of 0 is a candidate that needs no run. */
function sizesOf(lengths: readonly number[]): readonly Size[] {
  const sizes = [{ candidates: 0, packedTokens: 0 }];
  for (const length of lengths) {
    const { candidates, packedTokens } = sizes.at(-1) ?? { candidates: 0, packedTokens: 0 };
    const prefix = candidates === 0 ? prefixTokens : 0;
    sizes.push(
      length === 0
        ? { candidates, packedTokens }
        : { candidates: candidates + 1, packedTokens: packedTokens + prefix + length },
    );
  }
  return sizes;
}

function look({ lengths, floor, above, cut, aheadTokens, busyMs, fixedMs, leftMs }: World) {
  const replicas = busyMs.map((busy, slot) => ({
    ...{ name: `cpu#${slot}`, batches: busy > 0 ? 1 : 0, packedTokens: 0, busyUntilMs: busy },
    ...{ tokenCap: Number.POSITIVE_INFINITY, lastBucket: 0 },
  }));
  const estimateMs = ({ packedTokens }: { packedTokens: number }) => fixedMs + packedTokens;
  const power = measurePower({ replicas, estimateMs }, 100, 0);
  const sorted = busyMs.toSorted((a, b) => a - b);
  const capacity = { busyMs: sorted, power, tokenBudget: 100, shareTokens: 25, marginMs: 30 };
  const inTime = (size: Size) =>
    forecast({ ...size, deadlineMs: leftMs, partialOk: false }, aheadTokens, capacity, 0).inTime;
  const sizes = sizesOf(lengths);
  const limits = { floor, ceiling: floor + above, targetMs: 100 };
  const most = depthOf({ load: 0, integral: 0, cut }, limits);
  return { sizes, most, inTime, depth: chooseDepth(sizes, { floor, most }, inTime) };
}

test('the depth lies between floor and ceiling, or is all there is', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const { depth } = look(world);
      expect(depth).toBeLessThanOrEqual(Math.min(world.floor + world.above, world.lengths.length));
      expect(depth).toBeGreaterThanOrEqual(Math.min(world.floor, world.lengths.length));
    }),
  );
});

test('it is the most that end in time: above the floor it ends in time, and nothing deeper does', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const { depth, most, sizes, inTime } = look(world);
      const canEnd = (size: Size | undefined) =>
        size !== undefined && (size.candidates === 0 || inTime(size));
      expect(depth <= world.floor || canEnd(sizes[depth])).toBe(true);
      expect(sizes.slice(depth + 1, most + 1).filter(canEnd)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('more time never makes it less', () => {
  fc.assert(
    fc.property(anyWorld, fc.integer({ min: 1, max: 500 }), (world, moreMs) => {
      const later = look({ ...world, leftMs: world.leftMs + moreMs });
      expect(later.depth).toBeGreaterThanOrEqual(look(world).depth);
    }),
  );
});

test('more load never makes it more, whether it runs, waits, or was learnt', () => {
  const anyMore = fc.record({
    cut: fc.double({ min: 0, max: 1, noNaN: true }),
    aheadTokens: fc.integer({ min: 0, max: 200 }),
    busyMs: fc.integer({ min: 0, max: 50 }),
  });
  fc.assert(
    fc.property(anyWorld, anyMore, (world, more) => {
      const loaded = look({
        ...world,
        cut: Math.min(1, world.cut + more.cut),
        aheadTokens: world.aheadTokens + more.aheadTokens,
        busyMs: world.busyMs.map((busy) => busy + more.busyMs),
      });
      expect(loaded.depth).toBeLessThanOrEqual(look(world).depth);
    }),
    { numRuns: 300 },
  );
});

test('a forecast that is shorter for more, which more replicas share, is looked past', () => {
  // One replica runs 49 tokens in 49 ms, two share 60 and take 30.
  const world = { floor: 1, above: 50, cut: 0, aheadTokens: 0, fixedMs: 0 };
  const lengths = [10, 10, 10, 20, 10];
  const { depth, sizes, inTime } = look({ ...world, lengths, busyMs: [0, 0], leftMs: 36 });
  expect(sizes.map(inTime)).toEqual([true, true, true, false, true, true]);
  expect(depth).toBe(5);
});

test('the deadline aimed at lies before the real one by a tenth of the time left', () => {
  expect(prudentDeadlineMs(1_000, 2_000)).toBe(1_900);
  expect(prudentDeadlineMs(1_000, Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
});
