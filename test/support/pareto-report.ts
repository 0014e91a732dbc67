import type { ParetoReport, RowReport } from '../../src/eval/report/report.ts';

const around = (mean: number) => ({ mean, low: mean - 0.05, high: mean + 0.05 });
const qualityOf = (mean: number) => [
  { kind: 'all', queries: 3, ndcg10: around(mean) },
  { kind: 'need', queries: 2, ndcg10: around(mean / 2) },
];

/** A run (without `speed`) or a model, with a lower quality where titles are hidden. */
function rowOf(name: string, mean: number, speed?: number): RowReport {
  const isModel = speed !== undefined;
  const difference = { against: 'dense', ndcg10: around(-0.1), relative: -0.125, sameFirst: 0.5 };
  return {
    name,
    kind: isModel ? 'model' : 'run',
    notes: isModel ? '' : 'by <keywords>',
    parameters: isModel ? 1e6 * speed : undefined,
    bytes: undefined,
    precision: undefined,
    fingerprint: undefined,
    budgets: [
      {
        candidateTokens: 24,
        quality: { titles: qualityOf(mean), 'no-titles': qualityOf(mean - 0.1) },
        difference: name === 'dense' ? undefined : { titles: difference, 'no-titles': difference },
        speed: isModel
          ? { candidatesPerSecond: speed, ratio: { median: speed / 10, low: 0.5, high: 4 } }
          : undefined,
      },
    ],
  };
}

/** A report of one text budget: BM25, and the models `dense` (better) and `small` (faster). */
export const paretoReport: ParetoReport = {
  machine: {
    cpu: 'a CPU',
    cores: 2,
    memoryGb: 8,
    kernel: '6.1',
    node: 'v20',
    commit: 'abc',
    date: '2026-11-01',
  },
  data: { name: 'jobs', split: 'dev', sha256: {}, queries: 3, candidates: 9 },
  settings: {
    candidateTokens: [24],
    tokenBudget: 1024,
    devices: 'cpu:1',
    bootstrap: { resamples: 2000, seed: 1 },
  },
  reference: 'dense',
  rows: [rowOf('BM25', 0.4), rowOf('dense', 0.8, 10), rowOf('small', 0.7, 30)],
  skipped: [{ name: 'lost', missing: 'lost/manifest.json' }],
  speed: { clock: 'wall', candidates: 64, rounds: [{}, {}] },
};
