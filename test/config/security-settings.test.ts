import { expect, test } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';

test.each([
  [{ SLMRANK_TLS_CERT: 'c' }, 'SLMRANK_TLS_CERT is given without SLMRANK_TLS_KEY; TLS needs both'],
  [{ SLMRANK_TLS_KEY: 'k' }, 'SLMRANK_TLS_KEY is given without SLMRANK_TLS_CERT; TLS needs both'],
  [
    { SLMRANK_TLS_CLIENT_CA: 'a' },
    'SLMRANK_TLS_CLIENT_CA is given without SLMRANK_TLS_CERT and SLMRANK_TLS_KEY; client certificates need TLS',
  ],
  [
    { SLMRANK_BUFFERED_BYTES: '8388607' },
    "SLMRANK_BUFFERED_BYTES is 8388607, less than one request's SLMRANK_REQUEST_BYTES, 8388608",
  ],
])('%p is refused', (env, problem) => {
  expect(readConfig(env as Record<string, string>, [], 4).problems).toEqual([problem]);
});

test('a certificate with its key, and with an authority of clients, is accepted', () => {
  const env = { SLMRANK_TLS_CERT: 'c', SLMRANK_TLS_KEY: 'k' };
  expect(readConfig(env, [], 4).problems).toEqual([]);
  expect(readConfig({ ...env, SLMRANK_TLS_CLIENT_CA: 'a' }, [], 4).problems).toEqual([]);
});
