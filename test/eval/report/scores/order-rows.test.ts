import { expect, test } from '@jest/globals';
import { chunkPairs } from '../../../../src/eval/report/scores/order-rows.ts';

/** 30 queries, each with the same ten candidates. */
const pairs = Array.from({ length: 300 }, (_, i) => ({
  query: `q${Math.floor(i / 10)}`,
  candidate: `c${i % 10}`,
}));

test('query first, the pairs of a query stay in one chunk', () => {
  const chunks = chunkPairs(pairs, 'query-first');
  expect(chunks.map(({ length }) => length)).toEqual([200, 100]);
  expect(chunks[0]?.at(-1)).toEqual({ query: 'q19', candidate: 'c9' });
});

test('candidate first, those of a candidate do', () => {
  const chunks = chunkPairs(pairs, 'candidate-first');
  expect(chunks.map(({ length }) => length)).toEqual([210, 90]);
  expect(chunks[0]?.at(-1)).toEqual({ query: 'q29', candidate: 'c6' });
});
