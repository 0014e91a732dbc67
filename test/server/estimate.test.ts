import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Metadata, status } from '@grpc/grpc-js';
import { callerOf } from '../../src/server/wire/metadata.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ candidates: '10' });
});
afterAll(() => server.close());

const candidates = (count: number) => Array.from({ length: count }, (_, i) => ({ text: `t${i}` }));

describe('EstimateRank', () => {
  test('says what a request would cost, and that it would be admitted', async () => {
    const reply = await server.call('EstimateRank', { query: 'q', candidates: candidates(2) });
    expect(reply).toEqual({
      candidates: 2,
      prefix_tokens: 5,
      packed_tokens: 12,
      queue_ms: 1,
      run_ms: 2.5,
      total_ms: 3.5,
      would_admit: true,
      refusal_reason: '',
    });
  });

  test('says why a request would be refused', async () => {
    const reply = await server.call('EstimateRank', { query: 'q', candidates: candidates(6) });
    expect(reply).toMatchObject({ would_admit: false, refusal_reason: 'QUEUE_FULL' });
  });

  test('validates as Rank does', async () => {
    const failure = await server.fail('EstimateRank', { query: '', candidates: candidates(11) });
    expect(failure.code).toBe(status.INVALID_ARGUMENT);
  });
});

describe("the caller's own word", () => {
  const callerWith = (headers: Readonly<Record<string, string>>) => {
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(headers)) {
      metadata.set(key, value);
    }
    return callerOf(metadata);
  };
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

  test('client and trace context are read from the metadata', () => {
    expect(callerWith({ 'x-client-id': 'feed', traceparent })).toEqual({
      client: 'feed',
      traceparent,
    });
  });

  test('a malformed trace context counts as absent, a long name is cut', () => {
    const { client, traceparent: read } = callerWith({
      'x-client-id': 'x'.repeat(300),
      traceparent: 'never',
    });
    expect([client.length, read]).toEqual([256, undefined]);
  });

  test('an anonymous caller is the empty client', () => {
    expect(callerWith({})).toEqual({ client: '', traceparent: undefined });
  });
});
