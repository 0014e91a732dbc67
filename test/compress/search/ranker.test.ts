import { expect, test } from '@jest/globals';
import { askRanker, divideProbes } from '../../../src/compress/search/ranker.ts';
import { fakeRanker } from '../fake-parts.ts';

test('divides probes so that both halves have all grades of answers', () => {
  const answers = Float64Array.of(0, 7, 3, 5, 1, 6, 2, 4);
  expect(divideProbes(answers, 4)).toEqual({ choosing: [1, 3, 2, 4], judging: [5, 7, 6, 0] });
  expect(divideProbes(answers, 8).judging).toEqual([]);
  expect(divideProbes(answers, 2).choosing).toEqual([1, 2]);
});

test('asks all probes on the original once, then only those that choose or judge', async () => {
  const { score, asked } = fakeRanker();
  const probes = { near: ['boat welder', 'boat'], far: ['nurse', 'cook'] };
  const text = 'a boat and its welder';
  const ranker = await askRanker({ text, probes, choosing: 2, score, signal: undefined });
  expect(asked).toEqual([{ source: { text }, queries: ['boat welder', 'boat', 'nurse', 'cook'] }]);
  const [same, other] = await ranker.diverge(['boat welder', 'nothing']);
  expect(same).toBe(0);
  expect(other).toBeGreaterThan(0.5);
  expect(asked.slice(1).map(({ queries }) => queries)).toEqual([
    ['boat welder', 'nurse'],
    ['boat welder', 'nurse'],
  ]);
  const [good, bad] = await ranker.judge(['boat', 'cook']);
  expect(good).toEqual({ kl: 0, dp: 0 });
  expect(bad?.dp).toBeGreaterThan(0.5);
  expect(asked.at(-1)?.queries).toEqual(['boat', 'cook']);
});

test('probes that choose judge too when there are no others', async () => {
  const { score, asked } = fakeRanker();
  const probes = { near: ['boat'], far: ['cook'] };
  const ranker = await askRanker({ text: 'boat', probes, choosing: 9, score, signal: undefined });
  expect(await ranker.judge(['boat'])).toEqual([{ kl: 0, dp: 0 }]);
  expect(asked.at(-1)?.queries).toEqual(['boat', 'cook']);
});
