import { expect, test } from '@jest/globals';
import { mendTimeout } from '../../../src/server/door/check-headers.ts';

test.each([
  ['1S', '1S'],
  ['0n', '0n'],
  ['99999999m', '99999999m'],
  ['2147483S', '2147483S'],
  ['2147484S', undefined],
  ['597H', undefined],
  ['596H', '596H'],
  ['99999999H', undefined],
])('a timeout of %s is handed on as %s', (given, expected) => {
  const headers = { 'grpc-timeout': given };
  mendTimeout(headers);
  expect(headers['grpc-timeout']).toBe(expected);
});

test.each(['', '1', 'S', '-1S', '1S1S', '1 S', '123456789m', '1.5S', 'x'.repeat(99)])(
  "a timeout of '%s' is refused",
  (given) => {
    expect(() => mendTimeout({ 'grpc-timeout': given })).toThrow(
      /^grpc-timeout is '.{0,20}'; at most eight digits and one of H, M, S, m, u, n are needed$/,
    );
  },
);

test('no timeout is fine', () => {
  expect(() => mendTimeout({})).not.toThrow();
});
