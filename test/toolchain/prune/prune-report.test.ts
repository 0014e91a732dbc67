import { describe, expect, it } from '@jest/globals';
import { formatReport, type PruneReport } from '../../../src/toolchain/prune/prune-report.ts';

const report: PruneReport = {
  from: 'dense',
  parameters: { before: 2000, after: 1500 },
  calibration: { file: 'lines.jsonl', rows: 1200, tokens: 34_567, heldOutRows: 9, seed: 3 },
  dropped: { way: 'last', layers: [], measured: [] },
  layers: [],
  drift: undefined,
  seconds: 61,
  peakBytes: 5 * 2 ** 20,
};

describe('the text of a report', () => {
  it('has no tables and no drift when nothing was measured', () => {
    const text = formatReport(report);
    expect(text).toContain('parameters    2,000 -> 1,500 (25.0 % fewer)');
    expect(text).toContain('dropped none (last)');
    expect(text).toContain('1,200 rows, 34,567 tokens of lines.jsonl, seed 3');
    expect(text).toContain('5 MiB at most');
    expect(text).not.toMatch(/held out|error solved|influence/);
  });

  it('has a row for each dropped layer and each pruned half, and the drift', () => {
    const half = { kept: 4, of: 8, removed: 0.25, solved: 0.125 };
    const text = formatReport({
      ...report,
      dropped: {
        way: 'importance',
        layers: [5],
        measured: [{ layer: 5, influence: 0.5, divergence: 0.0625 }],
      },
      layers: [{ layer: 2, attention: undefined, mlp: half }],
      drift: {
        layersDropped: { divergence: 0.25, marginChange: 0.5 },
        pruned: { divergence: 0.75, marginChange: 1.5 },
      },
    });
    expect(text).toMatch(/5 +0\.5000 +0\.0625/);
    expect(text).toMatch(/2 +mlp +4\/8 +0\.2500 +0\.1250/);
    expect(text).not.toContain('attention');
    expect(text).toMatch(/held out +9 rows; layers dropped: KL of p\(yes\) 0\.25/);
    expect(text).toMatch(/then pruned: KL of p\(yes\) 0\.75.* moved 1\.5/);
  });
});
