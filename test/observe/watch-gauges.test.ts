import { expect, test } from '@jest/globals';
import type { ServingGauges } from '../../src/pipeline/gauges.ts';
import { watchDoor, watchGauges } from '../../src/observe/watch-gauges.ts';

const gauges: ServingGauges = {
  admittedCandidates: 1,
  admittedTokens: 2,
  queuedMs: 3_000,
  rankingDepth: 4,
  cacheEntries: 5,
  cacheBytes: 6,
  cacheHits: 7,
  cacheMisses: 8,
  queuedCandidates: 9,
  queuedTokens: 10,
  bucketWaste: 0.9,
  proposedBucketWaste: 0.1,
};

test('each gauge is read again at every scrape', () => {
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
    slmrank_queued_candidates: 9,
    slmrank_queued_tokens: 10,
    slmrank_ranking_depth: 50,
    slmrank_score_cache_entries: 5,
    slmrank_score_cache_bytes: 6,
    slmrank_score_cache_hits_total: 7,
    slmrank_score_cache_misses_total: 8,
    slmrank_bucket_waste_ratio: 0.9,
    slmrank_bucket_waste_proposed_ratio: 0.1,
  });
});

test('the door is read again at every scrape', () => {
  const watched = new Map<string, () => unknown>();
  const note = (name: string, read: () => unknown) => watched.set(name, read);
  const door = {
    openCalls: 1,
    openConnections: 5,
    heldBytes: 2,
    refused: new Map([['STALLED', 1]]),
  };
  watchDoor({ watch: note, watchReasons: note }, door);
  door.openCalls = 3;
  expect(watched.get('slmrank_open_calls')?.()).toBe(3);
  expect(watched.get('slmrank_open_connections')?.()).toBe(5);
  expect(watched.get('slmrank_held_bytes')?.()).toBe(2);
  expect(watched.get('slmrank_calls_refused_total')?.()).toEqual(new Map([['STALLED', 1]]));
});
