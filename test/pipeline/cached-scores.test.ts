import { describe, expect, test } from '@jest/globals';
import { RankError } from '../../src/base/errors.ts';
import type { RankReply, RankRequest } from '../../src/domain/rank.ts';
import { settle } from '../support/fakes/clock.ts';
import { setUpPipeline } from '../support/fakes/pipeline-parts.ts';
import { anyCall } from '../support/fakes/scheduler.ts';
import { noDeadline } from '../support/models/tiny-pipeline.ts';

const cached = { useCache: true };

function setUp() {
  const parts = setUpPipeline();
  const { runner, rank, encode } = parts;
  /** Ranks and runs a request. `firstId` decides the tokens and scores of its candidates. */
  const rankWhole = async (changed: Partial<RankRequest> = cached, firstId = 0) => {
    const reply = rank(changed);
    await encode(undefined, firstId);
    runner.last.finish();
    return reply;
  };
  return { ...parts, rankWhole };
}

const flagsOf = ({ results }: RankReply) =>
  results.map(({ index, scored, cached: isCached }) => [index, scored, isCached]);

describe('a request that was asked before', () => {
  test('runs nothing and gets the same scores to the last digit', async () => {
    const { encoders, runner, rank, rankWhole } = setUp();
    const fresh = await rankWhole();
    const again = await rank(cached);
    expect(encoders.asked).toHaveLength(1);
    expect(runner.runs).toHaveLength(1);
    expect(again.results).toEqual(fresh.results.map((result) => ({ ...result, cached: true })));
    expect(again).toMatchObject({
      usage: { scored: 3, cached: 3, prefixTokens: 0, packedTokens: 0, batches: 0 },
      times: { encodeMs: 0, queueMs: 0, runMs: 0 },
      complete: true,
    });
    expect(again.usage.candidateTokens).toBe(fresh.usage.candidateTokens);
  });

  test('is answered when the queue is full', async () => {
    const { admission, rank, rankWhole } = setUp();
    await rankWhole();
    admission.admit({ candidates: 99, packedTokens: 10 }, anyCall());
    expect((await rank(cached)).usage.cached).toBe(3);
    await expect(rank()).rejects.toMatchObject({ reason: 'QUEUE_FULL' });
  });

  test('with no_cache runs, and stores no scores', async () => {
    const { encoders, rankWhole } = setUp();
    await rankWhole({ useCache: false });
    expect((await rankWhole()).usage.cached).toBe(0);
    expect((await rankWhole({ useCache: false }, 10)).usage.cached).toBe(0);
    expect(encoders.asked).toHaveLength(3);
  });

  test('runs when anything that influences the score has changed', async () => {
    const { encoders, rankWhole } = setUp();
    await rankWhole();
    await rankWhole({ ...cached, instruction: 'find' });
    await rankWhole({ ...cached, maxCandidateTokens: 3 });
    expect(encoders.asked).toHaveLength(3);
  });
});

describe('a request with some known scores', () => {
  const candidates = ['new', 'x'.repeat(40), 'other', 'new'].map((text, index) => ({
    id: `c${index}`,
    title: undefined,
    text,
    version: undefined,
  }));

  test('runs each of the other texts once, and is admitted for those only', async () => {
    const { admission, encoders, runner, rank, rankWhole, encode } = setUp();
    await rankWhole();
    const reply = rank({ ...cached, candidates });
    // The query and the two new texts are three words.
    expect(admission.held).toEqual({ candidates: 2, tokens: 3 });
    expect(encoders.asked[1]?.task.candidates.map(({ text }) => text)).toEqual(['new', 'other']);
    await encode([5, 6], 20);
    runner.last.finish();
    const { results, usage } = await reply;
    expect(results.map(({ index, logit, cached: isCached }) => [index, logit, isCached])).toEqual([
      [2, 42.5, false],
      [0, 40.5, false],
      [3, 40.5, false],
      [1, 0.5, true],
    ]);
    expect(usage).toMatchObject({ candidates: 4, scored: 4, cached: 1, packedTokens: 15 });
    expect(admission.held).toEqual({ candidates: 0, tokens: 0 });
  });

  test('gets a refusal that names the candidates by its own places', async () => {
    const { encoders, rank, rankWhole } = setUp();
    await rankWhole();
    const reply = rank({ ...cached, candidates });
    const field = 'candidates[1].text';
    const violations = [{ field, description: 'is too long' }];
    encoders.asked[1]?.reply.reject(
      new RankError('invalid-argument', `${field} is too long`, { violations }),
    );
    await expect(reply).rejects.toMatchObject({
      kind: 'invalid-argument',
      message: 'candidates[2].text is too long',
      violations: [{ field: 'candidates[2].text', description: 'is too long' }],
    });
  });
});

describe('equal requests at the same time', () => {
  test('are run once', async () => {
    const { admission, encoders, runner, rank, encode } = setUp();
    const replies = Array.from({ length: 10 }, () => rank(cached));
    expect(admission.held).toEqual({ candidates: 3, tokens: 5 });
    await encode();
    runner.last.finish();
    const scored = await Promise.all(replies);
    expect(encoders.asked).toHaveLength(1);
    expect(runner.runs).toHaveLength(1);
    expect(
      new Set(scored.map(({ results }) => JSON.stringify(results.map((r) => r.logit)))).size,
    ).toBe(1);
    expect(scored.map(({ usage }) => usage.cached)).toEqual([0, ...new Array<number>(9).fill(3)]);
    expect(admission.held).toEqual({ candidates: 0, tokens: 0 });
  });

  test('succeed although the one that ran fails and another caller leaves', async () => {
    const { encoders, runner, rank, encode } = setUp();
    const caller = new AbortController();
    const first = rank(cached);
    const gone = rank(cached, { ...noDeadline(), signal: caller.signal });
    const last = rank(cached);
    encoders.asked[0]?.reply.reject(new Error('the thread ended'));
    await expect(first).rejects.toMatchObject({ kind: 'internal' });
    await settle();
    expect(encoders.asked).toHaveLength(2);
    caller.abort();
    await encode();
    runner.last.finish();
    expect((await last).complete).toBe(true);
    await expect(gone.then(({ complete }) => complete)).resolves.toBe(true);
  });

  test('a drain waits for requests that follow the run of another', async () => {
    const { encoders, runner, pipeline, rank, encode } = setUp();
    const replies = [rank(cached), rank(cached)];
    const drained = pipeline.drain();
    encoders.asked[0]?.reply.reject(new Error('the thread ended'));
    await expect(replies[0]).rejects.toThrow();
    await settle();
    expect(encoders.isClosed).toBe(false);
    await encode();
    runner.last.finish();
    expect((await replies[1])?.complete).toBe(true);
    await drained;
    expect(encoders.isClosed).toBe(true);
  });
});

describe('a partial answer', () => {
  test('stores its scores in the cache, and nothing else', async () => {
    const { clock, encoders, runner, rank, encode } = setUp();
    const call = { ...noDeadline(), deadlineAtMs: clock.nowMs() + 400 };
    const partial = rank({ ...cached, partialOk: true }, call);
    await encode([60, 20, 60]);
    runner.runs[0]?.finish();
    await settle();
    await clock.advance(380);
    expect(flagsOf(await partial)).toEqual([
      [1, true, false],
      [0, true, false],
      [2, false, false],
    ]);
    void rank(cached);
    expect(encoders.asked[1]?.task.candidates.map(({ text }) => text)).toEqual(['']);
  });

  test('of a request that follows another has the known scores', async () => {
    const { clock, rank, rankWhole } = setUp();
    await rankWhole();
    const candidates = ['y', 'new'].map((text) => ({
      id: '',
      title: undefined,
      text,
      version: undefined,
    }));
    const wanted = { ...cached, candidates, partialOk: true };
    void rank(wanted, { ...noDeadline(), deadlineAtMs: clock.nowMs() + 500 });
    const reply = rank(wanted, { ...noDeadline(), deadlineAtMs: clock.nowMs() + 400 });
    await clock.advance(380);
    expect(flagsOf(await reply)).toEqual([
      [0, true, true],
      [1, false, false],
    ]);
    expect(await reply).toMatchObject({
      complete: false,
      usage: { scored: 1, cached: 1, depth: 2 },
    });
  });
});

describe('the depth', () => {
  test('bounds a request with adaptive depth; the rest follows in input order', async () => {
    const { encoders, runner, rank, encode } = setUp();
    const reply = rank({ adaptiveDepth: true });
    expect(encoders.asked[0]?.task.candidates).toHaveLength(2);
    await encode([9, 5]);
    runner.last.finish();
    expect(flagsOf(await reply)).toEqual([
      [1, true, false],
      [0, true, false],
      [2, false, false],
    ]);
    expect(await reply).toMatchObject({
      complete: true,
      usage: { candidates: 3, scored: 2, depth: 2 },
    });
  });

  test('does not bound other requests', async () => {
    const { rankWhole } = setUp();
    expect((await rankWhole({})).usage).toMatchObject({ scored: 3, depth: 3 });
  });
});

test('the gauges show admission, queue, depth, cache and buckets', async () => {
  const { pipeline, rank, rankWhole } = setUp();
  await rankWhole();
  await rank(cached);
  void rank();
  expect(pipeline.gauges()).toEqual({
    admittedCandidates: 3,
    admittedTokens: 5,
    queuedMs: expect.any(Number),
    queuedRequests: 0,
    runningRequests: expect.any(Number),
    queuedCandidates: 0,
    queuedTokens: 0,
    rankingDepth: 2,
    cacheEntries: 3,
    cacheBytes: 540,
    cacheHits: 3,
    cacheMisses: 3,
    bucketWaste: expect.closeTo(0.31, 1),
    proposedBucketWaste: 0,
  });
});
