import { describe, expect, test } from '@jest/globals';
import { formatPerturbed, measurePerturbed } from '../../../src/eval/forms/perturbed.ts';
import type { Run } from '../../../src/eval/data/trec-run.ts';

/** The relevant text of each query in the given place of ten. */
function runOf(places: Readonly<Record<string, number>>): Run {
  return new Map(
    Object.entries(places).map(([query, place]) => [
      query,
      Array.from({ length: 10 }, (_, i) => ({ id: i + 1 === place ? 'good' : `t${i}`, score: -i })),
    ]),
  );
}

const kinds = { q1: 'need', q2: 'need', q3: 'title' };
const input = {
  judgements: new Map(Object.keys(kinds).map((id) => [id, new Map([['good', 1]])])),
  queries: new Map(Object.entries(kinds).map(([id, kind]) => [id, { id, text: id, kind }])),
  run: runOf({ q1: 1, q2: 1, q3: 3 }),
  relevantFrom: 1,
};

// NDCG@10 is 1 in the first place, 1/2 in the third, and 1/3 in the seventh.
describe('perturbed quality', () => {
  const measured = measurePerturbed(
    input,
    new Map([
      ['upper', runOf({ q1: 3, q2: 3, q3: 1 })],
      ['html', runOf({ q1: 7, q2: 1, q3: 3 })],
    ]),
  );

  test('is compared with the plain quality in percent, for all queries and by kind', () => {
    expect(measured.map(({ name }) => name)).toEqual(['upper', 'html']);
    expect(measured[0]?.rows).toEqual([
      {
        kind: 'all',
        queries: 3,
        plain: expect.closeTo(2.5 / 3),
        perturbed: expect.closeTo(2 / 3),
        difference: {
          mean: expect.closeTo(-20),
          low: expect.closeTo(-60),
          high: expect.closeTo(60),
        },
      },
      {
        kind: 'need',
        queries: 2,
        plain: 1,
        perturbed: 0.5,
        difference: { mean: -50, low: -50, high: -50 },
      },
      {
        kind: 'title',
        queries: 1,
        plain: 0.5,
        perturbed: 1,
        difference: { mean: 100, low: 100, high: 100 },
      },
    ]);
    expect(measured[1]?.rows[1]).toMatchObject({
      perturbed: expect.closeTo(2 / 3),
      difference: { mean: expect.closeTo(-100 / 3), high: 0 },
    });
  });

  test('is formatted as a table', () => {
    expect(formatPerturbed(measured).split('\n').slice(0, 5)).toEqual([
      'perturbed   kind  queries  plain NDCG@10  NDCG@10  difference            95 %',
      'upper        all        3          0.833    0.667     -20.0 %    -60.0..+60.0',
      '            need        2          1.000    0.500     -50.0 %    -50.0..-50.0',
      '           title        1          0.500    1.000    +100.0 %  +100.0..+100.0',
      'html         all        3          0.833    0.611     -26.7 %     -80.0..+0.0',
    ]);
  });

  test('has no difference when the plain quality is 0', () => {
    const missed = new Map([['q1', [{ id: 'other', score: 1 }]]]);
    const [only] = measurePerturbed({ ...input, run: missed }, new Map([['lower', missed]]));
    expect(only?.rows[0]).toMatchObject({ plain: 0, perturbed: 0, difference: undefined });
    expect(formatPerturbed(only === undefined ? [] : [only])).toMatch(/ 0\.000 +- +-\n/);
  });
});
