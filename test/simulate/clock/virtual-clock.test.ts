import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { VirtualClock } from '../../../src/simulate/clock/virtual-clock.ts';

test('alarms fire at their moments, in the order of time and then of setting', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ atMs: fc.integer({ min: 0, max: 20 }), off: fc.boolean() })),
      async (given) => {
        const clock = new VirtualClock();
        const seen: string[] = [];
        const cancels = given.map(({ atMs }, i) =>
          clock.at(atMs, () => seen.push(`${atMs} ${i} at ${clock.nowMs()}`)),
        );
        given.forEach(({ off }, i) => off && cancels[i]?.());
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

test('work that an alarm starts is done before time moves', async () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  clock.at(5, () => void Promise.resolve().then(() => clock.at(7, () => seen.push(clock.nowMs()))));
  clock.at(10, () => seen.push(clock.nowMs()));
  await clock.run();
  expect(seen).toEqual([7, 10]);
});
