import { expect, test } from '@jest/globals';
import { SharedGpu } from '../../../src/simulate/server/shared-gpu.ts';
import { VirtualClock } from '../../../src/simulate/clock/virtual-clock.ts';

/** Starts runs at the given moments; returns when each ended. */
async function ends(rates: readonly number[], runs: readonly (readonly [number, number])[]) {
  const clock = new VirtualClock();
  const gpu = new SharedGpu(clock, rates);
  const endedAtMs = runs.map(() => 0);
  runs.forEach(([atMs, aloneMs], i) => {
    clock.at(atMs, () => {
      void gpu.run(aloneMs).then(() => {
        endedAtMs[i] = clock.nowMs();
      });
    });
  });
  await clock.run();
  return endedAtMs;
}

test('a run alone takes its own time', async () => {
  expect(await ends([1, 1.5], [[10, 40]])).toEqual([50]);
});

test('two runs share the rate of two', async () => {
  // Each progresses at 0.75 until the first is done, at 40 / 0.75; then the other runs alone.
  const [first, second] = await ends(
    [1, 1.5],
    [
      [0, 40],
      [0, 60],
    ],
  );
  expect(first).toBeCloseTo(40 / 0.75, 9);
  expect(second).toBeCloseTo(40 / 0.75 + 20, 9);
});

test('a run that joins later slows the first one down from then on', async () => {
  // 30 of 40 ms are done alone; the last 10 at half pace. The other then has 50 left.
  const [first, second] = await ends(
    [1, 1],
    [
      [0, 40],
      [30, 60],
    ],
  );
  expect(first).toBeCloseTo(50, 9);
  expect(second).toBeCloseTo(100, 9);
});

test('equal runs end at one moment', async () => {
  const ended = await ends(
    [1, 1.2],
    [
      [0, 6],
      [0, 6],
    ],
  );
  expect(ended[0]).toBeCloseTo(10, 9);
  expect(ended[1]).toBeCloseTo(10, 9);
});
