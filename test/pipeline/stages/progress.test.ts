import { describe, expect, test } from '@jest/globals';
import type { ScoreCall } from '../../../src/cache/score-source.ts';
import { ownRuns } from '../../../src/cache/score-source.ts';
import { RankProgress } from '../../../src/pipeline/stages/progress.ts';
import { fakeScore } from '../../support/fakes/shared-scores.ts';

const call: ScoreCall = {
  deadlineAtMs: 1_000,
  priority: 'interactive',
  signal: new AbortController().signal,
  partialOk: false,
};
const scoresOf = (...keys: string[]) => new Map(keys.map((key) => [key, fakeScore(key)]));
const encoded = {
  kept: [],
  request: { prefix: new Int32Array(), candidates: [] },
  bad: new Map(),
  encodeMs: 3,
};
const cost = { prefixTokens: 5, packedTokens: 20, batches: 1, queueMs: 1, runMs: 7 };

function addRun(progress: RankProgress, keys: readonly string[], ran = keys): void {
  const claim = ownRuns.claim(keys, call);
  progress.addRun(claim, encoded, { scores: scoresOf(...ran), ...cost });
  progress.addFollowed([]);
}

describe('a request', () => {
  test('needs no round when all its scores are known', () => {
    const progress = new RankProgress(['a', 'b', 'a'], scoresOf('a', 'b'));
    expect(progress.needsRound(call, 2_000)).toBe(false);
    expect(progress.executed.size).toBe(0);
  });

  test('lists a missing key once', () => {
    expect(new RankProgress(['a', 'b', 'a', 'c'], scoresOf('c')).missing).toEqual(['a', 'b']);
  });

  test('needs no round after its own run was cut by the deadline', () => {
    const progress = new RankProgress(['a', 'b'], new Map());
    addRun(progress, ['a', 'b'], ['b']);
    expect(progress.needsRound(call, 0)).toBe(false);
    expect([...progress.executed]).toEqual(['b']);
  });

  test('needs another round when the run that it waited for gave no scores', () => {
    const progress = new RankProgress(['a', 'b'], new Map());
    progress.addFollowed([new Map(), scoresOf('b', 'unasked')]);
    expect(progress.needsRound(call, 999)).toBe(true);
    expect(progress.missing).toEqual(['a']);
    expect([...progress.scores.keys()]).toEqual(['b']);
  });

  test('adds up the costs of its rounds, the prefix once', () => {
    const progress = new RankProgress(['a', 'b'], new Map());
    addRun(progress, ['a']);
    addRun(progress, ['b']);
    expect(progress.spent).toEqual({
      prefixTokens: 5,
      packedTokens: 40,
      batches: 2,
      encodeMs: 6,
      queueMs: 2,
      runMs: 14,
    });
  });
});

describe('after the deadline', () => {
  test('a partial answer needs no round', () => {
    const progress = new RankProgress(['a'], new Map());
    expect(progress.needsRound({ ...call, partialOk: true }, 1_000)).toBe(false);
  });

  test('the error of a request that waited for another one says so', () => {
    const progress = new RankProgress(['a', 'b'], scoresOf('a'));
    const message = 'the deadline passed with 1 of 2 candidates scored';
    expect(() => progress.needsRound(call, 1_000)).toThrow(new Error(message));
    progress.addFollowed([]);
    expect(() => progress.needsRound(call, 1_000)).toThrow(
      new Error(`${message}; the rest ran for an equal request`),
    );
  });
});

test('a request whose caller has gone ends as cancelled', () => {
  const progress = new RankProgress(['a'], new Map());
  expect(() => progress.needsRound({ ...call, signal: AbortSignal.abort() }, 0)).toThrow(
    'the caller has gone',
  );
});
