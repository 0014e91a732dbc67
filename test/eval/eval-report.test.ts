import { describe, expect, test } from '@jest/globals';
import { type EvalReport, formatReport } from '../../src/eval/eval-report.ts';

const same = (mean: number) => ({ mean, low: mean, high: mean });
const report: EvalReport = {
  beir: 'data',
  split: 'dev',
  runFile: 'bm25.trec',
  relevantFrom: 1,
  rows: [
    { kind: 'all', queries: 2, run: { ndcg10: { mean: 0.5, low: 0.25, high: 0.75 }, mrr10: 0.6 } },
    { kind: 'need', queries: 1, run: { ndcg10: same(1), mrr10: 1 } },
  ],
  unjudgedQueries: 1,
  judgedNotInRun: 0,
};

describe('formatReport', () => {
  test('shows the run by itself', () => {
    const text = formatReport(report);
    expect(text).toContain('data, split dev, run bm25.trec\n');
    expect(text).toContain('all         2        0.500  0.250..0.750   0.600');
    expect(text).toContain('need        1        1.000  1.000..1.000   1.000');
    expect(text).toContain('1 queries of the run have no judgements');
    expect(text).not.toMatch(/model|judged queries are not in the run/);
  });

  test('shows run and model side by side, and INTERRUPTED when they were stopped', () => {
    const rows = [
      {
        kind: 'title',
        queries: 1,
        run: { ndcg10: same(0.631), mrr10: 0.5 },
        reranked: { ndcg10: same(1), mrr10: 1 },
        gain: same(0.369),
      },
    ];
    const model = {
      name: 'tiny',
      fingerprint: 'f00d',
      devices: 'cpu#0',
      queries: 1,
      plannedQueries: 3,
      candidates: 4,
      truncated: 1,
      candidateTokens: 40,
      packedTokens: 60,
      seconds: 2,
      candidatesPerSecond: 2,
      interrupted: true,
      way: 'served' as const,
    };
    const text = formatReport({ ...report, rows, model });
    expect(text).toMatch(/title .* 0\.631 .* 1\.000 .* \+0\.369/);
    expect(text).toContain('INTERRUPTED after 1 of 3 queries');
    expect(text).toContain('2.0 candidates/s; 10 tokens each, 25.0 % cut');
    expect(formatReport({ ...report, rows, model: { ...model, way: 'direct' } })).toContain(
      '2.0 candidates/s (scored directly)',
    );
  });
});
