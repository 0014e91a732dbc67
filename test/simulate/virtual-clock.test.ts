import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { drawExponential, drawFactor, drawFromQuantiles } from '../../src/simulate/draw.ts';
import { parseShape } from '../../src/simulate/traffic-streams.ts';
import { VirtualClock } from '../../src/simulate/virtual-clock.ts';
import { createRandom } from '../../src/base/random.ts';

test('alarms go off in order of time, equal ones in the order set, each at its moment', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ atMs: fc.integer({ min: 0, max: 20 }), off: fc.boolean() })),
      async (given) => {
        const clock = new VirtualClock();
        const seen: string[] = [];
        const callOffs = given.map(({ atMs }, i) =>
          clock.at(atMs, () => seen.push(`${atMs} ${i} at ${clock.nowMs()}`)),
        );
        given.forEach(({ off }, i) => off && callOffs[i]?.());
        await clock.run();
        const due = given
          .map(({ atMs, off }, i) => ({ atMs, off, i }))
          .filter(({ off }) => !off)
          .sort((a, b) => a.atMs - b.atMs || a.i - b.i);
        expect(seen).toEqual(due.map(({ atMs, i }) => `${atMs} ${i} at ${atMs}`));
      },
    ),
    { numRuns: 50 },
  );
});

test('what an alarm sets off goes on before time moves', async () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  clock.at(5, () => void Promise.resolve().then(() => clock.at(7, () => seen.push(clock.nowMs()))));
  clock.at(10, () => seen.push(clock.nowMs()));
  await clock.run();
  expect(seen).toEqual([7, 10]);
});

test('draws have the mean they should', () => {
  const random = createRandom(5);
  const mean = (draw: () => number) =>
    Array.from({ length: 20_000 }, draw).reduce((sum, value) => sum + value, 0) / 20_000;
  expect(mean(() => drawExponential(random, 40))).toBeCloseTo(40, -0.3);
  expect(mean(() => drawFactor(random, 0.3))).toBeCloseTo(1, 1);
  expect(drawFactor(random, 0)).toBe(1);
  expect(mean(() => drawFromQuantiles(random, [0, 10, 40]))).toBeCloseTo(15, 0);
});

test('a shape is read, or refused with what is allowed', () => {
  expect(parseShape('50+20x150')).toEqual({
    prefixTokens: 50,
    candidates: 20,
    lengths: [150, 150],
  });
  expect(parseShape('0+1x40-300').lengths).toEqual([40, 300]);
  expect(parseShape('63+16xpostings').lengths).toHaveLength(21);
  for (const text of ['', '50', '50+0x10', '50+5x0', '50+5xlong', '-1+5x10']) {
    expect(() => parseShape(text)).toThrow(/is no shape; allowed: PREFIX\+COUNTxLENGTH/);
  }
});
