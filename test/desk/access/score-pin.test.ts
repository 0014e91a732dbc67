import { describe, expect, test } from '@jest/globals';
import { assertPin } from '../../../src/desk/access/score-pin.ts';

const served = 'ef'.repeat(32);
const other = 'ab'.repeat(32);

test.each([
  ['no pin', {}],
  ['an empty one', { field: '', metadata: '' }],
  ['the field', { field: served }],
  ['the metadata', { metadata: served }],
  ['both', { field: served, metadata: served }],
])(
  'the model may answer by %s',
  (_, { field, metadata }: { field?: string; metadata?: string }) => {
    expect(() => assertPin({ field, metadata }, served)).not.toThrow();
  },
);

test.each([
  ['field', { field: other, metadata: undefined }],
  ['metadata', { field: undefined, metadata: other }],
])('the fingerprint of another model in the %s moves the request to another server', (_, pin) => {
  const call = () => assertPin(pin, served);
  expect(call).toThrow(
    "this server's model has the score fingerprint efefefefefef, and the request wants " +
      'abababababab: retry on another server. If none has it any more, rank the whole list again ' +
      'without score_fingerprint',
  );
  expect(call).toThrow(
    expect.objectContaining({
      kind: 'unavailable',
      reason: 'WRONG_FINGERPRINT',
      facts: { wanted: other, served },
      retryAfterMs: 0,
    }),
  );
});

describe('a pin that no server can serve is the fault of the request', () => {
  test.each([
    [
      'a part of a fingerprint, as logs show it',
      { field: 'efefefefefef', metadata: undefined },
      "score_fingerprint is 'efefefefefef' (12 characters); 64 hexadecimal digits (0-9, a-f) are " +
        'needed, as score_fingerprint of a reply has them',
    ],
    [
      'capital letters, which proxies that route by it would not find',
      { field: undefined, metadata: served.toUpperCase() },
      `slmrank-score-fingerprint is '${served.toUpperCase()}' (64 characters); 64 hexadecimal digits (0-9, a-f)`,
    ],
    [
      'the header twice, which HTTP joins',
      { field: undefined, metadata: `${served}, ${served}` },
      `slmrank-score-fingerprint is '${served}, efefefefefefef' (130 characters)`,
    ],
    [
      'two different ones',
      { field: served, metadata: other },
      `score_fingerprint is '${served}' in the request and '${other}' in the metadata ` +
        'slmrank-score-fingerprint; one of them, or the same in both, is needed',
    ],
  ])('%s', (_, pin, message) => {
    const call = () => assertPin(pin, served);
    expect(call).toThrow(message);
    const violations = [expect.objectContaining({ field: message.split(' ')[0] })];
    expect(call).toThrow(expect.objectContaining({ kind: 'invalid-argument', violations }));
  });
});
