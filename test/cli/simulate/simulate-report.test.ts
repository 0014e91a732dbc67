import { expect, test } from '@jest/globals';
import {
  formatByText,
  formatPlan,
  formatReport,
} from '../../../src/cli/simulate/simulate-report.ts';
import { parseSimulateOptions } from '../../../src/cli/simulate/simulate-options.ts';
import type { SimulationReport } from '../../../src/simulate/summarize.ts';

function report(replicas: number): SimulationReport {
  return {
    wallMs: 2_000,
    requests: 3,
    outcomes: { scored: 2, failed: 1 },
    reasons: { UNAVAILABLE: 1 },
    latencyMs: { p50: 10, p95: 20, p99: Number.NaN },
    goodput: 50,
    busyShare: Array.from({ length: replicas }, (_, i) => ({
      server: i,
      replica: 'cuda#0',
      share: i / (replicas - 1),
    })),
    busySpread: 2,
    waste: 0.25,
    batches: 4,
    tokensPerBatch: 1_000,
    predictionError: 0.01,
  };
}

test('a report has a row for each replica of a small fleet', () => {
  const text = formatReport(report(3));
  expect(text).toContain('3 requests in 2.0 s: 2 scored, 1 failed\n');
  expect(text).toContain('not scored, by reason: 1 UNAVAILABLE\n');
  expect(text).toContain('p50 10 ms, p95 20 ms, p99 -\n');
  expect(text).toMatch(/^2 +cuda#0 +100\.0 %$/m);
});

test('the replicas of a large fleet are summed up', () => {
  expect(formatReport(report(101))).toContain(
    '\nbusy share of 101 replicas: least 0.0 %, median 50.0 %, most 100.0 %\n',
  );
});

const options = parseSimulateOptions(['--target-p99', '40']);
const trial = { replicas: 2, isEnough: true, report: report(3) };

test('a plan names the replicas, or says why none are enough', () => {
  expect(formatPlan({ replicas: 2, trials: [trial] }, options)).toContain(
    '\n2 replicas per server keep p99 <= 40 ms with 99 % scored\n',
  );
  expect(formatPlan({ replicas: undefined, trials: [trial] }, options)).toContain(
    'there is too much traffic for these servers; try more of them (--servers)',
  );
  const obstacle = {
    aloneMs: 80,
    limitMs: 40,
    candidates: 9,
    tokens: 900,
    fitting: { candidates: 4, tokens: 400 },
  };
  expect(formatPlan({ replicas: undefined, trials: [], obstacle }, options)).toBe(
    'no number of replicas keeps p99 <= 40 ms: one request alone (9 candidates, 900 tokens) takes 80 ms, over the target of 40 ms.\n' +
      'What would help: fewer candidates or tokens per request (4 candidates with 400 tokens would be in time), a model or device ' +
      'that is 2.0 times as fast, or a target and deadline of at least 80 ms\n',
  );
});

test('the same traffic by text is a line of its own', () => {
  expect(formatByText(undefined)).toBe('');
  expect(formatByText({ replicas: 7, trials: [] })).toBe(
    'the same traffic by text alone: 7 replicas per server\n',
  );
});
