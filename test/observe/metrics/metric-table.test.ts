import { describe, expect, test } from '@jest/globals';
import { aliasMetrics } from '../../../src/observe/metrics/alias-metrics.ts';
import { metricTable } from '../../../src/observe/metrics/metric-table.ts';

describe('the metrics table', () => {
  const own = Object.entries(metricTable).filter(([name]) => !(name in aliasMetrics));
  test.each(own)('%s follows the naming rules of Prometheus', (name, spec) => {
    expect(name).toMatch(/^slmrank_[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith('_total')).toBe(spec.type === 'counter');
    expect(name).not.toMatch(/_(ms|milliseconds|mb|kb)\b/);
    expect(spec.help).toMatch(/^[^"\n\\]+\.$/);
    const { buckets = [] } = spec as { buckets?: readonly number[] };
    expect([...buckets].sort((a, b) => a - b)).toEqual(buckets);
    expect(new Set(buckets).size).toBe(buckets.length);
  });

  // Its endpoint picker's earlier way of reading metrics takes nothing but gauges.
  test("llm-d's names are gauges without labels", () => {
    for (const { type, labels } of Object.values(aliasMetrics)) {
      expect([type, labels]).toEqual(['gauge', {}]);
    }
  });

  // OpenMetrics names a counter's family without _total.
  test('no two families have the same name in OpenMetrics', () => {
    const families = Object.keys(metricTable).map((name) => name.replace(/_total$/, ''));
    expect(new Set(families).size).toBe(families.length);
  });

  test('request latency has a bucket that ends at the 500 ms of the alerts', () => {
    expect(metricTable.slmrank_request_duration_seconds.buckets).toContain(0.5);
  });
});
