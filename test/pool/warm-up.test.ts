import { expect, test } from '@jest/globals';
import { warmUpParts } from '../../src/pool/warm-up.ts';
import { packedTokens } from '../../src/schedule/pack-batch.ts';
import { testManifest } from '../support/test-server.ts';

const manifest = { ...testManifest, buckets: [32, 256, 2_048] };

test('every bucket runs once, largest first, filled to the budget', () => {
  const parts = warmUpParts(manifest, 1_000);
  expect(parts.map(({ suffixes }) => [suffixes.length, suffixes[0]?.length])).toEqual([
    [1, 2_032],
    [3, 256],
    [30, 32],
  ]);
  expect(parts.slice(1).every((part) => packedTokens([part]) <= 1_000)).toBe(true);
});

test('no row is longer than the model allows', () => {
  for (const { prefix, suffixes } of warmUpParts(manifest, 1_000)) {
    expect(prefix.length + (suffixes[0]?.length ?? 0)).toBeLessThanOrEqual(
      manifest.blueprint.rowTokens,
    );
  }
});
