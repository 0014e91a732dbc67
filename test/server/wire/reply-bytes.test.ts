import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { at } from '../../../src/base/at.ts';
import { parseProtoRoot } from '../../../src/proto/proto-root.ts';
import { defaultReplyBytes, mostReplyBytes } from '../../../src/server/wire/reply-bytes.ts';
import { toWireReply } from '../../../src/server/wire/reply.ts';
import { testRequest } from '../../support/models/tiny-pipeline.ts';
import { testManifest } from '../../support/serving/test-server.ts';

const { service } = parseProtoRoot();
const most = 2 ** 32 - 1;
const stored = {
  source: 'SUMMARY' as const,
  version: 2n ** 64n - 1n,
  kept: [
    { start: most, end: most },
    { start: most, end: most },
  ],
};

/** The reply in which every number takes the most bytes. */
function largestReply(request: ReturnType<typeof testRequest>, places: readonly number[]): number {
  const results = places.map((index) => ({
    index,
    score: 0.123456789,
    logit: -1.23456789,
    tokens: 131_072,
    truncated: true,
    scored: true,
    cached: true,
    skipped: 'TOO_LONG' as const,
  }));
  const usage = {
    candidates: most,
    scored: most,
    truncated: most,
    prefixTokens: most,
    cached: most,
    candidateTokens: most,
    packedTokens: most,
    batches: most,
    depth: most,
  };
  const times = { encodeMs: 0.1, queueMs: 0.1, runMs: 0.1, totalMs: 0.1 };
  const response = toWireReply({
    request,
    reply: { results, usage, times, complete: true, skipped: { BLANK: most } },
    manifest: testManifest,
  });
  const { requestId } = request;
  return service.RankStream.responseSerialize({ requestId, response }).length;
}

const text = fc.string({ unit: 'grapheme', maxLength: 300 });

test('no reply is larger than the bound, and the largest is not far below it', () => {
  const candidate = fc.record({ id: text, title: fc.option(text, { nil: undefined }), text });
  fc.assert(
    fc.property(
      fc.array(candidate, { minLength: 1, maxLength: 30 }),
      fc.boolean(),
      fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
      (candidates, returnText, topN) => {
        const request = {
          ...testRequest('q', [], { requestId: 'é'.repeat(128), returnText, topN }),
          candidates: candidates.map((one) => ({ ...one, version: undefined, stored })),
        };
        const sizes = candidates.map(({ id, title = '', text }) =>
          Buffer.byteLength(id + (returnText ? title + text : '')),
        );
        const largest = [...sizes.keys()]
          .sort((a, b) => at(sizes, b) - at(sizes, a))
          .slice(0, topN);
        const bytes = largestReply(request, largest);
        const bound = mostReplyBytes(request, 0);
        expect(bytes).toBeLessThanOrEqual(bound);
        expect(bound - bytes).toBeLessThan(2048 + 32 * largest.length);
        expect(mostReplyBytes(request, defaultReplyBytes)).toBeGreaterThanOrEqual(bound);
      },
    ),
  );
});
