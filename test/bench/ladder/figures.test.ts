import { expect, test } from '@jest/globals';
import {
  describeQuality,
  describeSpeeds,
  largestDrift,
  repeatsFor,
} from '../../../bench/ladder/figures.ts';

test('speeds are compared round by round, with the first step and with the one before', () => {
  const [first, second, third] = describeSpeeds([
    [30, 15, 10],
    [60, 15, 30],
    [300, 150, 60],
  ]);
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

test('a fast step repeats its requests until the least time has passed, a slow one does not', () => {
  expect(repeatsFor(0.5, 3)).toBe(6);
  expect(repeatsFor(0.001, 3)).toBe(100);
  expect(repeatsFor(40, 3)).toBe(1);
});

test('drift is the largest difference of p(yes)', () => {
  const answer = (margins: readonly number[]) => ({ margins, tokens: [] });
  expect(largestDrift(answer([0, 4]), answer([0, 4]))).toBe(0);
  expect(largestDrift(answer([0, 4]), answer([Math.log(3), 4]))).toBeCloseTo(0.25);
});

test('quality is by the order of the margins, and its change against the first step', () => {
  const passage = (id: string) => ({ id, title: '', text: id });
  const requests = [{ id: 'q', query: 'q', candidates: [passage('a'), passage('b')] }];
  const judgements = new Map([['q', new Map([['b', 1]])]]);
  const [right, wrong] = describeQuality(requests, judgements, [
    [{ margins: [-1, 1], tokens: [10, 20] }],
    [{ margins: [1, -1], tokens: [4, 4] }],
  ]);
  expect(right?.ndcg10.mean).toBe(1);
  expect(right?.tokens.mean).toBe(15);
  expect(right?.change.mean).toBe(0);
  expect(wrong?.ndcg10.mean).toBeCloseTo(1 / Math.log2(3));
  expect(wrong?.change.mean).toBeCloseTo(1 / Math.log2(3) - 1);
  expect(wrong?.tokens.mean).toBe(4);
});
