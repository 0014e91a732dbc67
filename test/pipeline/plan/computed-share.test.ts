import { expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import type { EncodedRequest } from '../../../src/batch/packed-batch.ts';
import { type Segment, readsPerToken, tokenSegment } from '../../../src/batch/segment.ts';
import { ComputedShare } from '../../../src/pipeline/plan/computed-share.ts';
import { testRequest } from '../../support/models/tiny-pipeline.ts';

const tokens = 10 * readsPerToken;
const suffix = Int32Array.of(1, 2);
const prefix = Int32Array.of(1, 2, 3);

/** 50 candidates, of which `hits` are stored. */
function request(hits: number): EncodedRequest {
  const ids = new Int32Array(tokens + suffix.length);
  const candidates = Array.from({ length: 50 }, () => {
    return { ids, tokens, truncated: false };
  });
  const suffixes = candidates.map(
    (_, place): Segment =>
      place < hits
        ? { kind: 'states', ids: suffix, rows: new Int32Array(tokens) }
        : tokenSegment(ids),
  );
  return { prefix, candidates, segments: { prefix: tokenSegment(prefix), suffixes } };
}

const whole = () => {
  return { prefixTokens: 3, suffixTokens: 2, candidateTokens: [tokens, tokens], packedTokens: 247 };
};
const asked = testRequest('q', ['a', 'b']);

test('estimates are whole until stored candidates are seen', () => {
  const share = new ComputedShare();
  const { prefix: shared, candidates } = request(0);
  share.observe({ prefix: shared, candidates });
  share.observe(request(0));
  expect(share.reduce(whole, 1_000)(asked, asked.candidates)).toEqual(whole());
});

test('candidates count for what they cost, the query and the prefix for all they have', () => {
  const share = new ComputedShare();
  for (let i = 0; i < 200; i++) {
    share.observe(request(50));
  }
  const { candidateTokens, packedTokens } = share.reduce(whole, 1_000)(asked, asked.candidates);
  expect(candidateTokens).toEqual([11, 11]);
  expect(packedTokens).toBe(3 + 2 * (11 + 2));
});

test('the share follows the traffic', () => {
  const share = new ComputedShare();
  const estimate = share.reduce(whole, 1_000);
  const estimated = () => at(estimate(asked, asked.candidates).candidateTokens, 0);
  share.observe(request(25));
  const first = estimated();
  for (let i = 0; i < 100; i++) {
    share.observe(request(25));
  }
  expect(first).toBeLessThan(tokens);
  expect(estimated()).toBeLessThan(first);
  expect(estimated()).toBeGreaterThanOrEqual((tokens + tokens / readsPerToken) / 2);
});
