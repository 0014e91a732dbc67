import { expect, test } from '@jest/globals';
import { packedTokens } from '../../src/batch/pack/pack-batch.ts';
import { segmentCost } from '../../src/batch/segment.ts';
import { warmUpParts } from '../../src/pool/warm-up.ts';
import { createTemplate } from '../../src/text/template.ts';
import { testManifest } from '../support/serving/test-server.ts';

const manifest = { ...testManifest, buckets: [32, 256, 2_048] };
const cuda = {
  provider: 'cuda',
  tokenBudget: 1_000,
  candidateTokens: 2_048,
  prefixTokens: 512,
} as const;

function shapesOf(options: Parameters<typeof warmUpParts>[1]) {
  return warmUpParts(manifest, options).map(({ suffixes }) => [
    suffixes.length,
    suffixes[0]?.ids.length,
  ]);
}

test('on CUDA the batch of every bucket is filled to the budget, largest first', () => {
  expect(shapesOf(cuda)).toEqual([
    [1, 2_032],
    [3, 256],
    [30, 32],
  ]);
  const parts = warmUpParts(manifest, cuda).slice(1);
  expect(parts.every((part) => packedTokens([part]) <= 1_000)).toBe(true);
});

test('on CPU only the largest batch is filled', () => {
  expect(shapesOf({ ...cuda, provider: 'cpu', tokenBudget: 5_000 })).toEqual([
    [2, 2_032],
    [1, 256],
    [1, 32],
  ]);
});

test('buckets that no candidate can reach are left out', () => {
  // The suffix is one byte: 255 tokens just fit the bucket of 256, one more does not.
  expect(shapesOf({ ...cuda, candidateTokens: 255 })[0]).toEqual([3, 256]);
  expect(shapesOf({ ...cuda, candidateTokens: 256 })[0]).toEqual([1, 2_032]);
});

test('a suffix that contains the query may be as long as a prefix', () => {
  const prefix = '{instruction}';
  const template = createTemplate({ ...manifest.template, prefix, suffix: '{query}{context}?' });
  const largest = (candidateTokens: number) =>
    warmUpParts({ ...manifest, template }, { ...cuda, candidateTokens, prefixTokens: 100 })[0]
      ?.suffixes[0]?.ids.length;
  expect([largest(156), largest(157)]).toEqual([256, 2_032]);
});

test('no row is longer than the model allows', () => {
  for (const { prefix, suffixes } of warmUpParts(manifest, cuda)) {
    for (const suffix of suffixes) {
      expect(segmentCost(prefix) + segmentCost(suffix)).toBeLessThanOrEqual(
        manifest.blueprint.rowTokens,
      );
    }
  }
});

test("one token is the vocabulary's last, the rest are the label's", () => {
  const [part] = warmUpParts(manifest, cuda);
  expect([...new Set(part?.prefix.ids)]).toEqual([
    manifest.blueprint.vocabulary - 1,
    manifest.labels.yes.id,
  ]);
});
