import { expect, test } from '@jest/globals';
import { queryRuns } from '../../src/desk/query-runs.ts';

test.each([
  ['one query for all', ['q'], ['a', 'b'], [['q', 'a,b']]],
  ['one query and no text', ['q'], [], [['q', '']]],
  [
    'pairs, of which equal neighbours are one run',
    ['q', 'q', 'r', 'q'],
    ['a', 'b', 'c', 'd'],
    [
      ['q', 'a,b'],
      ['r', 'c'],
      ['q', 'd'],
    ],
  ],
  ['numbers that do not fit', ['q', 'r'], ['a'], undefined],
])('%s', (_case, queries, texts, expected) => {
  expect(queryRuns(queries, texts)?.map((run) => [run.query, run.texts.join()])).toEqual(expected);
});
