import { describe, expect, it } from '@jest/globals';
import { formatGate, holdAgainst } from '../../src/eval/gate.ts';

const run = (orders: Record<string, string>) =>
  new Map(
    Object.entries(orders).map(([query, ids]) => [
      query,
      Array.from(ids, (id, i) => ({ id, score: -i })),
    ]),
  );

/** b is relevant for every query. */
const judgements = new Map(['q1', 'q2', 'q3', 'q4'].map((query) => [query, new Map([['b', 1]])]));
const second = 1 / Math.log2(3);

describe('the gate', () => {
  it('passes a model that orders as its reference does', () => {
    const same = run({ q1: 'bac', q2: 'abc' });
    expect(holdAgainst({ judgements, run: same, reference: same })).toMatchObject({
      queries: 2,
      ndcg10: { reference: (1 + second) / 2, found: (1 + second) / 2 },
      relativeLoss: 0,
      sameFirst: 1,
      passed: true,
    });
  });

  it('fails a model that loses, by the share it lost', () => {
    const reference = run({ q1: 'bac', q2: 'bac' });
    const result = holdAgainst({ judgements, reference, run: run({ q1: 'bac', q2: 'abc' }) });
    expect(result.relativeLoss).toBeCloseTo((1 - second) / 2, 12);
    expect(result).toMatchObject({ sameFirst: 0.5, passed: false });
  });

  it('fails one that gains but answers otherwise', () => {
    const reference = run({ q1: 'abc', q2: 'bac' });
    const result = holdAgainst({ judgements, reference, run: run({ q1: 'bac', q2: 'bac' }) });
    expect(result.relativeLoss).toBeLessThan(0);
    expect(result).toMatchObject({ sameFirst: 0.5, passed: false });
  });

  it.each([
    [0.5, true],
    [0.51, false],
  ])('counts the same first place: at least %d', (sameFirst, passed) => {
    const reference = run({ q1: 'acb', q2: 'cab' });
    const limits = { relativeLoss: 0, sameFirst };
    const result = holdAgainst(
      { judgements, reference, run: run({ q1: 'cab', q2: 'cab' }) },
      limits,
    );
    expect(result).toMatchObject({ relativeLoss: 0, passed });
  });

  it('looks at judged queries of both runs, and without one has shown nothing', () => {
    const reference = run({ q1: 'b', q9: 'b' });
    expect(holdAgainst({ judgements, reference, run: reference }).queries).toBe(1);
    expect(holdAgainst({ judgements, reference, run: run({ q2: 'b' }) })).toMatchObject({
      queries: 0,
      passed: false,
    });
  });

  it('says what was lost and what may be', () => {
    const reference = run({ q1: 'bac', q2: 'bac' });
    const result = holdAgainst({ judgements, reference, run: run({ q1: 'bac', q2: 'abc' }) });
    expect(formatGate(result, 'dense')).toBe(
      'against dense, 2 queries:\n' +
        '  NDCG@10 0.8155, was 1.0000: loss 18.45 % (at most 0.50 %)\n' +
        '  same first place: 50.00 % of queries (at least 97.00 %)\n' +
        '  gate: FAIL\n',
    );
  });
});
