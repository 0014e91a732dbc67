import { expect, test } from '@jest/globals';
import { MetricRegistry, toOpenMetrics } from '../../../src/observe/metrics/registry.ts';
import { parseExposition, sampleOf } from '../../support/serving/exposition.ts';

const known = { replicas: ['cpu#0', 'cpu#1'], buckets: [32, 64] };

test('a watched value is read at every scrape', async () => {
  const registry = new MetricRegistry(known);
  let queued = 3;
  registry.onScrape('slmrank_queued_candidates', () => [[{}, queued]]);
  registry.onScrape('slmrank_score_cache_hits_total', () => [[{}, queued * 10]]);
  expect(sampleOf(await registry.text(), 'slmrank_queued_candidates')).toBe(3);
  queued = 5;
  const text = await registry.text();
  expect(sampleOf(text, 'slmrank_queued_candidates')).toBe(5);
  expect(sampleOf(text, 'slmrank_score_cache_hits_total')).toBe(50);
});

test('OpenMetrics names counters without _total and ends with EOF; the text keeps both names', async () => {
  const registry = new MetricRegistry(known);
  registry.counter('slmrank_candidates_scored_total')(10);
  const text = await registry.text();
  const open = toOpenMetrics(text);
  expect(open.endsWith('\n# EOF\n')).toBe(true);
  expect(open).not.toContain('\n\n');
  const families = parseExposition(open);
  expect(families.get('slmrank_candidates_scored')?.samples).toEqual(
    new Map([['slmrank_candidates_scored_total', 10]]),
  );
  expect(parseExposition(text).has('slmrank_candidates_scored_total')).toBe(true);
});

test('the buckets of another model begin at 0 and leave earlier counts alone', async () => {
  const registry = new MetricRegistry(known);
  const series = (bucket: number) => `slmrank_batches_total{replica="cpu#0",bucket="${bucket}"}`;
  registry.counter('slmrank_batches_total', { replica: 'cpu#0', bucket: '64' })(3);
  registry.expectBuckets([64, 128]);
  const text = await registry.text();
  expect([32, 64, 128].map((bucket) => sampleOf(text, series(bucket)))).toEqual([0, 3, 0]);
});
