import { expect, test } from '@jest/globals';
import { createRandom } from '../../../src/base/random.ts';
import {
  drawArrivals,
  parseShape,
  type Stream,
} from '../../../src/simulate/traffic/traffic-streams.ts';

test('a shape is parsed, or refused with the form that is allowed', () => {
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

const stream: Stream = {
  client: 'a',
  class: 'interactive',
  requestsPerSecond: 20,
  shapes: [parseShape('10+3x40-60'), parseShape('20+1x5')],
  deadlineMs: 500,
};

test('arrivals are those of all streams by time, at their rates and in their shapes', () => {
  const other: Stream = { ...stream, client: 'b', class: 'deferrable', requestsPerSecond: 5 };
  const arrivals = drawArrivals([stream, other], 100, createRandom(1));
  const times = arrivals.map(({ atMs }) => atMs);
  expect(times).toEqual([...times].sort((x, y) => x - y));
  expect(Math.max(...times)).toBeLessThan(100_000);
  const ofB = arrivals.filter(({ client }) => client === 'b');
  expect(ofB.every((each) => each.class === 'deferrable')).toBe(true);
  // Poisson: means of 500 and 2,000, within four standard deviations.
  expect(Math.abs(ofB.length - 500)).toBeLessThan(90);
  expect(Math.abs(arrivals.length - ofB.length - 2_000)).toBeLessThan(180);
  for (const { prefixTokens, candidateTokens, deadlineMs } of arrivals) {
    expect([10, 20]).toContain(prefixTokens);
    expect(candidateTokens).toHaveLength(prefixTokens === 10 ? 3 : 1);
    const [least, most] = prefixTokens === 10 ? [40, 60] : [5, 5];
    expect(Math.min(...candidateTokens)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...candidateTokens)).toBeLessThanOrEqual(most);
    expect(deadlineMs).toBe(500);
  }
});

test('equal seeds give equal arrivals, others do not', () => {
  const draw = (seed: number) => drawArrivals([stream], 5, createRandom(seed));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});
