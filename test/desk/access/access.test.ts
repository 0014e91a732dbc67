import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, expect, test } from '@jest/globals';
import { keyLine } from '../../../src/cli/admin/key-new.ts';
import { RankError } from '../../../src/base/errors.ts';
import { createKey, hashKey } from '../../../src/desk/access/api-keys.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import {
  decodeFailure,
  type Json,
  methodOf,
  startTestServer,
  type TestServer,
  unary,
} from '../../support/serving/test-server.ts';

const request = { query: 'q', candidates: [{ text: 'x' }, { text: 'yy' }] };
const key = createKey();

let server: TestServer;
afterEach(async () => {
  await server.close();
});

async function start(...lines: readonly string[]): Promise<string> {
  const file = join(temporaryFolder({ keys: lines.join('\n') }), 'keys');
  server = await startTestServer({ 'api-keys': file });
  return file;
}

function bearing(
  value: string,
  more: Readonly<Record<string, string>> = {},
): { metadata: Metadata } {
  const metadata = new Metadata();
  metadata.set('authorization', value);
  Object.entries(more).forEach(([name, text]) => metadata.set(name, text));
  return { metadata };
}

test('a valid key lets a call in, under the name of the key whatever the call claims', async () => {
  await start(keyLine(key, { name: 'search' }));
  const metadata = { 'x-client-id': 'another' };
  expect(await server.call('Rank', request, bearing(`Bearer ${key}`, metadata))).toMatchObject({
    model: 'tiny',
  });
  expect(server.pipeline.ranked[0]?.call.client).toBe('search');
  expect(server.logLines.join()).not.toContain(key);
});

test.each([
  ['none', {}],
  ['an empty one', bearing('Bearer ')],
  ['a wrong one', bearing(`Bearer ${createKey()}`)],
  ['the right one cut short', bearing(`Bearer ${key.slice(0, -1)}`)],
  ['the right one and more', bearing(`Bearer ${key}x`)],
  ['the right one without its scheme', bearing(key)],
  ['the right one as another scheme', bearing(`Basic ${key}`)],
])('without a valid key (%s) every method answers the same UNAUTHENTICATED', async (_, options) => {
  await start(keyLine(key, { name: 'search' }));
  for (const method of ['Rank', 'EstimateRank', 'GetInfo', 'Tokenize']) {
    expect(await server.fail(method, request, options)).toMatchObject({
      code: status.UNAUTHENTICATED,
      message: "a valid API key is needed, as metadata 'authorization: Bearer KEY'",
      details: { ErrorInfo: { reason: 'API_KEY_INVALID' } },
    });
  }
  expect([...server.door.refused]).toEqual([['API_KEY_INVALID', 4]]);
  expect(server.pipeline.ranked).toHaveLength(0);
});

test('health needs no key', async () => {
  await start(keyLine(key, { name: 'search' }));
  const check = methodOf('grpc.health.v1.Health', 'Check');
  const plain = { metadata: new Metadata(), options: {} };
  expect(await unary(server.client, check, {}, plain)).toEqual({ status: 'SERVING' });
});

test('changed keys are valid after the reload; an unreadable file leaves the previous ones', async () => {
  const file = await start(keyLine(key, { name: 'search' }));
  const next = createKey();
  writeFileSync(file, keyLine(next, { name: 'search' }));
  server.reload();
  await server.call('Rank', request, bearing(`Bearer ${next}`));
  const failure = await server.fail('Rank', request, bearing(`Bearer ${key}`));
  expect(failure.code).toBe(status.UNAUTHENTICATED);
  writeFileSync(file, 'rubbish');
  server.reload();
  await server.call('Rank', request, bearing(`Bearer ${next}`));
  expect(server.logLines.join()).toContain('API keys not reloaded');
  writeFileSync(file, '');
  server.reload();
  const shut = await server.fail('Rank', request, bearing(`Bearer ${next}`));
  expect(shut.code).toBe(status.UNAUTHENTICATED);
  expect(server.logLines.join()).toContain('the key file has no keys');
});

/** Things in place of a key file, which must be neither waited for nor read without end. */
const noFiles: readonly (readonly [string, (path: string) => void, RegExp])[] = [
  ['a pipe', (path) => execFileSync('mkfifo', [path]), /is a pipe; a file is needed/],
  ['a folder', (path) => mkdirSync(path), /is a folder; a file is needed/],
  ['a device', (path) => symlinkSync('/dev/zero', path), /is a device or a socket/],
  ['a loop of links', (path) => symlinkSync(path, path), /ELOOP/],
  [
    'too large',
    (path) => {
      writeFileSync(path, '');
      truncateSync(path, 2 ** 31);
    },
    /has 2147483648 bytes; at most 16777216 are allowed/,
  ],
];

test.each(noFiles)(
  'a key file that becomes %s leaves the keys before',
  async (_what, make, said) => {
    const file = await start(keyLine(key, { name: 'search' }));
    rmSync(file);
    make(file);
    server.reload();
    await server.call('Rank', request, bearing(`Bearer ${key}`));
    expect(server.logLines.filter((line) => line.includes('API keys not reloaded'))).toEqual([
      expect.stringMatching(said),
    ]);
    await expect(startTestServer({ 'api-keys': file })).rejects.toThrow(said);
  },
);

test('a request beyond the quota is refused with the time to wait; refused work is not charged', async () => {
  await start(keyLine(key, { name: 'search', rate: '0.5', burst: '4' }));
  server.pipeline.holds = true;
  const shed = server.fail('Rank', request, bearing(`Bearer ${key}`));
  await server.pipeline.arrived(1);
  server.pipeline.ranked[0]?.fail(new RankError('overloaded', 'full'));
  expect(await shed).toMatchObject({ message: 'full' });
  server.pipeline.holds = false;
  await server.call('Rank', request, bearing(`Bearer ${key}`));
  await server.call('Rank', request, bearing(`Bearer ${key}`));
  const failure = await server.fail('Rank', request, bearing(`Bearer ${key}`));
  expect(failure).toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
    details: {
      ErrorInfo: { reason: 'QUOTA_EXCEEDED' },
      QuotaFailure: { violations: [{ subject: 'client:search' }] },
    },
  });
  const pushback = Number(failure.metadata.get('grpc-retry-pushback-ms')[0]);
  expect(pushback).toBeGreaterThan(3000);
  expect(pushback).toBeLessThanOrEqual(4000);
  expect(failure.details['RetryInfo']).toBeDefined();
  expect(server.pipeline.ranked).toHaveLength(3);
});

test('skipped candidates are not charged, and a request of only those costs 1', async () => {
  await start(keyLine(key, { name: 'search', rate: '0.001', burst: '4' }));
  const bad = Array.from({ length: 30 }, () => ({ text: ' ' }));
  const skipping = { query: 'q', on_bad_candidate: 'ON_BAD_CANDIDATE_SKIP' };
  const twoGood = { ...skipping, candidates: [...bad, ...request.candidates] };
  await server.call('Rank', twoGood, bearing(`Bearer ${key}`));
  await server.call('Rank', { ...skipping, candidates: bad }, bearing(`Bearer ${key}`));
  // 1 of 4 is left.
  const failure = await server.fail('Rank', twoGood, bearing(`Bearer ${key}`));
  expect(failure.message).toMatch(/^2 candidates are more than the quota has left/);
  const [one] = request.candidates;
  await server.call('Rank', { ...skipping, candidates: [...bad, one] }, bearing(`Bearer ${key}`));
});

test('estimates and tokenizing cost a tenth per candidate or text, and at least 1', async () => {
  await start(keyLine(key, { name: 'search', rate: '0.001', burst: '4' }));
  const texts = Array.from({ length: 11 }, () => 'text');
  await server.call('Tokenize', { texts }, bearing(`Bearer ${key}`));
  await server.call('EstimateRank', request, bearing(`Bearer ${key}`));
  // 1.9 of 4 are left.
  const failure = await server.fail('Rank', request, bearing(`Bearer ${key}`));
  expect(failure.details).toMatchObject({ ErrorInfo: { reason: 'QUOTA_EXCEEDED' } });
  await server.call('EstimateRank', request, bearing(`Bearer ${key}`));
  for (const [method, message] of [
    ['EstimateRank', request],
    ['Tokenize', { texts: ['text'] }],
  ] as const) {
    expect(await server.fail(method, message, bearing(`Bearer ${key}`))).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      message: expect.stringMatching(/^1 candidates are more than the quota has left/),
    });
  }
});

test('requests with a deferrable key are deferrable, others have the priority they ask for', async () => {
  const other = createKey();
  await start(
    keyLine(key, { name: 'nightly', priority: 'deferrable' }),
    keyLine(other, { name: 'site' }),
  );
  await server.call('Rank', request, bearing(`Bearer ${key}`));
  await server.call('Rank', request, bearing(`Bearer ${other}`));
  expect(server.pipeline.ranked.map(({ request: { priority } }) => priority)).toEqual([
    'deferrable',
    'interactive',
  ]);
});

test('the server does not start with an unusable key file', async () => {
  await start(keyLine(key, { name: 'search' }));
  await expect(startTestServer({ 'api-keys': '/nowhere/keys' })).rejects.toThrow(
    "--api-keys: '/nowhere/keys' cannot be read",
  );
  const file = join(temporaryFolder({ keys: '{}' }), 'keys');
  await expect(startTestServer({ 'api-keys': file })).rejects.toThrow(
    /^--api-keys '.*', line 1: 'name' is missing/,
  );
});

/** A stream that the key let in: its first answer, and its end. */
function openStream(value: string, more: Readonly<Record<string, string>> = {}) {
  const { path, requestSerialize, responseDeserialize } = methodOf(
    'slmrank.v1.RankingService',
    'RankStream',
  );
  const { metadata } = bearing(value, more);
  const call = server.client.makeBidiStreamRequest(
    ...([path, requestSerialize, responseDeserialize, metadata] as const),
  );
  const ended = new Promise<ServiceError>((resolve) => call.on('error', resolve));
  const answered = new Promise<Json>((resolve) => call.on('data', resolve));
  call.write({ ...request, request_id: '1' });
  return { call, answered, ended };
}

test('removing a key from the file ends its open streams and no others', async () => {
  const other = createKey();
  const kept = keyLine(other, { name: 'search' });
  const file = await start(keyLine(key, { name: 'search' }), kept);
  const [gone, stays] = [openStream(`Bearer ${key}`), openStream(`Bearer ${other}`)];
  await Promise.all([gone.answered, stays.answered]);
  writeFileSync(file, kept);
  server.reload();
  expect(decodeFailure(await gone.ended)).toMatchObject({
    code: status.UNAUTHENTICATED,
    message: 'the API key that opened this stream was revoked',
  });
  const next = new Promise((resolve) => stays.call.on('data', resolve));
  stays.call.write({ ...request, request_id: '2' });
  expect(await next).toMatchObject({ request_id: '2' });
  stays.call.cancel();
  await stays.ended;
});

test('a credential that a caller claims in its metadata is discarded', async () => {
  const other = createKey();
  const file = await start(keyLine(key, { name: 'a' }), keyLine(other, { name: 'b' }));
  const claim = `key ${hashKey(other).toString('hex')}`;
  const stream = openStream(`Bearer ${key}`, { 'x-slmrank-credential': claim });
  await stream.answered;
  writeFileSync(file, keyLine(other, { name: 'b' }));
  server.reload();
  expect((await stream.ended).code).toBe(status.UNAUTHENTICATED);
});
