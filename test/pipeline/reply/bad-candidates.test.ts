import { describe, expect, test } from '@jest/globals';
import type { BadCandidate, RankReply, RankRequest } from '../../../src/domain/rank.ts';
import { settle } from '../../support/fakes/clock.ts';
import { setUpPipeline } from '../../support/fakes/pipeline-parts.ts';
import { fakeRequest } from '../../support/fakes/runner.ts';

const tooLong: BadCandidate = { reason: 'TOO_LONG', field: 'text', description: 'has 9 tokens' };
const blank: BadCandidate = { reason: 'BLANK', field: 'text', description: 'has nothing' };
const skip: Partial<RankRequest> = { onBadCandidate: 'skip' };
const refuse: Partial<RankRequest> = { onBadCandidate: 'refuse' };

/** `rank` asks for three candidates; `encode` answers with these lengths of the good ones. */
function setUp() {
  const parts = setUpPipeline();
  const encode = async (lengths: readonly number[], bad: readonly [number, BadCandidate][]) => {
    const encoded = { ...fakeRequest(lengths), skipped: new Map(bad) };
    parts.encoders.asked.at(-1)?.reply.resolve(encoded);
    await settle();
  };
  return { ...parts, encode };
}

const shapeOf = ({ results }: RankReply) =>
  results.map(({ index, scored, skipped }) => [index, scored ? 'scored' : skipped]);

describe('candidates that the encoder finds to be bad', () => {
  test('are skipped, and each of the others gets its own score', async () => {
    const { encoders, runner, admission, rank, encode } = setUp();
    const reply = rank(skip);
    await settle();
    expect(encoders.asked[0]?.task.onBadCandidate).toBe('skip');
    await encode([5, 7], [[1, tooLong]]);
    expect(runner.last.parts.map(({ suffixes }) => suffixes.length)).toEqual([2]);
    runner.last.finish();
    expect(shapeOf(await reply)).toEqual([
      [2, 'scored'],
      [0, 'scored'],
      [1, 'TOO_LONG'],
    ]);
    expect(await reply).toMatchObject({
      results: [{ tokens: 7 }, { tokens: 5 }, { score: 0, tokens: 0, cached: false }],
      usage: { candidates: 3, scored: 2, truncated: 0, candidateTokens: 12, cached: 0, depth: 3 },
      skipped: { TOO_LONG: 1 },
      complete: true,
    });
    expect(admission.held).toEqual({ candidates: 0, tokens: 0 });
  });

  test('may be all candidates of a request, in which case nothing runs', async () => {
    const { runner, rank, encode } = setUp();
    const reply = rank(skip);
    await encode(
      [],
      [
        [0, blank],
        [1, tooLong],
        [2, blank],
      ],
    );
    expect(await reply).toMatchObject({
      results: [0, 1, 2].map((index) => ({ index, scored: false })),
      usage: { scored: 0, prefixTokens: 0, packedTokens: 0, batches: 0 },
      skipped: { BLANK: 2, TOO_LONG: 1 },
      complete: true,
    });
    expect(runner.runs).toHaveLength(0);
  });

  test('are listed apart from those that the deadline left out', async () => {
    const { clock, rank, encode } = setUp();
    const reply = rank(
      { ...skip, partialOk: true },
      {
        deadlineAtMs: clock.nowMs() + 100,
        signal: new AbortController().signal,
        client: '',
        traceparent: undefined,
      },
    );
    await encode([5, 7], [[0, blank]]);
    await clock.advance(100);
    expect(shapeOf(await reply)).toEqual([
      [0, 'BLANK'],
      [1, undefined],
      [2, undefined],
    ]);
    expect(await reply).toMatchObject({ complete: false, skipped: { BLANK: 1 } });
  });

  test('an error names a candidate by its place in the whole request', async () => {
    const { runner, rank, encode } = setUp();
    const reply = rank(skip);
    await encode([5, 7], [[0, blank]]);
    runner.last.finish({ bad: 1 });
    await expect(reply).rejects.toThrow(/^candidates\[2\] got the logits/);
  });
});

describe('the fault of a bad candidate', () => {
  const cached = { useCache: true };

  test('is cached: it is skipped again, or refuses the request at once', async () => {
    const { encoders, runner, rank, encode } = setUp();
    const first = rank({ ...skip, ...cached });
    await encode([5, 7], [[1, tooLong]]);
    runner.last.finish();
    expect((await first).skipped).toEqual({ TOO_LONG: 1 });
    const again = await rank({ ...skip, ...cached });
    expect(again).toMatchObject({ skipped: { TOO_LONG: 1 }, usage: { scored: 2, cached: 2 } });
    await expect(rank({ ...refuse, ...cached })).rejects.toMatchObject({
      kind: 'invalid-argument',
      message: 'candidates[1].text: has 9 tokens',
      violations: [{ field: 'candidates[1].text', description: 'has 9 tokens' }],
    });
    expect(encoders.asked).toHaveLength(1);
  });

  test('reaches an equal request that follows the run and has another policy', async () => {
    const { encoders, runner, rank, encode } = setUp();
    const first = rank({ ...skip, ...cached });
    const strict = rank({ ...refuse, ...cached });
    await encode([5, 7], [[1, tooLong]]);
    runner.last.finish();
    expect((await first).usage.scored).toBe(2);
    await expect(strict).rejects.toThrow('candidates[1].text: has 9 tokens');
    expect(encoders.asked).toHaveLength(1);
  });
});
