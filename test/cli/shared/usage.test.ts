import { expect, test } from '@jest/globals';
import { parseOptions } from '../../../src/cli/shared/usage.ts';

const options = { 'tls-ca': { type: 'string' }, json: { type: 'boolean' } } as const;

test.each([
  [['--tls-caa=x'], "no option '--tls-caa'; did you mean --tls-ca?\n\nUsage: x"],
  [['--jsn'], "no option '--jsn'; did you mean --json?\n\nUsage: x"],
  [['--bogus'], "no option '--bogus'\n\nUsage: x"],
  [['--tls-ca'], "Option '--tls-ca <value>' argument missing\n\nUsage: x"],
])('refuses %p', (args, message) => {
  expect(() => parseOptions(args, 'Usage: x\n', options)).toThrow(message);
});
