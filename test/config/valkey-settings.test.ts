import { expect, test } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';

function read(env: Record<string, string>) {
  return readConfig(env, [], 4);
}

const secret = { SLMRANK_VALKEY_SECRET_FILE: 's' };

test.each([
  ['valkey://cache', { host: 'cache', port: 6379, isTls: false, db: 0 }],
  ['redis://cache:7000/3', { host: 'cache', port: 7000, isTls: false, db: 3 }],
  ['valkeys://cache/', { host: 'cache', port: 6379, isTls: true, db: 0 }],
  ['rediss://[::1]:1', { host: '::1', port: 1, isTls: true, db: 0 }],
  ['valkey://me@cache', { host: 'cache', username: 'me', password: undefined }],
  ['valkey://me:p%40ss@cache', { host: 'cache', username: 'me', password: 'p@ss' }],
  ['valkey://:pass@cache', { host: 'cache', username: undefined, password: 'pass' }],
])('%s is understood', (url, address) => {
  const { config, problems } = read({ ...secret, SLMRANK_VALKEY_URL: url });
  expect(problems).toEqual([]);
  expect(config.valkeyUrl).toMatchObject(address);
});

test.each([
  'cache:6379',
  'http://me:hunter2@cache',
  'valkey://',
  'valkey://me:hunter2@cache/name',
  'valkey://me:hunter2@cache?family=6',
  'valkey://me:hunter2@cache:99999',
])('%s is refused without repeating it', (url) => {
  const { problems } = read({ ...secret, SLMRANK_VALKEY_URL: url });
  expect(problems).toEqual([
    "SLMRANK_VALKEY_URL: not the URL of a Valkey server; allowed: valkey://[USER[:PASSWORD]@]HOST[:PORT][/DB], valkeys:// for TLS, or 'off'",
  ]);
});

test('off is no server, and needs no secret', () => {
  const { config, problems } = read({ SLMRANK_VALKEY_URL: 'off' });
  expect(problems).toEqual([]);
  expect(config.valkeyUrl).toBeUndefined();
});

test('a server needs a secret, and takes one password', () => {
  expect(read({ SLMRANK_VALKEY_URL: 'valkey://cache' }).problems).toEqual([
    'SLMRANK_VALKEY_URL is given without SLMRANK_VALKEY_SECRET_FILE; make a secret with `openssl rand -hex 32` and give it to all servers of the fleet',
  ]);
  const both = { SLMRANK_VALKEY_URL: 'valkey://:a@cache', SLMRANK_VALKEY_PASSWORD_FILE: 'p' };
  expect(read({ ...secret, ...both }).problems).toEqual([
    'SLMRANK_VALKEY_URL has a password, and SLMRANK_VALKEY_PASSWORD_FILE is given too; allowed is one of them',
  ]);
});
