import { describe, expect, test } from '@jest/globals';
import { fillBatch, surveyQueue } from '../../../src/schedule/policy/fill-batch.ts';
import type { WaitingRequest } from '../../../src/schedule/policy/view.ts';

const limits = { attentionGroups: 2, shareTokens: 25 };

/** Candidates of equal length behind a prefix of 10 tokens. */
function request(count: number, length: number, arrivedAtMs = 0): WaitingRequest {
  return {
    deadlineAtMs: Number.POSITIVE_INFINITY,
    arrivedAtMs,
    prefixTokens: 10,
    waiting: Array.from({ length: count }, (_, index) => ({ index, length, bucket: length })),
    waitingTokens: count * length,
    waitingSlots: 0,
    running: 0,
    partialOk: false,
    isOverShare: false,
  };
}

describe('a batch', () => {
  test.each([0, -5])('has a candidate of its head even if the cap is %i', (cap) => {
    const [head, other] = [request(5, 30), request(5, 30)];
    expect(fillBatch([head, other], cap, limits)).toEqual([{ request: head, count: 1 }]);
  });

  test('takes requests of its buckets first, then others', () => {
    const [a, b, c] = [request(1, 10), request(1, 20), request(1, 10)];
    const countOf = (cap: number, attentionGroups = 2) =>
      fillBatch([a, b, c], cap, { ...limits, attentionGroups }).map((one) => one.request);
    expect(countOf(70)).toEqual([a, c, b]);
    expect(countOf(69)).toEqual([a, c]);
    expect(countOf(70, 1)).toEqual([a, c]);
  });

  test('takes a part of another request only if the part is large enough', () => {
    const [head, other] = [request(2, 10), request(9, 10)];
    expect(fillBatch([head, other], 70, limits)).toEqual([
      { request: head, count: 2 },
      { request: other, count: 3 },
    ]);
    expect(fillBatch([head, other], 60, limits)).toEqual([{ request: head, count: 2 }]);
  });
});

test('a survey counts each prefix once and finds the earliest arrival', () => {
  expect(surveyQueue([request(2, 10, 7), request(1, 20, 5)])).toEqual({
    packedTokens: 60,
    oldestAtMs: 5,
  });
});
