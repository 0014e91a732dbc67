import type { ServingEvent, Tell } from '../../domain/events.ts';
import { skipReasons, textSources } from '../../domain/events.ts';
import { outcomes, phases, priorityClasses } from '../../domain/events.ts';
import { callOutcomes, valkeyOperations } from '../../valkey/ended-call.ts';
import { methods, shadowOutcomes, stages } from './metric-table.ts';
import type { MetricRegistry } from './registry.ts';

type Ended = Extract<ServingEvent, { kind: 'ended' }>;
type Batch = Extract<ServingEvent, { kind: 'batch' }>;
type Shadow = Extract<ServingEvent, { kind: 'shadow' }>;
type ReplicaPhase = Extract<ServingEvent, { kind: 'replica' }>;
type Add = (value: number) => void;

/**
 * The most values of a label. Far fewer reasons, replicas and buckets exist; further values are
 * counted as 'OTHER', so that no fault can fill the memory with series.
 */
const mostOpenValues = 1000;

/** Counts serving events. Each series is looked up once, so counting builds no label objects. */
export function countEvents(registry: MetricRegistry): Tell {
  const onEnded = countRequests(registry);
  const onBatch = countBatches(registry);
  const onPhase = countPhases(registry);
  const onLost = series((replica) => registry.counter('slmrank_batch_failures_total', { replica }));
  const onShadow = measureShadow(registry);
  const retried = registry.counter('slmrank_candidates_retried_total');
  return (event) => {
    switch (event.kind) {
      case 'ended':
        onEnded(event);
        break;
      case 'batch':
        onBatch(event);
        break;
      case 'batch-failed':
        onLost(event.replica)(1);
        break;
      case 'retried':
        retried(event.candidates);
        break;
      case 'replica':
        onPhase(event);
        if (event.phase === 'closed') {
          [onBatch, onPhase, onLost].forEach((series) => series.forget(event.replica));
          registry.forgetReplica(event.replica);
        }
        break;
      case 'shadow':
        onShadow(event);
        break;
      case 'model':
        registry.expectBuckets(event.buckets);
        break;
      case 'valkey':
        break;
    }
  };
}

export function countValkey(registry: MetricRegistry): Tell {
  const calls = table(valkeyOperations, (operation) =>
    table(callOutcomes, (outcome) =>
      registry.counter('slmrank_valkey_calls_total', { operation, outcome }),
    ),
  );
  const times = table(valkeyOperations, (operation) =>
    registry.histogram('slmrank_valkey_call_seconds', { operation }),
  );
  return (event) => {
    if (event.kind === 'valkey') {
      const { operation, outcome, ms } = event;
      calls[operation][outcome](1);
      if (ms !== undefined) {
        times[operation](ms / 1000);
      }
    }
  };
}

function countRequests(registry: MetricRegistry): (event: Ended) => void {
  const requests = table(methods, (method) =>
    table(priorityClasses, (priority) =>
      table(outcomes, (outcome) =>
        registry.counter('slmrank_requests_total', { method, priority, outcome }),
      ),
    ),
  );
  const durations = table(priorityClasses, (priority) =>
    table(outcomes, (outcome) =>
      registry.histogram('slmrank_request_duration_seconds', { priority, outcome }),
    ),
  );
  const rejects = series((reason) => registry.counter('slmrank_rejects_total', { reason }));
  const failures = series((reason) => registry.counter('slmrank_failures_total', { reason }));
  const countWork = countCandidates(registry);
  const stageTimes = timeStages(registry);
  return (event) => {
    const { method, priority, outcome, reason = 'UNKNOWN' } = event;
    requests[method][priority][outcome](1);
    durations[priority][outcome](event.totalMs / 1000);
    countWork(event);
    if (outcome === 'rejected') {
      rejects(reason)(1);
    } else if (outcome === 'failed') {
      failures(reason)(1);
    } else if (outcome === 'scored' || outcome === 'partial') {
      stageTimes(event);
    }
  };
}

function countCandidates(registry: MetricRegistry): (event: Ended) => void {
  const sizes = registry.histogram('slmrank_request_candidates');
  const received = registry.counter('slmrank_candidates_received_total');
  const scored = registry.counter('slmrank_candidates_scored_total');
  const inTime = registry.counter('slmrank_candidates_in_time_total');
  const cached = registry.counter('slmrank_candidates_cached_total');
  const truncated = registry.counter('slmrank_candidates_truncated_total');
  const skipped = table(skipReasons, (reason) =>
    registry.counter('slmrank_candidates_skipped_total', { reason }),
  );
  const stored = table(textSources, (source) =>
    registry.counter('slmrank_candidates_stored_total', { source }),
  );
  const packedTokens = registry.counter('slmrank_request_packed_tokens_total');
  return (event) => {
    sizes(event.candidates);
    received(event.candidates);
    packedTokens(event.packedTokens);
    truncated(event.truncated);
    // The scores of a request without an answer were not delivered.
    if (event.outcome === 'scored' || event.outcome === 'partial') {
      scored(event.scored);
      for (const reason of skipReasons) {
        const { [reason]: count = 0 } = event.skipped ?? {};
        skipped[reason](count);
      }
      for (const source of textSources) {
        const { [source]: count = 0 } = event.stored ?? {};
        stored[source](count);
      }
      cached(event.cached);
      inTime(event.inTime ? event.scored : 0);
    }
  };
}

function measureShadow(registry: MetricRegistry): (event: Shadow) => void {
  const requests = table(shadowOutcomes, (outcome) =>
    registry.counter('slmrank_shadow_requests_total', { outcome }),
  );
  const firstKept = registry.counter('slmrank_shadow_first_kept_total');
  const dp = registry.histogram('slmrank_shadow_dp');
  const ndcg = registry.histogram('slmrank_shadow_ndcg');
  return ({ drift }) => {
    requests[drift === undefined ? 'dropped' : 'compared'](1);
    if (drift !== undefined) {
      firstKept(drift.keepsFirst ? 1 : 0);
      dp(drift.dp);
      ndcg(drift.ndcg10);
    }
  };
}

function timeStages(registry: MetricRegistry): (event: Ended) => void {
  const times = table(priorityClasses, (priority) =>
    table(stages, (stage) =>
      registry.histogram('slmrank_stage_duration_seconds', { priority, stage }),
    ),
  );
  return ({ priority, encodeMs, queueMs, runMs }) => {
    const { encode, queue, run } = times[priority];
    encode(encodeMs / 1000);
    queue(queueMs / 1000);
    run(runMs / 1000);
  };
}

function countBatches(registry: MetricRegistry): Forgetting<(event: Batch) => void> {
  const byReplica = series((replica) =>
    series((bucket) => batchSeries(registry, { replica, bucket })),
  );
  const runs = series((bucket) => registry.histogram('slmrank_batch_run_seconds', { bucket }));
  const ratios = series((bucket) =>
    registry.histogram('slmrank_batch_prediction_ratio', { bucket }),
  );
  const errors = series((replica) =>
    registry.counter('slmrank_batch_prediction_error_seconds_total', { replica }),
  );
  const count = (event: Batch) => {
    const { replica, bucket, runMs, predictedMs } = event;
    byReplica(replica)(bucket)(event);
    runs(bucket)(runMs / 1000);
    // Before the first run there is no prediction, and predictedMs is 0.
    if (predictedMs > 0) {
      ratios(bucket)(runMs / predictedMs);
      errors(replica)(Math.abs(runMs - predictedMs) / 1000);
    }
  };
  const forget = (replica: string) => [byReplica, errors].forEach((each) => each.forget(replica));
  return Object.assign(count, { forget });
}

function batchSeries(registry: MetricRegistry, labels: { replica: string; bucket: string }) {
  const batches = registry.counter('slmrank_batches_total', labels);
  const runSeconds = registry.counter('slmrank_replica_busy_seconds_total', labels);
  const candidates = registry.counter('slmrank_batch_candidates_total', labels);
  const packedTokens = registry.counter('slmrank_batch_packed_tokens_total', labels);
  const realSlots = registry.counter('slmrank_attention_slots_real_total', labels);
  const computedSlots = registry.counter('slmrank_attention_slots_computed_total', labels);
  return (event: Batch): void => {
    batches(1);
    runSeconds(event.runMs / 1000);
    candidates(event.candidates);
    packedTokens(event.packedTokens);
    realSlots(event.realSlots);
    computedSlots(event.paddedSlots);
  };
}

function countPhases(registry: MetricRegistry): Forgetting<(event: ReplicaPhase) => void> {
  const byReplica = series((replica) =>
    table(phases, (phase): { readonly is: Add; readonly changes: Add } => ({
      is: registry.gauge('slmrank_replica_phase', { replica, phase }),
      changes: registry.counter('slmrank_replica_phase_changes_total', { replica, phase }),
    })),
  );
  const count = ({ replica, phase }: ReplicaPhase) => {
    const known = byReplica(replica);
    phases.forEach((one) => known[one].is(one === phase ? 1 : 0));
    known[phase].changes(1);
  };
  return Object.assign(count, { forget: byReplica.forget });
}

/** A counter whose series of one key can be dropped. */
type Forgetting<Count> = Count & { readonly forget: (key: string) => void };

/** A value for each key, made in advance. */
function table<Key extends string, Value>(
  keys: readonly Key[],
  make: (key: Key) => Value,
): Readonly<Record<Key, Value>> {
  return Object.fromEntries(keys.map((key) => [key, make(key)])) as Record<Key, Value>;
}

/** A value for each key, made when the key first occurs. */
function series<Value>(
  make: (label: string) => Value,
): Forgetting<(key: string | number) => Value> {
  const made = new Map<string | number, Value>();
  const find = (key: string | number) => {
    let value = made.get(key);
    if (value === undefined) {
      const label = made.size < mostOpenValues ? key : 'OTHER';
      value = made.get(label) ?? make(String(label));
      made.set(label, value);
    }
    return value;
  };
  return Object.assign(find, { forget: (key: string | number) => void made.delete(key) });
}
