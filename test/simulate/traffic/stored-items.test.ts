import { expect, test } from '@jest/globals';
import { createRandom } from '../../../src/base/random.ts';
import { rankStored } from '../../../src/simulate/traffic/stored-items.ts';
import type { Arrival } from '../../../src/simulate/traffic/traffic-streams.ts';

const arrivals: readonly Arrival[] = Array.from({ length: 400 }, (_, n) => ({
  client: 'c',
  class: 'interactive',
  atMs: n,
  deadlineMs: undefined,
  prefixTokens: 60,
  candidateTokens: [240, 300, 12],
}));
const stored = (share: number) =>
  rankStored(arrivals, { share, candidateTokens: 40 }, createRandom(3)).map(
    ({ candidateTokens }) => candidateTokens.join(' ') === '40 40 12',
  );

test('candidates of stored items are cut to the budget; shorter ones stay', () => {
  expect(stored(1).every(Boolean)).toBe(true);
  expect(rankStored(arrivals, { share: 0, candidateTokens: 40 }, createRandom(3))).toEqual(
    arrivals,
  );
});

test('a larger share has the requests of a smaller one', () => {
  const [quarter, half] = [stored(0.25), stored(0.5)];
  const count = (which: readonly boolean[]) => which.filter(Boolean).length;
  expect(count(quarter)).toBeGreaterThan(60);
  expect(count(quarter)).toBeLessThan(140);
  expect(count(half)).toBeGreaterThan(160);
  expect(count(half)).toBeLessThan(240);
  expect(quarter.every((isStored, n) => !isStored || half[n])).toBe(true);
});
