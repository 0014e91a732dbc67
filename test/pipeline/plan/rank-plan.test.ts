import { describe, expect, test } from '@jest/globals';
import { RankError } from '../../../src/base/errors.ts';
import type { EstimateTokens } from '../../../src/pipeline/plan/estimate-tokens.ts';
import { settle } from '../../support/fakes/clock.ts';
import { millisecondTokens, setUpPipeline } from '../../support/fakes/pipeline-parts.ts';
import { noDeadline, testRequest } from '../../support/models/tiny-pipeline.ts';

/** Ten candidates of ten tokens behind a prefix of one; a token takes a millisecond. */
const texts = Array.from({ length: 10 }, (_, n) => `${n}`.repeat(40));
const { candidates } = testRequest('', texts);

/** Four characters are a token, and so is the prefix. */
const quarters: EstimateTokens = (_request, some) => {
  const candidateTokens = some.map(({ text }) => text.length / 4);
  const total = candidateTokens.reduce((sum, tokens) => sum + tokens, 0);
  return { prefixTokens: 1, suffixTokens: 0, candidateTokens, packedTokens: 1 + total };
};

function setUp() {
  const parts = setUpPipeline('propose', {
    depth: { floor: 3, ceiling: 8 },
    cost: millisecondTokens,
    estimate: quarters,
  });
  const { clock, encoders, pipeline, rank } = parts;
  const within = (leftMs: number) => ({ ...noDeadline(), deadlineAtMs: clock.nowMs() + leftMs });
  const ask = (leftMs: number, changed = {}) =>
    rank({ adaptiveDepth: true, candidates, ...changed }, within(leftMs));
  const estimate = (leftMs: number, changed = {}) =>
    pipeline.estimate(
      testRequest('abcd', texts, { adaptiveDepth: true, ...changed }),
      within(leftMs),
    );
  return { ...parts, ask, estimate, asked: () => encoders.asked.at(-1)?.task.candidates.length };
}

describe('a request that leaves its depth to the server', () => {
  test.each([
    { leftMs: 10_000, depth: 8, why: 'the ceiling, with time for more' },
    { leftMs: 100, depth: 8, why: 'the ceiling: 81 ms fit nine tenths of 100' },
    { leftMs: 80, depth: 7, why: '71 ms in 72' },
    { leftMs: 60, depth: 5, why: '51 ms in 54' },
    { leftMs: 46, depth: 4, why: '41 ms in 41.4' },
    { leftMs: 32, depth: 3, why: 'the floor, which may use all of the time' },
  ])('is ranked to $depth with $leftMs ms on an idle server: $why', ({ leftMs, depth }) => {
    const { ask, asked } = setUp();
    void ask(leftMs);
    expect(asked()).toBe(depth);
  });

  test('is refused before any work when not even the floor can end in time', async () => {
    const { ask, asked, admission } = setUp();
    await expect(ask(30)).rejects.toBeInstanceOf(RankError);
    expect(asked()).toBeUndefined();
    expect(admission.held).toEqual({ candidates: 0, tokens: 0 });
  });

  test('gets fewer candidates ranked on a busy server, and the ceiling again on an idle one', async () => {
    const { ask, asked, encode, runner } = setUp();
    const first = ask(200);
    await encode(new Array<number>(8).fill(10));
    // Of 225 ms, 84 run already and 100 are the margin of an untrained forecast: 41 are left.
    void ask(250);
    expect(asked()).toBe(4);
    runner.last.finish();
    await first;
    await settle();
    await encode([10, 10, 10, 10]);
    runner.last.finish();
    await settle();
    void ask(250);
    expect(asked()).toBe(8);
  });

  test('gets the number of ranked candidates, and the rest in input order', async () => {
    const { ask, encode, runner } = setUp();
    const reply = ask(60);
    await encode([10, 10, 10, 10, 10]);
    runner.last.finish();
    const { results, usage, complete } = await reply;
    expect(results.map(({ index, scored }) => [index, scored])).toEqual([
      ...[4, 3, 2, 1, 0].map((index) => [index, true]),
      ...[5, 6, 7, 8, 9].map((index) => [index, false]),
    ]);
    expect(usage).toMatchObject({ candidates: 10, scored: 5, depth: 5 });
    expect(complete).toBe(true);
  });

  test('with partial_ok also gets only as many candidates as can be scored in time', () => {
    const { ask, asked } = setUp();
    // 5 ms are reserved for the reply.
    void ask(65, { partialOk: true });
    expect(asked()).toBe(5);
  });

  test('gets more candidates when scores are known, which take no time', async () => {
    const { ask, asked, encode, rank, runner } = setUp();
    const known = rank({ candidates: candidates.slice(0, 4), useCache: true });
    await encode([10, 10, 10, 10]);
    runner.last.finish();
    await known;
    const reply = ask(46, { useCache: true });
    expect(asked()).toBe(4);
    await encode([10, 10, 10, 10], 4);
    runner.last.finish();
    expect((await reply).usage).toMatchObject({ depth: 8, scored: 8, cached: 4 });
  });

  test('is estimated as it would be ranked', async () => {
    const { estimate } = setUp();
    expect(await estimate(60)).toMatchObject({
      candidates: 5,
      packedTokens: 51,
      runMs: 51,
      refusalReason: undefined,
    });
    expect(await estimate(60, { adaptiveDepth: false })).toMatchObject({
      candidates: 10,
      packedTokens: 101,
      refusalReason: expect.any(String),
    });
    expect(await estimate(20)).toMatchObject({ candidates: 3, refusalReason: expect.any(String) });
  });
});

test('others are ranked whole or refused', async () => {
  const { ask, asked } = setUp();
  await expect(ask(60, { adaptiveDepth: false })).rejects.toBeInstanceOf(RankError);
  void ask(120, { adaptiveDepth: false });
  expect(asked()).toBe(10);
});
