import { expect, test } from '@jest/globals';
import { parseLoadOptions } from '../../../bench/load/options.ts';

test.each([
  [['--rps', '0.5'], /--rps is '0\.5'; it must be a whole number from 1/],
  [['--candidates', '51'], /--candidates is '51'; it must be a whole number from 1 to 50/],
  [['--speed', '1'], /--speed/],
])('parseLoadOptions refuses %j', (args, message) => {
  expect(() => parseLoadOptions(args)).toThrow(message);
});
