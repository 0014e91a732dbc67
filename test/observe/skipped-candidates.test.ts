import { expect, test } from '@jest/globals';
import { countEvents } from '../../src/observe/metrics/metrics.ts';
import { MetricRegistry } from '../../src/observe/metrics/registry.ts';
import { sampleOf } from '../support/serving/exposition.ts';
import { ended } from '../support/serving/events.ts';

test('the skipped candidates of answered requests are counted by reason', async () => {
  const registry = new MetricRegistry({ replicas: [], buckets: [] });
  const tell = countEvents(registry);
  const skipped = { EMPTY: 2, TOO_LONG: 1 };
  tell(ended({ skipped }));
  tell(ended({ skipped, outcome: 'partial' }));
  tell(ended({ skipped, outcome: 'failed' }));
  tell(ended());
  const text = await registry.text();
  const counts = ['EMPTY', 'BLANK', 'TOO_LONG'].map((reason) =>
    sampleOf(text, `slmrank_candidates_skipped_total{reason="${reason}"}`),
  );
  expect(counts).toEqual([4, 0, 2]);
});
