import { describe, expect, test } from '@jest/globals';
import {
  compareScores,
  describeSystems,
  findRatios,
  type Measured,
  timesAsFast,
} from '../../../bench/peers/compare.ts';
import type { System } from '../../../bench/peers/systems.ts';

type Answers = readonly (readonly number[])[];

/** A system with two requests a round; each round lasts `ms` for each of them. */
function measured(system: Measured['system'], ms: readonly number[], scores: Answers): Measured {
  const rounds = ms.map((each) => scores.map((row) => ({ ms: each, scores: row })));
  return { system, about: '', peakMb: 1, rounds };
}

const named = (name: string, kind: System['class'], isOwn = false) => ({
  name,
  class: kind,
  isOwn,
});
const passage = (id: string) => ({ id, title: '', text: id });
const candidates = ['a', 'b', 'c'].map(passage);
const judged = (grades: readonly number[]) => ({
  query: 'q',
  candidates,
  grades: { candidates: grades, judged: grades },
});
const work = { requests: [judged([3, 0, 0]), judged([0, 0, 3])], candidates: 6, tokens: 600 };
const reference: Answers = [
  [0.9, 0.5, 0.1],
  [0.9, 0.5, 0.1],
];
const systems = describeSystems(
  [
    measured(named('slmrank fp32', 'floats', true), [300, 100, 200], reference),
    measured(named('slow', 'floats'), [400, 400, 600], reference),
    measured(
      named('wrong', 'floats'),
      [50, 50, 50],
      [
        [0.1, 0.5, 0.9],
        [0.1, 0.5, 0.9],
      ],
    ),
    measured(
      named('near', '8 bits'),
      [200, 200, 200],
      [
        [0.89, 0.5, 0.1],
        [0.9, 0.5, 0.1],
      ],
    ),
    measured(
      named('BM25', 'another method'),
      [1, 1, 1],
      [
        [7, 5, 1],
        [1, 5, 7],
      ],
    ),
  ],
  work,
);

describe('describeSystems', () => {
  test('speeds are those of the fastest round', () => {
    expect(systems[0]).toMatchObject({
      msOfRounds: [600, 200, 400],
      candidatesPerSecond: 30,
      tokensPerSecond: 3000,
      p95Ms: 100,
    });
  });

  test('NDCG@10 is the mean over requests, by descending score', () => {
    expect(systems[0]?.ndcg10).toBeCloseTo((1 + 1 / 2) / 2);
    expect(systems[4]?.ndcg10).toBe(1);
  });

  test('without judgements there is no NDCG@10', () => {
    const requests = work.requests.map((each) => ({ ...each, grades: undefined }));
    const [first] = describeSystems(
      [measured(named('slmrank fp32', 'floats', true), [1], reference)],
      { ...work, requests },
    );
    expect(first?.ndcg10).toBeUndefined();
  });

  test('another method has no agreement: its scores are no p(yes)', () => {
    expect(systems.map(({ agreement }) => agreement === undefined)).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });
});

test('compareScores gives differences over all candidates, and the order by request', () => {
  const agreement = compareScores(reference, [
    [0.9, 0.4, 0.1],
    [0.1, 0.5, 0.9],
  ]);
  expect(agreement.largest).toBeCloseTo(0.8);
  expect(agreement.mean).toBeCloseTo((0.1 + 0.8 + 0.8) / 6);
  expect(agreement.tau).toBeCloseTo(0);
});

describe('findRatios', () => {
  test('compares with the fastest peer whose scores are equal, in its class and of all', () => {
    const ratios = findRatios(systems).map(({ peer, times }) => ({ peer, times }));
    expect(ratios).toEqual([
      { peer: 'slow', times: 4 },
      { peer: 'near', times: 2 },
    ]);
  });

  test('slmrank itself counts only where its scores are equal', () => {
    const wrong = { ...named('slmrank int8', '8 bits', true) };
    const figures = systems.map((each) =>
      each.system.name === 'wrong' ? { ...each, system: wrong } : each,
    );
    expect(findRatios(figures).map(({ own }) => own)).not.toContain('slmrank int8');
  });

  test('without peers there is nothing to compare', () => {
    expect(findRatios(systems.slice(0, 1))).toEqual([]);
  });
});

test('timesAsFast compares the fastest rounds', () => {
  expect(timesAsFast({ msOfRounds: [10, 20, 100] }, { msOfRounds: [50, 20, 200] })).toBe(2);
});
