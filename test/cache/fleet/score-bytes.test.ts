import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeScore, encodeScore } from '../../../src/cache/fleet/score-bytes.ts';

const score = { yes: Math.fround(1 / 3), no: Math.fround(-7.7), tokens: 123, truncated: true };

test('a score comes back bit for bit', () => {
  const logit = fc.float({ noNaN: true, min: Math.fround(-1e5), max: Math.fround(1e5) });
  const scores = fc.record({
    yes: logit,
    no: logit,
    tokens: fc.integer({ min: 0, max: 131_072 }),
    truncated: fc.boolean(),
  });
  fc.assert(
    fc.property(scores, (any) => {
      expect(decodeScore(encodeScore(any))).toEqual(any);
    }),
  );
});

test('no other bytes are taken for a score that no model gives', () => {
  const bytes = encodeScore(score);
  expect(decodeScore(bytes.subarray(1))).toBeUndefined();
  expect(decodeScore(Buffer.concat([bytes, bytes]))).toBeUndefined();
  expect(decodeScore(Buffer.alloc(0))).toBeUndefined();
  expect(decodeScore(Buffer.alloc(bytes.length, 255))).toBeUndefined();
});

test.each([
  { yes: Number.NaN },
  { no: Number.NaN },
  { yes: Number.POSITIVE_INFINITY },
  { no: Number.NEGATIVE_INFINITY },
  { yes: 2e6 },
  { tokens: 2 ** 21 },
])('a score with %p is none', (wrong) => {
  expect(decodeScore(encodeScore({ ...score, ...wrong }))).toBeUndefined();
});
