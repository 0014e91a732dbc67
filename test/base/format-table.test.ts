import { expect, test } from '@jest/globals';
import { formatFixed, formatSigned } from '../../src/base/format-table.ts';

test.each([
  [-0.4, 0, '0'],
  [-0, 2, '0.00'],
  [-0.0049, 2, '0.00'],
  [-0.005001, 2, '-0.01'],
  [1.25, 1, '1.3'],
  [-12, 0, '-12'],
])('%d with %d digits is %s', (value, digits, shown) => {
  expect(formatFixed(value, digits)).toBe(shown);
});

test.each([
  [-0.0004, '+0.000'],
  [0, '+0.000'],
  [-0.0006, '-0.001'],
  [0.5, '+0.500'],
])('%d with a sign is %s', (value, shown) => {
  expect(formatSigned(value, 3)).toBe(shown);
});
