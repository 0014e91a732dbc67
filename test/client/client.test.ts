import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { run as runHealth } from '../../src/cli/admin/health.ts';
import { createRankingClient, type RankingClient } from '../../src/client/client.ts';
import { startTestServer, type TestServer } from '../support/serving/test-server.ts';

let server: TestServer;
let client: RankingClient;

beforeEach(async () => {
  server = await startTestServer();
  client = createRankingClient(server.address);
});
afterEach(async () => {
  client.close();
  await server.close();
  jest.restoreAllMocks();
});

describe('the ranking client', () => {
  test('ranks, asks for information, and asks for health', async () => {
    const candidates = [
      { id: 'a', text: 'short' },
      { id: 'b', text: 'much longer', title: 'T' },
    ];
    const reply = await client.rank({ query: 'q', candidates }, 30_000);
    expect(reply.results.map(({ id }) => id)).toEqual(['b', 'a']);
    expect((await client.getInfo(30_000)).model).toBe('tiny');
    expect(await client.checkHealth('', 30_000)).toBe('SERVING');
  });

  test('a request may have its own timeout', async () => {
    server.pipeline.holds = true;
    const request = { query: 'q', candidates: [{ text: 'x' }] };
    await expect(client.rank({ ...request, timeoutMs: 20 }, 30_000)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await expect(client.rank({ ...request, timeoutMs: 1e7 }, 30_000)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('timeout_ms is 10000000; at most 3600000'),
    });
  });

  test('a request may be pinned to a model, which its metadata says too', async () => {
    const request = { query: 'q', candidates: [{ text: 'x' }] };
    const { scoreFingerprint } = await client.rank(request, 30_000);
    expect(server.pipeline.ranked[0]?.call).not.toMatchObject({ pin: expect.anything() });
    await client.rank({ ...request, scoreFingerprint }, 30_000);
    expect(server.pipeline.ranked[1]?.call).toMatchObject({ pin: scoreFingerprint });
    const other = { ...request, scoreFingerprint: 'ab'.repeat(32) };
    await expect(client.rank(other, 30_000)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('retry on another server'),
    });
  });

  test('bad candidates are skipped if the request says so', async () => {
    const candidates = [
      { id: 'bad', text: '\u00a0' },
      { id: 'good', text: 'Cook' },
    ];
    const request = { query: 'q', candidates, onBadCandidate: 'ON_BAD_CANDIDATE_SKIP' } as const;
    const { results, usage } = await client.rank(request, 30_000);
    expect(results.map(({ id, scored, skipReason }) => [id, scored, skipReason])).toEqual([
      ['good', true, 'SKIP_REASON_UNSPECIFIED'],
      ['bad', false, 'SKIP_REASON_BLANK'],
    ]);
    expect(usage?.skipped).toBe(1);
  });

  test('accepts replies of any size', async () => {
    const text = 'x'.repeat(100_000);
    const candidates = Array.from({ length: 50 }, () => ({ text }));
    const request = { query: 'q', candidates, returnText: true };
    const { results } = await client.rank(request, 30_000);
    expect(results.at(-1)?.text).toBe(text);
    await expect(
      client.rank({ ...request, maxReplyBytes: 1_000_000 }, 30_000),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('the error of a call names the method, the status and the reason', async () => {
    await expect(client.rank({ query: 'q', candidates: [] }, 30_000)).rejects.toMatchObject({
      name: 'CallError',
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^Rank: INVALID_ARGUMENT: .*candidates/),
    });
  });
});

describe('slmrank health', () => {
  function ask(...args: string[]): Promise<[number, string]> {
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    return runHealth(['--address', server.address, ...args]).then((status) => [
      status,
      String(write.mock.calls[0]?.[0]),
    ]);
  }

  test('is 0 when the server serves', async () => {
    expect(await ask()).toEqual([0, 'SERVING\n']);
    expect(await ask('--service', 'slmrank.v1.RankingService')).toEqual([0, 'SERVING\n']);
  });

  test('is 1 when it does not serve yet', async () => {
    await server.close();
    server = await startTestServer({}, { cold: true });
    expect(await ask()).toEqual([1, 'NOT_SERVING\n']);
    server.pipeline.becomeWarm();
  });

  test('fails for an unknown service, an absent server, and a wrong timeout', async () => {
    await expect(ask('--service', 'no.such')).rejects.toThrow(/NOT_FOUND/);
    await expect(runHealth(['--address', '127.0.0.1:1', '--timeout', '2000'])).rejects.toThrow(
      /UNAVAILABLE|DEADLINE_EXCEEDED/,
    );
    await expect(runHealth(['--timeout', 'soon'])).rejects.toThrow(/--timeout is 'soon'/);
  });
});
