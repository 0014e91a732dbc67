import {
  outcomes,
  phases,
  priorityClasses,
  type ServingEvent,
  skipReasons,
  textSources,
} from '../../domain/events.ts';
import { callOutcomes, valkeyOperations } from '../../valkey/ended-call.ts';
import { aliasMetrics } from './alias-metrics.ts';
import { fleetMetrics } from './fleet-metrics.ts';
import { callReasons, failureReasons, rejectReasons } from './reason-counters.ts';
import {
  batchSeconds,
  callSeconds,
  counter,
  counts,
  gauge,
  histogram,
  lagSeconds,
  type MetricSpec,
  pauseSeconds,
  qualities,
  ratios,
  shares,
  valkeySeconds,
} from './metric-spec.ts';

/** The table of all metrics of the server, with their labels and histogram buckets. */

export type Method = Extract<ServingEvent, { kind: 'ended' }>['method'];

export const methods = ['Rank', 'RankStream'] as const satisfies readonly Method[];
export const shadowOutcomes = ['compared', 'dropped'] as const;
export const stages = ['encode', 'queue', 'run'] as const;
export const pauseKinds = ['minor', 'major', 'incremental', 'weak_callback'] as const;
export const memoryKinds = ['rss', 'heap_used', 'heap_total', 'external', 'array_buffers'] as const;

const none = {};
const byRequest = { method: methods, priority: priorityClasses, outcome: outcomes };
const byReplicaAndBucket = { replica: 'replica', bucket: 'bucket' } as const;

/** Counted from serving events. */
export const eventMetrics = {
  slmrank_requests_total: counter('Ended requests, each counted once.', byRequest),
  slmrank_rejects_total: counter('Requests refused, by reason.', { reason: rejectReasons }),
  slmrank_failures_total: counter('Requests that failed by a fault of the server, by reason.', {
    reason: failureReasons,
  }),
  slmrank_request_duration_seconds: histogram(
    'From the arrival of a request to its answer.',
    { priority: priorityClasses, outcome: outcomes },
    callSeconds,
  ),
  slmrank_stage_duration_seconds: histogram(
    'Time of scored and partially scored requests in each stage.',
    { priority: priorityClasses, stage: stages },
    callSeconds,
  ),
  slmrank_request_candidates: histogram('Candidates of a request.', none, counts),
  slmrank_candidates_received_total: counter('Candidates of ended requests.', none),
  slmrank_candidates_scored_total: counter('Candidates answered with a score.', none),
  slmrank_candidates_in_time_total: counter(
    'Goodput: candidates answered with a score before the deadline of their request.',
    none,
  ),
  slmrank_candidates_cached_total: counter('Candidates whose score came from the cache.', none),
  slmrank_candidates_skipped_total: counter(
    'Candidates of answered requests that could not be scored and were skipped, by reason.',
    { reason: skipReasons },
  ),
  slmrank_candidates_stored_total: counter(
    'Candidates of answered requests that came from the item store, by the text that was read.',
    { source: textSources },
  ),
  slmrank_candidates_truncated_total: counter('Candidates cut to the context budget.', none),
  slmrank_request_packed_tokens_total: counter('Packed tokens run for ended requests.', none),
  slmrank_batches_total: counter('Batches run.', byReplicaAndBucket),
  slmrank_replica_busy_seconds_total: counter(
    'Time that the replica spent in runs.',
    byReplicaAndBucket,
  ),
  slmrank_batch_candidates_total: counter('Candidates run.', byReplicaAndBucket),
  slmrank_batch_packed_tokens_total: counter('Packed tokens run.', byReplicaAndBucket),
  slmrank_attention_slots_real_total: counter(
    'Attention-tile slots of real rows and keys.',
    byReplicaAndBucket,
  ),
  slmrank_attention_slots_computed_total: counter(
    'Attention-tile slots computed, padding included.',
    byReplicaAndBucket,
  ),
  slmrank_batch_run_seconds: histogram('Time of one run.', { bucket: 'bucket' }, batchSeconds),
  slmrank_batch_prediction_error_seconds_total: counter(
    'Sum of absolute differences between predicted and real time of runs.',
    { replica: 'replica' },
  ),
  slmrank_batch_prediction_ratio: histogram(
    'Real over predicted time of a run.',
    { bucket: 'bucket' },
    ratios,
  ),
  slmrank_batch_failures_total: counter(
    'Batches that failed with their replica, or were refused by it.',
    {
      replica: 'replica',
    },
  ),
  slmrank_candidates_retried_total: counter(
    'Candidates queued again after their replica failed.',
    none,
  ),
  slmrank_shadow_requests_total: counter(
    'Requests by id that were chosen to be scored with whole texts too.',
    { outcome: shadowOutcomes },
  ),
  slmrank_shadow_first_kept_total: counter(
    'Compared requests whose first place is the same with whole texts.',
    none,
  ),
  slmrank_shadow_dp: histogram(
    'Mean difference of p(yes) between summaries and whole texts, of a compared request.',
    none,
    shares,
  ),
  slmrank_shadow_ndcg: histogram(
    'NDCG@10 of the order by summaries where p(yes) of whole texts is the gain.',
    none,
    qualities,
  ),
  slmrank_valkey_calls_total: counter(
    'Calls of the Valkey server, by what came of them. offline, open and full were not sent.',
    { operation: valkeyOperations, outcome: callOutcomes },
  ),
  slmrank_valkey_call_seconds: histogram(
    'Time of calls that were sent, until the answer or the end of the wait.',
    { operation: valkeyOperations },
    valkeySeconds,
  ),
  slmrank_replica_phase: gauge('1 for the phase that the replica is in.', {
    replica: 'replica',
    phase: phases,
  }),
  slmrank_replica_phase_changes_total: counter('Times that the replica entered the phase.', {
    replica: 'replica',
    phase: phases,
  }),
} as const satisfies Record<string, MetricSpec>;

/** Read at every scrape: see `Observer.watch`. */
export const watchedMetrics = {
  slmrank_queued_candidates: gauge('Candidates that are waiting for a replica.', none),
  slmrank_queued_tokens: gauge('Tokens of the candidates that are waiting for a replica.', none),
  slmrank_queued_cost_seconds: gauge(
    'Predicted time that all ready replicas need for the admitted candidates.',
    none,
  ),
  slmrank_admitted_candidates: gauge('Candidates admitted and not yet answered.', none),
  slmrank_admitted_tokens: gauge('Tokens admitted and not yet answered.', none),
  slmrank_open_calls: gauge('Calls that have begun and not ended.', none),
  slmrank_open_connections: gauge('Client connections to the data address.', none),
  slmrank_calls_refused_total: counter(
    'Calls refused before their request was read, or ended while it was received, by reason.',
    { reason: callReasons },
  ),
  slmrank_held_bytes: gauge('Request bytes in memory, from the first byte to the answer.', none),
  slmrank_ranking_depth: gauge(
    'Candidates that a request with adaptive depth may have scored.',
    none,
  ),
  slmrank_bucket_waste_ratio: gauge(
    'Share of slots that would be padding if each candidate were padded to its bucket. Batches waste less.',
    none,
  ),
  slmrank_bucket_waste_proposed_ratio: gauge(
    'The same for the buckets that fit the lengths seen. The log names these buckets.',
    none,
  ),
  slmrank_score_cache_entries: gauge('Scores in the cache.', none),
  slmrank_score_cache_bytes: gauge('Approximate memory of the score cache.', none),
  slmrank_score_cache_hits_total: counter('Cache look-ups that found a score.', none),
  slmrank_score_cache_misses_total: counter('Cache look-ups that found no score.', none),
  slmrank_states_candidates: gauge('Candidates and prefixes whose states are kept.', none),
  slmrank_states_bytes: gauge('Memory of the kept states.', none),
  slmrank_states_limit_bytes: gauge('Most memory of kept states (SLMRANK_STATES_MB).', none),
  slmrank_states_hits_total: counter('Candidates to run whose states were kept.', none),
  slmrank_states_misses_total: counter('Candidates to run whose states were not kept.', none),
  slmrank_states_evictions_total: counter('States given up for those of others.', none),
  slmrank_items: gauge('Items in the store.', none),
  slmrank_items_stale: gauge(
    'Items whose summary or token ids are missing, or of an earlier compressor or model.',
    none,
  ),
  slmrank_items_parked: gauge('Items left alone, because nothing could be made of them.', none),
  slmrank_items_lag_seconds: gauge('Time that the oldest stale item has waited.', none),
  slmrank_items_compressed_total: counter('Summaries made, by method.', { method: 'open' }),
  slmrank_items_failed_total: counter('Attempts at a summary that failed.', none),
  slmrank_items_missed_total: counter('Look-ups of ids that are not stored.', none),
  slmrank_item_store_bytes: gauge('Bytes of the pages in use of the item store.', none),
  slmrank_item_store_limit_bytes: gauge('Most bytes that the item store may have.', none),
  slmrank_log_lines_dropped_total: counter(
    'Log lines that could not be written, because the disk is full or the pipe has no reader.',
    none,
  ),
} as const satisfies Record<string, MetricSpec>;

/** Metrics of the process. */
export const processMetrics = {
  slmrank_build_info: gauge('Always 1. The labels name the served model and the build.', {
    version: 'open',
    model: 'open',
    fingerprint: 'open',
    precision: 'open',
    provider: 'open',
    node: 'open',
  }),
  slmrank_event_loop_lag_seconds: histogram(
    'Longest delay of the event loop in each second.',
    none,
    lagSeconds,
  ),
  slmrank_event_loop_active_seconds_total: counter('Time that the event loop was busy.', none),
  slmrank_gc_pause_seconds: histogram(
    'Garbage collections of the main thread.',
    { kind: pauseKinds },
    pauseSeconds,
  ),
  slmrank_process_memory_bytes: gauge('Memory of the process, and of the main heap.', {
    kind: memoryKinds,
  }),
  slmrank_process_cpu_seconds_total: counter('Processor time, user and system.', none),
  slmrank_process_start_time_seconds: gauge('Unix time of the start.', none),
} as const satisfies Record<string, MetricSpec>;

export const metricTable = {
  ...eventMetrics,
  ...watchedMetrics,
  ...fleetMetrics,
  ...aliasMetrics,
  ...processMetrics,
};
export type MetricName = keyof typeof metricTable;
export type WatchedReasons = 'slmrank_calls_refused_total';
export type WatchedMethods = 'slmrank_items_compressed_total';
export type WatchedName =
  | Exclude<keyof typeof watchedMetrics, WatchedReasons | WatchedMethods>
  | keyof typeof fleetMetrics
  | keyof typeof aliasMetrics;
