import { expect, test } from '@jest/globals';
import {
  readsPerToken,
  type Segment,
  segmentCost,
  segmentLength,
  storedRows,
  tokenSegment,
} from '../../src/batch/segment.ts';

const rowsOf = (length: number): Segment => {
  return { kind: 'states', ids: Int32Array.of(1, 2), rows: new Int32Array(length) };
};

test('tokens cost one each, and are as many positions', () => {
  const segment = tokenSegment(Int32Array.of(1, 2, 3));
  expect([segmentCost(segment), segmentLength(segment)]).toEqual([3, 3]);
  expect(storedRows(segment)).toHaveLength(0);
});

test('stored tokens cost a small part of a token each, and are positions too', () => {
  const stored = [0, 1, readsPerToken, readsPerToken + 1].map(rowsOf);
  expect(stored.map(segmentCost)).toEqual([2, 3, 3, 4]);
  expect(stored.map(segmentLength)).toEqual([2, 3, 2 + readsPerToken, 3 + readsPerToken]);
});
