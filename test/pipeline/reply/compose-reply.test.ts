import { expect, test } from '@jest/globals';
import type { Score } from '../../../src/cache/score-cache.ts';
import { composeReply } from '../../../src/pipeline/reply/compose-reply.ts';
import { testRequest } from '../../support/models/tiny-pipeline.ts';

const spent = {
  prefixTokens: 4,
  packedTokens: 20,
  batches: 1,
  encodeMs: 1,
  queueMs: 2,
  runMs: 3,
};
const scoreOf = (yes: number, tokens: number): Score => ({ yes, no: 0, tokens, truncated: false });
const blank = {
  ...scoreOf(0, 0),
  bad: { reason: 'BLANK', field: 'text', description: 'has nothing to read' },
} as const;

function compose(
  texts: readonly string[],
  keys: readonly string[],
  scores: readonly (readonly [string, Score])[],
  executed: readonly string[] = [],
) {
  const request = testRequest('q', texts);
  const progress = { scores: new Map(scores), executed: new Set(executed), spent };
  return composeReply(request, keys, progress, 10);
}

test('scores of equal keys serve every candidate, and those not run for the request are cached', () => {
  const { results, usage, complete, times } = compose(
    ['a', 'b', 'a'],
    ['ka', 'kb', 'ka'],
    [
      ['ka', scoreOf(1, 5)],
      ['kb', scoreOf(2, 7)],
    ],
    ['kb'],
  );
  expect(results.map(({ index, logit, cached }) => [index, logit, cached])).toEqual([
    [1, 2, false],
    [0, 1, true],
    [2, 1, true],
  ]);
  expect(usage).toMatchObject({
    candidates: 3,
    scored: 3,
    cached: 2,
    candidateTokens: 17,
    packedTokens: 20,
    depth: 3,
  });
  expect(complete).toBe(true);
  expect(times).toEqual({ encodeMs: 1, queueMs: 2, runMs: 3, totalMs: 10 });
});

test('candidates beyond the depth are left unscored, and the reply is complete without them', () => {
  const reply = compose(['a', 'b', 'c'], ['ka'], [['ka', scoreOf(1, 5)]]);
  expect(reply.results.map(({ index, scored }) => [index, scored])).toEqual([
    [0, true],
    [1, false],
    [2, false],
  ]);
  expect(reply).toMatchObject({ complete: true, usage: { candidates: 3, scored: 1, depth: 1 } });
});

test('a reply without the score of one of its keys is not complete', () => {
  expect(compose(['a', 'b'], ['ka', 'kb'], [['kb', scoreOf(1, 5)]]).complete).toBe(false);
});

test('a bad candidate has no score and is counted by its reason', () => {
  const { results, usage, skipped, complete } = compose(
    ['a', ' '],
    ['ka', 'kb'],
    [
      ['ka', scoreOf(1, 5)],
      ['kb', blank],
    ],
  );
  expect(results[1]).toMatchObject({ index: 1, scored: false, cached: false, skipped: 'BLANK' });
  expect(usage).toMatchObject({ scored: 1, cached: 1, candidateTokens: 5 });
  expect([skipped, complete]).toEqual([{ BLANK: 1 }, true]);
});
