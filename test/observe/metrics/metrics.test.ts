import { describe, expect, test } from '@jest/globals';
import type { ServingEvent } from '../../../src/domain/events.ts';
import { eventMetrics } from '../../../src/observe/metrics/metric-table.ts';
import { countEvents, countValkey } from '../../../src/observe/metrics/metrics.ts';
import { MetricRegistry } from '../../../src/observe/metrics/registry.ts';
import { parseExposition, sampleOf } from '../../support/serving/exposition.ts';
import { batchRun, ended } from '../../support/serving/events.ts';

const known = { replicas: ['cpu#0', 'cpu#1'], buckets: [32, 64] };

async function countAll(...events: readonly ServingEvent[]): Promise<string> {
  const registry = new MetricRegistry(known);
  const tell = countEvents(registry);
  events.forEach(tell);
  return await registry.text();
}

async function read(events: readonly ServingEvent[], series: readonly string[]) {
  const text = await countAll(...events);
  return Object.fromEntries(series.map((one) => [one, sampleOf(text, one)]));
}

describe('countEvents', () => {
  test('every series with known labels exists at 0 from the start', async () => {
    const text = await countAll();
    const families = parseExposition(text);
    const told = [...families].filter(([name]) => name in eventMetrics);
    expect(told.length).toBe(Object.keys(eventMetrics).length);
    const counts = told.flatMap(([, { samples }]) => [...samples.values()]);
    expect(counts.length).toBeGreaterThan(500);
    expect(counts.every((count) => count === 0)).toBe(true);
    expect(families.get('slmrank_requests_total')?.samples.size).toBe(2 * 2 * 6);
    expect(sampleOf(text, 'slmrank_rejects_total{reason="QUEUE_FULL"}')).toBe(0);
    expect(sampleOf(text, 'slmrank_replica_phase{replica="cpu#1",phase="ready"}')).toBe(0);
    expect(sampleOf(text, 'slmrank_batches_total{replica="cpu#1",bucket="32"}')).toBe(0);
  });

  test('a scored request counts once, with its candidates, stages and duration', async () => {
    expect(
      await read(
        [ended()],
        [
          'slmrank_requests_total{method="Rank",priority="interactive",outcome="scored"}',
          'slmrank_requests_total{method="RankStream",priority="interactive",outcome="scored"}',
          'slmrank_candidates_received_total',
          'slmrank_candidates_scored_total',
          'slmrank_candidates_in_time_total',
          'slmrank_candidates_cached_total',
          'slmrank_candidates_truncated_total',
          'slmrank_request_packed_tokens_total',
          'slmrank_request_duration_seconds_sum{priority="interactive",outcome="scored"}',
          'slmrank_request_duration_seconds_bucket{le="0.05",priority="interactive",outcome="scored"}',
          'slmrank_request_duration_seconds_bucket{le="0.1",priority="interactive",outcome="scored"}',
          'slmrank_stage_duration_seconds_sum{priority="interactive",stage="encode"}',
          'slmrank_stage_duration_seconds_sum{priority="interactive",stage="queue"}',
          'slmrank_stage_duration_seconds_sum{priority="interactive",stage="run"}',
        ],
      ),
    ).toMatchInlineSnapshot(`
{
  "slmrank_candidates_cached_total": 3,
  "slmrank_candidates_in_time_total": 10,
  "slmrank_candidates_received_total": 10,
  "slmrank_candidates_scored_total": 10,
  "slmrank_candidates_truncated_total": 1,
  "slmrank_request_duration_seconds_bucket{le="0.05",priority="interactive",outcome="scored"}": 0,
  "slmrank_request_duration_seconds_bucket{le="0.1",priority="interactive",outcome="scored"}": 1,
  "slmrank_request_duration_seconds_sum{priority="interactive",outcome="scored"}": 0.1,
  "slmrank_request_packed_tokens_total": 420,
  "slmrank_requests_total{method="Rank",priority="interactive",outcome="scored"}": 1,
  "slmrank_requests_total{method="RankStream",priority="interactive",outcome="scored"}": 0,
  "slmrank_stage_duration_seconds_sum{priority="interactive",stage="encode"}": 0.002,
  "slmrank_stage_duration_seconds_sum{priority="interactive",stage="queue"}": 0.03,
  "slmrank_stage_duration_seconds_sum{priority="interactive",stage="run"}": 0.06,
}
`);
  });

  test('scores after the deadline do not count as goodput', async () => {
    expect(
      await read(
        [ended({ inTime: false }), ended({ outcome: 'partial', scored: 4 })],
        ['slmrank_candidates_scored_total', 'slmrank_candidates_in_time_total'],
      ),
    ).toEqual({ slmrank_candidates_scored_total: 14, slmrank_candidates_in_time_total: 4 });
  });

  test('a request without an answer counts neither scores nor stage times', async () => {
    const outcomes = ['rejected', 'expired', 'cancelled', 'failed'] as const;
    const events = outcomes.map((outcome) => ended({ outcome, reason: 'INTERNAL' }));
    expect(
      await read(events, [
        'slmrank_candidates_received_total',
        'slmrank_candidates_scored_total',
        'slmrank_candidates_in_time_total',
        'slmrank_candidates_cached_total',
        'slmrank_stage_duration_seconds_count{priority="interactive",stage="run"}',
        'slmrank_rejects_total{reason="INTERNAL"}',
        'slmrank_failures_total{reason="INTERNAL"}',
      ]),
    ).toEqual({
      slmrank_candidates_received_total: 40,
      slmrank_candidates_scored_total: 0,
      slmrank_candidates_in_time_total: 0,
      slmrank_candidates_cached_total: 0,
      'slmrank_stage_duration_seconds_count{priority="interactive",stage="run"}': 0,
      'slmrank_rejects_total{reason="INTERNAL"}': 1,
      'slmrank_failures_total{reason="INTERNAL"}': 1,
    });
  });

  test('the outcomes add up to the number of requests', async () => {
    const outcomes = ['scored', 'partial', 'rejected', 'expired', 'cancelled', 'failed'] as const;
    const events = outcomes.flatMap((outcome) => [
      ended({ outcome }),
      ended({ outcome, method: 'RankStream', priority: 'deferrable' }),
    ]);
    const families = parseExposition(await countAll(...events));
    const counts = [...(families.get('slmrank_requests_total')?.samples.values() ?? [])];
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(events.length);
  });

  test('a batch counts for its replica and bucket; waste and prediction error follow', async () => {
    const of = '{replica="cpu#0",bucket="64"}';
    expect(
      await read(
        [batchRun(), batchRun({ runMs: 40 }), batchRun({ predictedMs: 0 })],
        [
          `slmrank_batches_total${of}`,
          `slmrank_batch_candidates_total${of}`,
          `slmrank_batch_packed_tokens_total${of}`,
          `slmrank_attention_slots_real_total${of}`,
          `slmrank_attention_slots_computed_total${of}`,
          'slmrank_batches_total{replica="cpu#0",bucket="32"}',
          'slmrank_batch_run_seconds_count{bucket="64"}',
          'slmrank_batch_prediction_ratio_count{bucket="64"}',
          'slmrank_batch_prediction_ratio_sum{bucket="64"}',
          'slmrank_batch_prediction_error_seconds_total{replica="cpu#0"}',
        ],
      ),
    ).toMatchInlineSnapshot(`
{
  "slmrank_attention_slots_computed_total{replica="cpu#0",bucket="64"}": 3000,
  "slmrank_attention_slots_real_total{replica="cpu#0",bucket="64"}": 2700,
  "slmrank_batch_candidates_total{replica="cpu#0",bucket="64"}": 24,
  "slmrank_batch_packed_tokens_total{replica="cpu#0",bucket="64"}": 900,
  "slmrank_batch_prediction_error_seconds_total{replica="cpu#0"}": 0.02,
  "slmrank_batch_prediction_ratio_count{bucket="64"}": 2,
  "slmrank_batch_prediction_ratio_sum{bucket="64"}": 2,
  "slmrank_batch_run_seconds_count{bucket="64"}": 3,
  "slmrank_batches_total{replica="cpu#0",bucket="32"}": 0,
  "slmrank_batches_total{replica="cpu#0",bucket="64"}": 3,
}
`);
  });

  test('a replica is in one phase at a time, and every change is counted', async () => {
    const phase = (name: 'loading' | 'ready' | 'failed') =>
      ({ kind: 'replica', replica: 'cpu#0', phase: name, reason: undefined }) as const;
    const text = await countAll(phase('loading'), phase('ready'), phase('failed'), phase('ready'));
    const samples = parseExposition(text).get('slmrank_replica_phase')?.samples;
    const inPhase = [...(samples ?? [])].filter(([, is]) => is === 1).map(([series]) => series);
    expect(inPhase).toEqual(['slmrank_replica_phase{replica="cpu#0",phase="ready"}']);
    const changes = 'slmrank_replica_phase_changes_total{replica="cpu#0",phase="ready"}';
    expect(sampleOf(text, changes)).toBe(2);
  });

  test('failed batches and retried candidates are counted', async () => {
    expect(
      await read(
        [
          { kind: 'batch-failed', replica: 'cpu#1', reason: 'its thread ended' },
          { kind: 'retried', candidates: 7 },
        ],
        [
          'slmrank_batch_failures_total{replica="cpu#1"}',
          'slmrank_batch_failures_total{replica="cpu#0"}',
          'slmrank_candidates_retried_total',
        ],
      ),
    ).toEqual({
      'slmrank_batch_failures_total{replica="cpu#1"}': 1,
      'slmrank_batch_failures_total{replica="cpu#0"}': 0,
      slmrank_candidates_retried_total: 7,
    });
  });

  test('too many values of a label are counted as OTHER', async () => {
    const events = Array.from({ length: 3000 }, (_, place) => ({
      kind: 'batch-failed' as const,
      replica: `r${place}`,
      reason: 'lost',
    }));
    const text = await countAll(...events);
    const failures = parseExposition(text).get('slmrank_batch_failures_total')?.samples.size;
    expect(failures).toBeLessThan(1100);
    expect(sampleOf(text, 'slmrank_batch_failures_total{replica="OTHER"}')).toBe(2000);
  });
});

test('calls of Valkey are counted by outcome, and timed if they were sent', async () => {
  const registry = new MetricRegistry(known);
  const tell = countValkey(registry);
  tell(ended());
  tell({ kind: 'valkey', operation: 'get', outcome: 'answered', ms: 3 });
  tell({ kind: 'valkey', operation: 'get', outcome: 'open' });
  const text = await registry.text();
  const calls = (outcome: string) =>
    sampleOf(text, `slmrank_valkey_calls_total{operation="get",outcome="${outcome}"}`);
  expect(['answered', 'open', 'timeout'].map(calls)).toEqual([1, 1, 0]);
  expect(sampleOf(text, 'slmrank_valkey_call_seconds_count{operation="get"}')).toBe(1);
  expect(sampleOf(text, 'slmrank_valkey_call_seconds_sum{operation="get"}')).toBe(0.003);
});
