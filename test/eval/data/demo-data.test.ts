import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { readDemoData } from '../../../src/eval/data/demo-data.ts';
import { selectQueries } from '../../../src/eval/data/select-queries.ts';

test('the demo has 300 postings and three queries of 50 candidates each, all with title and text', async () => {
  const folder = fileURLToPath(new URL('../../../models/demo', import.meta.url));
  const { postings, queries } = await readDemoData(folder);
  expect(postings).toHaveLength(300);
  expect(queries.map(({ candidates }) => candidates.length)).toEqual([50, 50, 50]);
  expect(postings.filter(({ title, text }) => title === '' || text.length < 300)).toEqual([]);
});

test('selectQueries spreads over the run and keeps its order', () => {
  const run = new Map(Array.from({ length: 10 }, (_, i) => [`q${i}`, []]));
  expect([...selectQueries(run, 3).keys()]).toEqual(['q0', 'q3', 'q6']);
  expect(selectQueries(run, 10)).toBe(run);
  expect(selectQueries(run, Infinity)).toBe(run);
});
