import { describe, expect, test } from '@jest/globals';
import { settle } from '../support/fakes/clock.ts';
import { setUpPipeline as setUp } from '../support/fakes/pipeline-parts.ts';
import { anyCall } from '../support/fakes/scheduler.ts';
import { noDeadline, testRequest } from '../support/models/tiny-pipeline.ts';

const nothingHeld = { candidates: 0, tokens: 0 };

describe('the life of a request', () => {
  test('admitted, encoded, scheduled, ordered, replied to', async () => {
    const { clock, runner, rank, encode } = setUp();
    const reply = rank();
    await clock.advance(3);
    await encode();
    await clock.advance(20);
    runner.last.finish();
    expect(await reply).toEqual({
      results: [2, 1, 0].map((index) => ({
        index,
        score: 2 * index + 0.5,
        logit: 2 * index + 0.5,
        tokens: [9, 5, 7][index],
        truncated: false,
        scored: true,
        cached: false,
      })),
      usage: {
        candidates: 3,
        scored: 3,
        truncated: 0,
        prefixTokens: 4,
        candidateTokens: 21,
        packedTokens: 25,
        batches: 1,
        cached: 0,
        depth: 3,
      },
      times: { encodeMs: 3, queueMs: 0, runMs: 20, totalMs: 23 },
      complete: true,
    });
  });

  test('reports the buckets that were tuned and applied', async () => {
    for (const [mode, buckets] of [
      ['propose', [10, 20, 40]],
      ['apply', [8, 16, 40]],
    ] as const) {
      const { pipeline, rank, encode } = setUp(mode);
      expect(pipeline.buckets()).toEqual([10, 20, 40]);
      void rank();
      await encode([9, 5, 7]);
      expect(pipeline.buckets()).toEqual(buckets);
    }
  });

  test('the encoder gets the texts and nothing else', async () => {
    const { encoders, rank } = setUp();
    void rank({ instruction: 'find', maxCandidateTokens: 7, topN: 1 });
    await settle();
    const { query, instruction, context } = testRequest('abcd', []);
    const texts = ['x'.repeat(40), 'y', ''];
    expect(encoders.asked[0]?.task).toEqual({
      query,
      instruction: instruction ?? 'find',
      context,
      candidates: texts.map((text) => ({ title: undefined, text })),
      truncation: 'end',
      maxCandidateTokens: 7,
    });
  });

  test('tokens are estimated from the texts, then counted, then released', async () => {
    const { runner, admission, rank, encode } = setUp();
    const reply = rank();
    // Words of 4, 40, 1 and 0 letters have about a token each, and more for more letters.
    expect(admission.held).toEqual({ candidates: 3, tokens: 5 });
    await encode();
    expect(admission.held).toEqual({ candidates: 3, tokens: 25 });
    runner.last.finish();
    await reply;
    expect(admission.held).toEqual(nothingHeld);
  });
});

test('a candidate whose text was cut counts as truncated, whatever its tokens', async () => {
  const { runner, pipeline, encode } = setUp();
  const { candidates, ...request } = testRequest('abcd', ['x', 'y']);
  const cut = candidates.map((each, i) => (i === 1 ? { ...each, isCut: true } : each));
  const reply = pipeline.rank({ ...request, candidates: cut }, noDeadline());
  await encode([9, 5]);
  runner.last.finish();
  const { results, usage } = await reply;
  expect(results.map(({ index, truncated }) => [index, truncated])).toEqual([
    [1, true],
    [0, false],
  ]);
  expect(usage.truncated).toBe(1);
});

describe('a request that fails', () => {
  test('is refused before any work when the queue is full', async () => {
    const { encoders, admission, rank } = setUp();
    admission.admit({ candidates: 99, packedTokens: 10 }, anyCall());
    await expect(rank()).rejects.toMatchObject({ kind: 'overloaded', reason: 'QUEUE_FULL' });
    expect(encoders.asked).toHaveLength(0);
  });

  test('gives its permit back when the encoder fails', async () => {
    const { admission, encoders, rank } = setUp();
    const reply = rank();
    encoders.asked[0]?.reply.reject(new Error('the thread ended'));
    await expect(reply).rejects.toMatchObject({ kind: 'internal', message: 'the thread ended' });
    expect(admission.held).toEqual(nothingHeld);
  });

  test('is not scheduled when its deadline passes during encoding', async () => {
    const { clock, runner, admission, rank, encode } = setUp();
    const reply = rank({}, { ...noDeadline(), deadlineAtMs: clock.nowMs() + 10 });
    await clock.advance(10);
    await encode();
    await expect(reply).rejects.toMatchObject({ kind: 'deadline-exceeded' });
    expect(runner.runs).toHaveLength(0);
    expect(admission.held).toEqual(nothingHeld);
  });

  test('is not scheduled when its caller leaves during encoding', async () => {
    const { runner, rank, encode } = setUp();
    const caller = new AbortController();
    const reply = rank({}, { ...noDeadline(), signal: caller.signal });
    caller.abort();
    await encode();
    await expect(reply).rejects.toMatchObject({ kind: 'cancelled' });
    expect(runner.runs).toHaveLength(0);
  });

  test('takes no longer than the longest call, whatever its deadline', async () => {
    const { clock, rank, encode } = setUp();
    const reply = rank();
    await encode();
    await clock.advance(60_000);
    await expect(reply).rejects.toMatchObject({
      kind: 'deadline-exceeded',
      message: expect.stringMatching(
        /^the 60000 ms of SLMRANK_MAX_CALL_MS passed 60000 ms after encoding with 0 of 3/,
      ),
    });
  });
});

describe('a partial reply', () => {
  test('is sent a little before the deadline, with the rest in input order', async () => {
    const { clock, runner, rank, encode } = setUp();
    const reply = rank({ partialOk: true }, { ...noDeadline(), deadlineAtMs: clock.nowMs() + 400 });
    await encode([60, 20, 60]);
    runner.runs[0]?.finish();
    await settle();
    await clock.advance(380);
    const { results, complete, times } = await reply;
    expect(complete).toBe(false);
    expect(results.map(({ index, scored }) => [index, scored])).toEqual([
      [1, true],
      [0, true],
      [2, false],
    ]);
    expect(times.totalMs).toBe(380);
  });

  test('has no scores when the deadline passes during encoding', async () => {
    const { clock, rank, encode } = setUp();
    const reply = rank({ partialOk: true }, { ...noDeadline(), deadlineAtMs: clock.nowMs() + 10 });
    await clock.advance(10);
    await encode();
    const { results, usage } = await reply;
    expect(results.map(({ index, scored }) => [index, scored])).toEqual([
      [0, false],
      [1, false],
      [2, false],
    ]);
    expect(usage).toMatchObject({ scored: 0, batches: 0 });
  });
});

test('a drain refuses new work at once, waits for admitted work, then closes', async () => {
  const { runner, encoders, pipeline, rank, encode } = setUp();
  const reply = rank();
  const drained = pipeline.drain();
  await expect(rank()).rejects.toMatchObject({ kind: 'unavailable' });
  await expect(pipeline.tokenize(['a'])).rejects.toMatchObject({ kind: 'unavailable' });
  await encode();
  expect(encoders.isClosed).toBe(false);
  runner.last.finish();
  expect(await reply).toMatchObject({ complete: true });
  await drained;
  expect(encoders.isClosed).toBe(true);
});
