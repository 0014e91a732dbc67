import { expect, test } from '@jest/globals';
import { measureProcess } from '../../../src/observe/metrics/process-metrics.ts';
import { MetricRegistry } from '../../../src/observe/metrics/registry.ts';
import { sampleOf } from '../../support/serving/exposition.ts';

test('the process is measured: memory, processor, lag, pauses, build', async () => {
  const registry = new MetricRegistry({ replicas: [], buckets: [] });
  const build = { version: '1.2.3', model: 'tiny', fingerprint: 'ab', precision: 'fp32' };
  const stop = measureProcess(registry, () => ({ ...build, provider: 'cpu' }));
  const text = await registry.text();
  stop();
  const { node } = process.versions;
  const info = `slmrank_build_info{version="1.2.3",model="tiny",fingerprint="ab",precision="fp32",provider="cpu",node="${node}"}`;
  expect(sampleOf(text, info)).toBe(1);
  expect(sampleOf(text, 'slmrank_process_memory_bytes{kind="rss"}')).toBeGreaterThan(1e6);
  expect(sampleOf(text, 'slmrank_process_memory_bytes{kind="heap_used"}')).toBeGreaterThan(1e6);
  expect(sampleOf(text, 'slmrank_process_cpu_seconds_total')).toBeGreaterThan(0);
  expect(sampleOf(text, 'slmrank_process_start_time_seconds')).toBeGreaterThan(1.6e9);
  expect(sampleOf(text, 'slmrank_event_loop_lag_seconds_count')).toBe(0);
  expect(sampleOf(text, 'slmrank_gc_pause_seconds_count{kind="major"}')).toBe(0);
});
