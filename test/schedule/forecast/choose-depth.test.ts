import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chooseDepth, depthOf, prudentDeadlineAtMs } from '../../../src/schedule/forecast/depth.ts';
import { forecast, type Size } from '../../../src/schedule/forecast/forecast.ts';
import { measureCapacity } from '../../../src/schedule/policy/capacity.ts';
import { anyCall } from '../../support/fakes/scheduler.ts';

/** A request of these lengths on a server of this load, judged by the real forecast. */
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

/** A length of 0 stands for a candidate whose score is cached. */
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

function choose({ lengths, floor, above, cut, aheadTokens, busyMs, fixedMs, leftMs }: World) {
  const replicas = busyMs.map((busy, slot) => ({
    name: `cpu#${slot}`,
    batches: busy > 0 ? 1 : 0,
    packedTokens: 0,
    freeAtMs: busy,
    tokenCap: Number.POSITIVE_INFINITY,
    lastBucket: 0,
  }));
  const estimateMs = ({ packedTokens }: { packedTokens: number }) => fixedMs + packedTokens;
  const capacity = measureCapacity({ replicas, estimateMs }, 100, 0);
  const view = {
    nowMs: 0,
    aheadTokens,
    busyMs: busyMs.toSorted((a, b) => a - b),
    capacity,
    tokenBudget: 100,
    shareTokens: 25,
    marginMs: 30,
  };
  const call = anyCall({ deadlineAtMs: leftMs });
  const inTime = (size: Size) => forecast(size, call, view).inTime;
  const sizes = sizesOf(lengths);
  const limits = { floor, ceiling: floor + above, targetMs: 100 };
  const most = depthOf({ load: 0, integral: 0, cut }, limits);
  return { sizes, most, inTime, depth: chooseDepth(sizes, { floor, most }, inTime) };
}

test('the depth lies between floor and ceiling, or is the number of candidates', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const { depth } = choose(world);
      expect(depth).toBeLessThanOrEqual(Math.min(world.floor + world.above, world.lengths.length));
      expect(depth).toBeGreaterThanOrEqual(Math.min(world.floor, world.lengths.length));
    }),
  );
});

test('above the floor the depth ends in time, and no greater depth does', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const { depth, most, sizes, inTime } = choose(world);
      const canEnd = (size: Size | undefined) =>
        size !== undefined && (size.candidates === 0 || inTime(size));
      expect(depth <= world.floor || canEnd(sizes[depth])).toBe(true);
      expect(sizes.slice(depth + 1, most + 1).filter(canEnd)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('more time never reduces the depth', () => {
  fc.assert(
    fc.property(anyWorld, fc.integer({ min: 1, max: 500 }), (world, moreMs) => {
      const later = choose({ ...world, leftMs: world.leftMs + moreMs });
      expect(later.depth).toBeGreaterThanOrEqual(choose(world).depth);
    }),
  );
});

test('more load never increases the depth, whether it is running, queued or in the controller', () => {
  const anyMore = fc.record({
    cut: fc.double({ min: 0, max: 1, noNaN: true }),
    aheadTokens: fc.integer({ min: 0, max: 200 }),
    busyMs: fc.integer({ min: 0, max: 50 }),
  });
  fc.assert(
    fc.property(anyWorld, anyMore, (world, more) => {
      const loaded = choose({
        ...world,
        cut: Math.min(1, world.cut + more.cut),
        aheadTokens: world.aheadTokens + more.aheadTokens,
        busyMs: world.busyMs.map((busy) => busy + more.busyMs),
      });
      expect(loaded.depth).toBeLessThanOrEqual(choose(world).depth);
    }),
    { numRuns: 300 },
  );
});

test('a greater depth is found even if a smaller one would end late', () => {
  // One replica runs 49 tokens in 49 ms; two replicas divide 60 tokens and take 30 ms.
  const world = { floor: 1, above: 50, cut: 0, aheadTokens: 0, fixedMs: 0 };
  const lengths = [10, 10, 10, 20, 10];
  const { depth, sizes, inTime } = choose({ ...world, lengths, busyMs: [0, 0], leftMs: 36 });
  expect(sizes.map(inTime)).toEqual([true, true, true, false, true, true]);
  expect(depth).toBe(5);
});

test('a tenth of the time left is kept in reserve', () => {
  expect(prudentDeadlineAtMs(1_000, 2_000)).toBe(1_900);
  expect(prudentDeadlineAtMs(1_000, Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
});
