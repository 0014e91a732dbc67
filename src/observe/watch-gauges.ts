import type { FleetScores } from '../cache/fleet/fleet-scores.ts';
import type { ItemKeeper, ItemsState } from '../items/keeper.ts';
import type { SharedItems } from '../items/shared/shared-items.ts';
import type { ServingGauges } from '../pipeline/gauges.ts';
import type { Valkey } from '../valkey/valkey.ts';
import type { WatchedName } from './metrics/metric-table.ts';
import type { Observer } from './observer.ts';

/** Reads the gauges of the serving path at every scrape. */
export function watchGauges({ watch }: Pick<Observer, 'watch'>, read: () => ServingGauges): void {
  watch('slmrank_admitted_candidates', () => read().admittedCandidates);
  watch('slmrank_admitted_tokens', () => read().admittedTokens);
  watch('slmrank_queued_cost_seconds', () => read().queuedMs / 1000);
  watch('slmrank_queued_candidates', () => read().queuedCandidates);
  watch('slmrank_queued_tokens', () => read().queuedTokens);
  watch('nv_inference_pending_request_count', () => read().queuedRequests);
  watch('nv_inference_exec_count', () => read().runningRequests);
  watch('slmrank_ranking_depth', () => read().rankingDepth);
  watch('slmrank_score_cache_entries', () => read().cacheEntries);
  watch('slmrank_score_cache_bytes', () => read().cacheBytes);
  watch('slmrank_score_cache_hits_total', () => read().cacheHits);
  watch('slmrank_score_cache_misses_total', () => read().cacheMisses);
  watch('slmrank_states_candidates', () => read().states?.entries ?? 0);
  watch('slmrank_states_bytes', () => read().states?.bytes ?? 0);
  watch('slmrank_states_limit_bytes', () => read().states?.limitBytes ?? 0);
  watch('slmrank_states_hits_total', () => read().states?.hits ?? 0);
  watch('slmrank_states_misses_total', () => read().states?.misses ?? 0);
  watch('slmrank_states_evictions_total', () => read().states?.evictions ?? 0);
  watch('slmrank_bucket_waste_ratio', () => read().bucketWaste);
  watch('slmrank_bucket_waste_proposed_ratio', () => read().proposedBucketWaste);
}

/** Calls and connections of the server. */
export interface Door {
  readonly openCalls: number;
  readonly openConnections: number;
  readonly heldBytes: number;
  /** Calls by reason. */
  readonly refused: ReadonlyMap<string, number>;
}

export function watchDoor(
  { watch, watchReasons }: Pick<Observer, 'watch' | 'watchReasons'>,
  door: Door,
): void {
  watch('slmrank_open_calls', () => door.openCalls);
  watch('slmrank_open_connections', () => door.openConnections);
  watch('slmrank_held_bytes', () => door.heldBytes);
  watchReasons('slmrank_calls_refused_total', () => door.refused);
}

/** The item store, if there is one. */
export function watchItems(
  { watch, watchMethods }: Pick<Observer, 'watch' | 'watchMethods'>,
  items: Pick<ItemKeeper, 'state'> | undefined,
): void {
  if (items === undefined) {
    return;
  }
  const gauges: readonly [WatchedName, (state: ItemsState) => number][] = [
    ['slmrank_items', (state) => state.items],
    ['slmrank_items_stale', (state) => state.stale],
    ['slmrank_items_parked', (state) => state.parked],
    ['slmrank_items_lag_seconds', (state) => state.lagMs / 1000],
    ['slmrank_item_store_bytes', (state) => state.usedBytes],
    ['slmrank_item_store_limit_bytes', (state) => state.maxBytes],
    ['slmrank_items_failed_total', (state) => state.failed],
    ['slmrank_items_missed_total', (state) => state.missed],
  ];
  gauges.forEach(([name, read]) => watch(name, async () => read(await items.state())));
  watchMethods('slmrank_items_compressed_total', async () => (await items.state()).compressed);
}

/** What is shared of the item store, if anything. */
export function watchSharedItems(
  { watch }: Pick<Observer, 'watch'>,
  shared: Pick<SharedItems, 'state'> | undefined,
): void {
  if (shared === undefined) {
    return;
  }
  watch('slmrank_items_shared_taken_total', () => shared.state().taken);
  watch('slmrank_items_shared_refused_total', () => shared.state().refused);
  watch('slmrank_items_shared_behind', () => shared.state().behind ?? -1);
  watch('slmrank_items_shared_waiting', () => shared.state().waiting);
  watch('slmrank_items_shared_bad_total', () => shared.state().bad);
  watch('slmrank_items_shared_walks_total', () => shared.state().walks);
}

/** What the server shares with its fleet, if anything. */
export function watchFleet(
  { watch }: Pick<Observer, 'watch'>,
  valkey: Pick<Valkey, 'isConnected' | 'breaker'> | undefined,
  scores: Pick<FleetScores, 'counts'> | undefined,
): void {
  if (valkey !== undefined) {
    watch('slmrank_valkey_connected', () => Number(valkey.isConnected));
    watch('slmrank_valkey_breaker_open', () => Number(valkey.breaker !== 'closed'));
  }
  if (scores !== undefined) {
    watch('slmrank_fleet_scores_hits_total', () => scores.counts.hits);
    watch('slmrank_fleet_scores_misses_total', () => scores.counts.misses);
    watch('slmrank_fleet_scores_bad_total', () => scores.counts.bad);
    watch('slmrank_fleet_scores_written_total', () => scores.counts.written);
    watch('slmrank_fleet_scores_dropped_total', () => scores.counts.dropped);
  }
}
