import { expect, test } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';

test.each([
  [
    ['--queued-candidates=999'],
    "--queued-candidates is 999, fewer than one request's --candidates, 1000",
  ],
  [
    ['--prefix-tokens=2000', '--queued-tokens=2000'],
    '--queued-tokens is 2000, less than one prefix and one candidate may have, 2512 (--prefix-tokens + --candidate-tokens)',
  ],
  [['--depth-floor=251'], '--depth-floor is 251, more than --depth-ceiling, 250'],
  [['--tls-cert=c'], '--tls-cert is given without --tls-key; TLS needs both'],
  [
    ['--metrics-address=127.0.0.1:50051'],
    '--metrics-address is 127.0.0.1:50051, the same as --address',
  ],
])('with the words that were typed: %p', (argv, problem) => {
  expect(readConfig({}, argv, 4).problems).toEqual([problem]);
});
