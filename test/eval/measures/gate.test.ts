import { describe, expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import {
  type GateInput,
  gateLimits,
  type GateSide,
  judgeGate,
} from '../../../src/eval/measures/gate.ts';

/** Each query's candidates in order, a letter each, with falling logits. */
const run = (orders: Readonly<Record<string, string>>, logits: readonly number[] = [1, 0, -1]) =>
  new Map(
    Object.entries(orders).map(([query, ids]) => [
      query,
      Array.from(ids, (id, i) => ({ id, score: at(logits, i) })),
    ]),
  );

/** b is relevant for every query, and nothing else is: NDCG is 1 / log2(place + 1) of b. */
const judgements = new Map(['q1', 'q2', 'q3', 'q4'].map((query) => [query, new Map([['b', 1]])]));
const queries = new Map(
  ['q1', 'q2', 'q3', 'q4'].map((id, i) => [id, { kind: i < 2 ? 'need' : 'title' }]),
);
const second = 1 / Math.log2(3);
const third = 0.5;

function side(titles: boolean, reference: string, found: string): GateSide {
  const orders = (text: string) =>
    run(Object.fromEntries(text.split(' ').map((ids, i) => [`q${i + 1}`, ids])));
  return { titles, reference: orders(reference), run: orders(found) };
}

const judge = (...sides: readonly GateSide[]) => judgeGate({ judgements, queries, sides });
const failedOf = (...sides: readonly GateSide[]) =>
  judge(...sides).conditions.flatMap(({ name, passed }) => (passed ? [] : [name]));

const best = 'bac bac bac bac';

describe('the gate', () => {
  test('allows 0.5 % of NDCG@10, 1 % of NDCG@1, and 1 % of a class', () => {
    expect(gateLimits).toEqual({ ndcg10: 0.005, ndcg1: 0.01, classNdcg10: 0.01 });
  });

  test('judges the first side as a whole and by kind, the side without titles by kind', () => {
    const { conditions, passed } = judge(side(true, best, best), side(false, best, best));
    expect(conditions.map(({ name, queries: count, limit }) => [name, count, limit])).toEqual([
      ['NDCG@10, with titles', 4, 0.005],
      ['NDCG@1, with titles', 4, 0.01],
      ['NDCG@10 of need, with titles', 2, 0.01],
      ['NDCG@10 of title, with titles', 2, 0.01],
      ['NDCG@10, without titles', 4, 0.01],
      ['NDCG@10 of need, without titles', 2, 0.01],
      ['NDCG@10 of title, without titles', 2, 0.01],
    ]);
    expect(passed).toBe(true);
  });

  test('reports both means and their relative difference, with the interval of paired draws', () => {
    const { conditions } = judge(side(true, 'bac abc', 'bac acb'));
    const at10 = { reference: (1 + second) / 2, found: (1 + third) / 2 };
    expect(conditions[0]?.reference).toBeCloseTo(at10.reference, 12);
    expect(conditions[0]?.found).toBeCloseTo(at10.found, 12);
    // Draws of two queries: only the first (a quarter of them), both, or only the second.
    expect(conditions[0]?.change.mean).toBeCloseTo((third - second) / (1 + second), 12);
    expect(conditions[0]?.change.low).toBeCloseTo((third - second) / second, 12);
    expect(conditions[0]?.change.high).toBe(0);
    expect(conditions[1]).toMatchObject({ depth: 1, reference: 0.5, found: 0.5 });
  });

  test.each([
    ['nothing, where the order is the same', best, best, []],
    [
      'nothing, where first places change among what is not relevant',
      'acb acb cab cab',
      'cab cab acb acb',
      [],
    ],
    ['nothing, where the model gains', 'abc bac bac bac', best, []],
    [
      'the whole and the kind that lost',
      best,
      'bac bac bac abc',
      ['NDCG@10, with titles', 'NDCG@1, with titles', 'NDCG@10 of title, with titles'],
    ],
    [
      'a kind that lost, where the whole gained',
      'bac bac acb acb',
      'abc bac abc bac',
      ['NDCG@10 of need, with titles'],
    ],
  ])('fails %s', (_, reference, found, failed) => {
    expect(failedOf(side(true, reference, found))).toEqual(failed);
  });

  test('fails for NDCG@1 alone although NDCG@10 gained; without kinds there are no classes', () => {
    // NDCG@10 goes from (1 + 3 x 0.5) / 4 = 0.625 to 0.631, NDCG@1 from 0.25 to 0.
    const sides = [side(true, 'bac acb acb acb', 'abc abc abc abc')];
    const { conditions } = judgeGate({ judgements, queries: new Map(), sides });
    expect(conditions.map(({ name, passed }) => [name, passed])).toEqual([
      ['NDCG@10, with titles', true],
      ['NDCG@1, with titles', false],
    ]);
  });

  test('applies the limit of a class to the side without titles', () => {
    const lost = side(false, best, 'bac bac bac abc');
    expect(failedOf(side(true, best, best), lost)).toEqual([
      'NDCG@10, without titles',
      'NDCG@10 of title, without titles',
    ]);
    expect(failedOf(lost)).toEqual([
      'NDCG@10, without titles',
      'NDCG@1, without titles',
      'NDCG@10 of title, without titles',
    ]);
  });

  test.each([
    [(1 - second) / 4, true],
    [(1 - second) / 4 - 0.001, false],
  ])('a loss of a limit of %d is passed: %p', (ndcg10, passed) => {
    const sides = [side(true, best, 'bac bac bac abc')];
    const limits = { ndcg10, ndcg1: 1, classNdcg10: 1 };
    expect(judgeGate({ judgements, queries, sides }, limits).passed).toBe(passed);
  });

  test.each([
    // The reference's p(yes) are 0.7311, 0.5 and 0.2689.
    ['abc bac', 'bac cab', { changed: 2, medianDifference: (0.2311 + 0.4621) / 2 }],
    ['abc bac abc', 'bac cab cab', { changed: 3, medianDifference: 0.4621 }],
    ['abc bac', 'acb cab', { changed: 1, medianDifference: 0.4621 }],
    ['abc bac', 'acb bca', { changed: 0, medianDifference: undefined }],
  ])('counts changed first places from %s to %s', (reference, found, expected) => {
    const [places] = judge(side(true, reference, found)).firstPlaces;
    const { medianDifference, ...counts } = places ?? {};
    expect(counts).toEqual({
      titles: true,
      queries: reference.split(' ').length,
      changed: expected.changed,
    });
    expect(medianDifference?.toFixed(4)).toBe(expected.medianDifference?.toFixed(4));
  });

  test('judges only the judged queries of both runs, and fails without any', () => {
    const reference = run({ q1: 'b', q9: 'b' });
    const judgeRun = (found: GateInput['sides'][number]['run']) =>
      judge({ titles: true, reference, run: found });
    expect(judgeRun(reference).conditions.map((each) => each.queries)).toEqual([1, 1, 1]);
    const nothing = judgeRun(run({ q2: 'b' }));
    expect(nothing).toMatchObject({ passed: false, firstPlaces: [{ queries: 0, changed: 0 }] });
  });

  test('fails without a side', () => {
    expect(judge().passed).toBe(false);
  });
});
