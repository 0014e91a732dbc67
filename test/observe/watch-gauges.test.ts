import { expect, test } from '@jest/globals';
import type { ServingGauges } from '../../src/gauges.ts';
import { watchGauges } from '../../src/observe/watch-gauges.ts';

const gauges: ServingGauges = {
  ...{ admittedCandidates: 1, admittedTokens: 2, queuedMs: 3_000, rankingDepth: 4 },
  ...{ cacheEntries: 5, cacheBytes: 6, cacheHits: 7, cacheMisses: 8 },
  ...{ bucketWaste: 0.9, proposedBucketWaste: 0.1 },
};

test('each gauge is read anew at every scrape', () => {
  const watched = new Map<string, () => number>();
  let depth = 100;
  watchGauges({ watch: (name, read) => watched.set(name, read) }, () => ({
    ...gauges,
    rankingDepth: depth,
  }));
  depth = 50;
  expect(Object.fromEntries([...watched].map(([name, read]) => [name, read()]))).toEqual({
    slmrank_admitted_candidates: 1,
    slmrank_admitted_tokens: 2,
    slmrank_queued_cost_seconds: 3,
    slmrank_ranking_depth: 50,
    slmrank_score_cache_entries: 5,
    slmrank_score_cache_bytes: 6,
    slmrank_score_cache_hits_total: 7,
    slmrank_score_cache_misses_total: 8,
    slmrank_bucket_waste_ratio: 0.9,
    slmrank_bucket_waste_proposed_ratio: 0.1,
  });
});
