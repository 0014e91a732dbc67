import { describe, expect, test } from '@jest/globals';
import type { RankedResult, RankReply } from '../../../src/domain/rank.ts';
import { toWireEstimate, toWireReply } from '../../../src/server/wire/reply.ts';
import { testRequest } from '../../support/models/tiny-pipeline.ts';
import { testManifest } from '../../support/serving/test-server.ts';

const request = testRequest('q', ['first', 'second']);
const result: RankedResult = {
  index: 1,
  score: 0.75,
  logit: 1.1,
  tokens: 3,
  truncated: false,
  scored: true,
  cached: true,
};
const usage = {
  candidates: 2,
  scored: 1,
  truncated: 0,
  prefixTokens: 1,
  candidateTokens: 3,
  packedTokens: 4,
  batches: 1,
  cached: 1,
  depth: 2,
};

function toWire(results: readonly RankedResult[], changes: Partial<typeof request> = {}) {
  const reply: RankReply = {
    results,
    usage,
    times: { encodeMs: 1, queueMs: 2, runMs: 3, totalMs: 6 },
    complete: true,
    skipped: { BLANK: 1, EMPTY: 2 },
  };
  return toWireReply({ request: { ...request, ...changes }, reply, manifest: testManifest });
}

describe('a reply', () => {
  test('names the model, the request and the kind of its scores, and sums up skips', () => {
    expect(toWire([result], { requestId: 'mine', scoreKind: 'logit' })).toMatchObject({
      model: 'tiny',
      scoreFingerprint: testManifest.fingerprint,
      requestId: 'mine',
      scoreKind: 'SCORE_KIND_LOGIT',
      complete: true,
      usage: { ...usage, skipped: 3 },
    });
  });

  test('has texts only if the request asks for them', () => {
    expect(toWire([result]).results?.[0]).not.toHaveProperty('text');
    expect(toWire([result], { returnText: true }).results).toMatchObject([{ text: 'second' }]);
  });

  test('has the reason of a skipped candidate, and 0 for scores that there are not', () => {
    const skipped = { ...result, scored: false, logit: Number.NaN, skipped: 'BLANK' } as const;
    expect(toWire([skipped]).results).toMatchObject([
      { scored: false, score: 0, logit: 0, skipReason: 'SKIP_REASON_BLANK' },
    ]);
  });

  test('never has a score that is not a number', () => {
    expect(() => toWire([{ ...result, score: Number.NaN }])).toThrow(
      expect.objectContaining({
        kind: 'internal',
        reason: 'SCORE_NOT_A_NUMBER',
        message: 'the score of candidates[1] is not a number',
      }),
    );
  });

  test('never has a result without a candidate', () => {
    expect(() => toWire([{ ...result, index: 7 }])).toThrow('a result for candidate 7');
  });
});

test('an estimate says whether the request would be admitted, and if not, why', () => {
  const estimate = {
    candidates: 1,
    prefixTokens: 1,
    packedTokens: 2,
    queueMs: 1,
    runMs: 1,
    totalMs: 2,
  };
  const refused = toWireEstimate({ ...estimate, refusalReason: 'QUEUE_FULL' });
  expect(refused).toMatchObject({ wouldAdmit: false, refusalReason: 'QUEUE_FULL', totalMs: 2 });
  const admitted = toWireEstimate({ ...estimate, refusalReason: undefined });
  expect(admitted).toMatchObject({ wouldAdmit: true, refusalReason: '' });
});
