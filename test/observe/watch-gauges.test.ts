import { expect, test } from '@jest/globals';
import type { ServingGauges } from '../../src/pipeline/gauges.ts';
import {
  watchDoor,
  watchFleet,
  watchGauges,
  watchItems,
  watchSharedItems,
} from '../../src/observe/watch-gauges.ts';

const gauges: ServingGauges = {
  admittedCandidates: 1,
  admittedTokens: 2,
  queuedMs: 3_000,
  rankingDepth: 4,
  cacheEntries: 5,
  cacheBytes: 6,
  cacheHits: 7,
  cacheMisses: 8,
  queuedRequests: 17,
  runningRequests: 18,
  queuedCandidates: 9,
  queuedTokens: 10,
  bucketWaste: 0.9,
  proposedBucketWaste: 0.1,
  states: { entries: 11, bytes: 12, limitBytes: 13, hits: 14, misses: 15, evictions: 16 },
};

test('each gauge is read again at every scrape', () => {
  const watched = new Map<string, () => unknown>();
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
    nv_inference_pending_request_count: 17,
    nv_inference_exec_count: 18,
    slmrank_queued_candidates: 9,
    slmrank_queued_tokens: 10,
    slmrank_ranking_depth: 50,
    slmrank_score_cache_entries: 5,
    slmrank_score_cache_bytes: 6,
    slmrank_score_cache_hits_total: 7,
    slmrank_score_cache_misses_total: 8,
    slmrank_states_candidates: 11,
    slmrank_states_bytes: 12,
    slmrank_states_limit_bytes: 13,
    slmrank_states_hits_total: 14,
    slmrank_states_misses_total: 15,
    slmrank_states_evictions_total: 16,
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

test('the item store is read anew at every scrape, and not at all without one', async () => {
  const watched = new Map<string, () => unknown>();
  const note = (name: string, read: () => unknown) => watched.set(name, read);
  watchItems({ watch: note, watchMethods: note }, undefined);
  expect(watched.size).toBe(0);
  let items = 1;
  const state = {
    tombstones: 0,
    stale: 2,
    parked: 3,
    oldestStaleSinceMs: 5,
    lagMs: 4000,
    usedBytes: 5,
    maxBytes: 6,
    fileBytes: 7,
    failed: 8,
    missed: 9,
    compressed: new Map([['search', 10]]),
  };
  watchItems(
    { watch: note, watchMethods: note },
    { state: () => Promise.resolve({ ...state, items }) },
  );
  items = 11;
  const values = await Promise.all(
    [...watched].map(async ([name, read]) => [name, await read()] as const),
  );
  expect(Object.fromEntries(values)).toEqual({
    slmrank_items: 11,
    slmrank_items_stale: 2,
    slmrank_items_parked: 3,
    slmrank_items_lag_seconds: 4,
    slmrank_item_store_bytes: 5,
    slmrank_item_store_limit_bytes: 6,
    slmrank_items_failed_total: 8,
    slmrank_items_missed_total: 9,
    slmrank_items_compressed_total: new Map([['search', 10]]),
  });
});

test('what is shared of the items is read at every scrape, and not at all without it', () => {
  const watched = new Map<string, () => unknown>();
  const watch = (name: string, read: () => unknown) => watched.set(name, read);
  watchSharedItems({ watch }, undefined);
  expect(watched.size).toBe(0);
  const state = { taken: 1, refused: 2, behind: undefined, waiting: 4, bad: 5, walks: 6 };
  watchSharedItems({ watch }, { state: () => state });
  expect(Object.fromEntries([...watched].map(([name, read]) => [name, read()]))).toEqual({
    slmrank_items_shared_taken_total: 1,
    slmrank_items_shared_refused_total: 2,
    slmrank_items_shared_behind: -1,
    slmrank_items_shared_waiting: 4,
    slmrank_items_shared_bad_total: 5,
    slmrank_items_shared_walks_total: 6,
  });
});

test('what is shared with the fleet is read at every scrape, and absent where nothing is', () => {
  const watched = new Map<string, () => unknown>();
  const note = { watch: (name: string, read: () => unknown) => void watched.set(name, read) };
  watchFleet(note, undefined, undefined);
  expect(watched.size).toBe(0);
  const counts = { hits: 1, misses: 2, bad: 3, written: 4, dropped: 5 };
  watchFleet(note, { isConnected: true, breaker: 'half-open' }, { counts });
  expect(Object.fromEntries([...watched].map(([name, read]) => [name, read()]))).toEqual({
    slmrank_valkey_connected: 1,
    slmrank_valkey_breaker_open: 1,
    slmrank_fleet_scores_hits_total: 1,
    slmrank_fleet_scores_misses_total: 2,
    slmrank_fleet_scores_bad_total: 3,
    slmrank_fleet_scores_written_total: 4,
    slmrank_fleet_scores_dropped_total: 5,
  });
});
