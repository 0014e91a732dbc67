import type { ServingGauges } from '../pipeline/gauges.ts';
import type { Observer } from './observer.ts';

/** Reads the gauges of the serving path at every scrape. */
export function watchGauges({ watch }: Pick<Observer, 'watch'>, read: () => ServingGauges): void {
  watch('slmrank_admitted_candidates', () => read().admittedCandidates);
  watch('slmrank_admitted_tokens', () => read().admittedTokens);
  watch('slmrank_queued_cost_seconds', () => read().queuedMs / 1000);
  watch('slmrank_queued_candidates', () => read().queuedCandidates);
  watch('slmrank_queued_tokens', () => read().queuedTokens);
  watch('slmrank_ranking_depth', () => read().rankingDepth);
  watch('slmrank_score_cache_entries', () => read().cacheEntries);
  watch('slmrank_score_cache_bytes', () => read().cacheBytes);
  watch('slmrank_score_cache_hits_total', () => read().cacheHits);
  watch('slmrank_score_cache_misses_total', () => read().cacheMisses);
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
