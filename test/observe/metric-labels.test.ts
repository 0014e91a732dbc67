import { expect, test } from '@jest/globals';
import { metricTable } from '../../src/observe/metrics/metric-table.ts';

test('no metric has a label with values that callers choose', () => {
  const labels = Object.values(metricTable).flatMap((spec) => Object.keys(spec.labels));
  const allowed = [
    'method',
    'priority',
    'outcome',
    'reason',
    'stage',
    'replica',
    'bucket',
    'phase',
    'source',
  ];
  const ofProcess = [
    'operation',
    'version',
    'model',
    'fingerprint',
    'precision',
    'provider',
    'node',
    'kind',
  ];
  expect(labels.filter((label) => ![...allowed, ...ofProcess].includes(label))).toEqual([]);
});
