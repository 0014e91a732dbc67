import { expect, test } from '@jest/globals';
import {
  budgetTable,
  formatPareto,
  kindTable,
  notesOf,
  overviewTable,
} from '../../../../src/eval/report/show/tables.ts';
import { paretoReport } from '../../../support/pareto-report.ts';

test('the overview has NDCG@10 by budget, with titles and without', () => {
  expect(overviewTable(paretoReport)).toEqual([
    ['NDCG@10', '24 tokens', 'no titles'],
    ['BM25', '0.400', '0.300'],
    ['dense', '0.800', '0.700'],
    ['small', '0.700', '0.600'],
  ]);
});

test('a budget has all figures of a row; what is not known is a dash', () => {
  const [head, bm25, dense, small] = budgetTable(paretoReport, 24);
  expect(new Set([head, bm25, dense, small].map((row) => row?.length))).toEqual(new Set([18]));
  expect(dense?.slice(0, 10)).toEqual([
    'dense',
    '0.800',
    '0.750..0.850',
    '0.700',
    '0.650..0.750',
    '-',
    '-',
    '-',
    '-',
    '-',
  ]);
  expect(small?.slice(5, 10)).toEqual(['dense', '-0.100', '-0.150..-0.050', '-12.5 %', '50.0 %']);
  expect(small?.slice(-4)).toEqual(['30.0', '-', '30.0', '3.00 (0.50..4.00)']);
  expect(bm25?.slice(-4)).toEqual(['-', '-', '-', '-']);
});

test('kinds of queries have columns with titles and without', () => {
  const [head, first] = kindTable(paretoReport, 24);
  expect(head).toEqual(['', 'all (3)', 'need (2)', 'all, no titles', 'need, no titles']);
  expect(first).toEqual(['BM25', '0.400', '0.200', '0.300', '0.150']);
});

test('the text names the rows that no other beats, and what was left out', () => {
  const text = formatPareto(paretoReport);
  expect(text).toContain('No row beats, in parameters: dense\n');
  expect(text).toContain('No row beats, in candidates/s: small, dense\n');
  expect(notesOf(paretoReport)).toContain(
    'Left out: lost, because lost/manifest.json does not exist.',
  );
  expect(notesOf({ ...paretoReport, speed: undefined })).toContain(
    'Candidates/s were not measured.',
  );
});
