import { describe, expect, test } from '@jest/globals';
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
])('problems use the names that were typed: %p', (argv, problem) => {
  expect(readConfig({}, argv, 4).problems).toEqual([problem]);
});

describe('names that are not settings are problems', () => {
  test.each([
    [
      { SLMRANK_TOKN_BUDGET: '1' },
      [],
      'SLMRANK_TOKN_BUDGET: no such setting; did you mean SLMRANK_TOKEN_BUDGET?',
    ],
    [{ SLMRANK_ZZZZZZZZZZ: '1' }, [], 'SLMRANK_ZZZZZZZZZZ: no such setting'],
    [{}, ['--adress=h:1'], '--adress: no such setting; did you mean --address?'],
    [{}, ['--port', '50051'], '--port: no such setting; did you mean --address?'],
    [{ SLMRANK_PORT: '1' }, [], 'SLMRANK_PORT: no such setting; did you mean SLMRANK_ADDRESS?'],
    [{}, ['--metrics-port=1'], '--metrics-port: no such setting; did you mean --metrics-address?'],
    [{}, ['--batch-size=1'], '--batch-size: no such setting; did you mean --token-budget?'],
    [{}, ['start'], 'start: no such setting'],
    [{}, ['--linger-ms'], '--linger-ms: a value is missing'],
    [{}, ['--linger-ms', '--drain-ms=1'], '--linger-ms: a value is missing'],
  ])('%p %p', (env, argv, problem) => {
    expect(readConfig(env as Record<string, string>, argv, 4).problems).toEqual([problem]);
  });
});
