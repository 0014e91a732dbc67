import { expect, test } from '@jest/globals';
import { packedSize } from '../../src/batch/packed-size.ts';
import { settle } from '../support/fakes/clock.ts';
import { setUpScheduler, times } from '../support/fakes/scheduler.ts';

test.each([
  [{ prefixTokens: 4, candidates: 3, candidateTokens: 21 }, 25],
  // 96 of a batch of 100 are for candidates.
  [{ prefixTokens: 4, candidates: 24, candidateTokens: 97 }, 2 * 4 + 97],
  [{ prefixTokens: 4, candidates: 24, candidateTokens: 96 }, 4 + 96],
  // A candidate longer than the budget runs alone: no more batches than candidates.
  [{ prefixTokens: 60, candidates: 2, candidateTokens: 400 }, 2 * 60 + 400],
  [{ prefixTokens: 200, candidates: 1, candidateTokens: 10 }, 210],
  [{ prefixTokens: 0, candidates: 0, candidateTokens: 0 }, 0],
])('%j is %i packed tokens', (size, tokens) => {
  expect(packedSize(size, 100)).toBe(tokens);
});

test.each([
  [30, 8],
  [7, 40],
  [3, 9],
])('the size of %i candidates of %i tokens is what the scheduler packs', async (count, length) => {
  const { runner, rank, clock } = setUpScheduler();
  const result = rank(times(count, length));
  // Each candidate is at most one batch.
  for (let turn = 0; turn < count; turn++) {
    runner.runs.forEach((run) => run.finish());
    await clock.advance(1);
    await settle();
  }
  const { packedTokens, batches } = await result;
  const prefixTokens = (packedTokens - count * length) / batches;
  const size = { prefixTokens, candidates: count, candidateTokens: count * length };
  expect(packedSize(size, 100)).toBe(packedTokens);
});
