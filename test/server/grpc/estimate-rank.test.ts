import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { startTestServer, type TestServer } from '../../support/serving/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ candidates: '10' });
});
afterAll(() => server.close());

const candidates = (count: number) => Array.from({ length: count }, (_, i) => ({ text: `t${i}` }));

describe('EstimateRank', () => {
  test('returns the cost of a request, and that it would be admitted', async () => {
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

  test('returns the reason why a request would be refused', async () => {
    const reply = await server.call('EstimateRank', { query: 'q', candidates: candidates(6) });
    expect(reply).toMatchObject({ would_admit: false, refusal_reason: 'QUEUE_FULL' });
  });

  test('validates as Rank does', async () => {
    const failure = await server.fail('EstimateRank', { query: '', candidates: candidates(11) });
    expect(failure.code).toBe(status.INVALID_ARGUMENT);
  });
});
