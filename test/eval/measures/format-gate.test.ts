import { expect, test } from '@jest/globals';
import { formatGate } from '../../../src/eval/measures/format-gate.ts';
import type { GateCondition, GateResult } from '../../../src/eval/measures/gate.ts';

const passing: GateCondition = {
  name: 'NDCG@10, with titles',
  titles: true,
  kind: 'all',
  depth: 10,
  queries: 4,
  reference: 0.8,
  found: 0.8,
  change: { mean: 0, low: -0.01, high: 0.02 },
  limit: 0.005,
  passed: true,
};
const failing: GateCondition = {
  ...passing,
  name: 'NDCG@1, with titles',
  depth: 1,
  found: 0.6,
  change: { mean: -0.25, low: -0.75, high: 0 },
  limit: 0.01,
  passed: false,
};
const names = { reference: 'dense', skipped: undefined };

function resultOf(conditions: readonly GateCondition[], changed: number): GateResult {
  const counts = { titles: true, queries: 4, changed };
  return {
    conditions,
    firstPlaces: [changed === 0 ? counts : { ...counts, medianDifference: 0.2311 }],
    passed: conditions.every(({ passed }) => passed),
  };
}

test('shows each condition, the first places, the skipped side, and the failed conditions', () => {
  const text = formatGate(resultOf([passing, failing], 1), { ...names, skipped: 'Only half.' });
  expect(text).toMatch(/^Against dense; /);
  expect(text).toMatch(
    /\nNDCG@10, with titles +4 +0\.8000 +0\.8000 +\+0\.00 % +-1\.00 %\.\.\+2\.00 % +-0\.50 % +ok\n/,
  );
  expect(text).toMatch(/\nNDCG@1, with titles +4 .* -25\.00 % .* -1\.00 % +FAIL\n/);
  expect(text).toMatch(
    /\nFirst places with titles: 25\.0 % changed \(1 of 4\), by a median of 0\.2311 in the p\(yes\) of dense; /,
  );
  expect(text).toMatch(/\nOnly half\.\nGate: FAIL: NDCG@1, with titles\n$/);
});

test('shows PASS, and no median when no first place changed', () => {
  expect(formatGate(resultOf([passing], 0), names)).toMatch(
    /0\.0 % changed \(0 of 4\); this decides nothing\.\nGate: PASS\n$/,
  );
});

test('names a condition without a judged query as such', () => {
  const empty = { ...failing, queries: 0 };
  expect(formatGate(resultOf([empty], 0), names)).toContain(
    'Gate: FAIL: NDCG@1, with titles (no judged query in common)\n',
  );
});
