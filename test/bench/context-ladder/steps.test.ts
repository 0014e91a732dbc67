import { describe, expect, test } from '@jest/globals';
import {
  describeSpeeds,
  ladder,
  orderOfRound,
  planLadder,
  qualityKey,
} from '../../../bench/context-ladder/steps.ts';

describe('planLadder', () => {
  test('names the steps whose model is not there, and leaves them out', () => {
    const { steps, leftOut } = planLadder({
      dense: { folder: 'models/dense', isThere: false },
      fp32: { folder: 'models/fp32', isThere: true },
      int8: { folder: 'models/int8', isThere: true },
    });
    expect(steps.map(({ name }) => name)).toEqual(['pruned', 'int8', 'compressed', 'by id']);
    expect(leftOut).toEqual([
      { name: 'stock export, fp32', missing: 'models/dense' },
      { name: 'packed', missing: 'models/dense' },
    ]);
  });
});

test('steps whose model reads the same texts are scored once', () => {
  expect(ladder.map(qualityKey)).toEqual([
    'dense, whole texts',
    'dense, whole texts',
    'fp32, whole texts',
    'int8, whole texts',
    'int8, summaries',
    'int8, summaries',
  ]);
});

test('speeds are compared round by round, with the first step and with the one before', () => {
  const [first, second, third] = describeSpeeds(
    [
      [10, 20, 30],
      [5, 20, 10],
      [1, 2, 5],
    ],
    300,
  );
  expect(first).toEqual({
    candidatesPerSecond: 15,
    ofFirst: { median: 1, low: 1, high: 1 },
    ofBefore: { median: 1, low: 1, high: 1 },
  });
  expect(second?.ofFirst).toEqual({ median: 2, low: 1, high: 3 });
  expect(third).toEqual({
    candidatesPerSecond: 150,
    ofFirst: { median: 10, low: 6, high: 10 },
    ofBefore: { median: 5, low: 2, high: 10 },
  });
});

test('each round begins with another step, and has all', () => {
  expect(orderOfRound(3, 0)).toEqual([0, 1, 2]);
  expect(orderOfRound(3, 4)).toEqual([1, 2, 0]);
});
