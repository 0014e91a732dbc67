import { describe, expect, test } from '@jest/globals';
import { borrowQuality, ladder, orderOfRound, planLadder } from '../../../bench/ladder/steps.ts';

describe('planLadder', () => {
  test('leaves out the steps of the dense ranker when it is not there', () => {
    const { steps, leftOut } = planLadder(false, true);
    expect(steps.map(({ name }) => name)).toEqual([
      '55 M',
      'int8',
      '64 tokens',
      '24 tokens',
      'by id',
      'states',
    ]);
    expect(leftOut).toEqual([
      {
        names: ['stock export', 'label rows', 'packed', 'shared', 'served'],
        why: 'the dense ranker is not built (--dense)',
      },
    ]);
  });

  test('leaves out the states when the server has no setting for them', () => {
    const { steps, leftOut } = planLadder(true, false);
    expect(steps).toEqual(ladder.slice(0, -1));
    expect(leftOut).toEqual([
      { names: ['states'], why: 'this server has no setting SLMRANK_STATES_MB' },
    ]);
  });
});

test('graphs in this process have the quality of the same model served, the others their own', () => {
  expect(borrowQuality(ladder)).toEqual([4, 4, 4, 4, 4, 5, 6, 7, 8, 9, 10]);
});

test('each round begins with another step, and has all', () => {
  expect(orderOfRound(3, 0)).toEqual([0, 1, 2]);
  expect(orderOfRound(3, 4)).toEqual([1, 2, 0]);
});
