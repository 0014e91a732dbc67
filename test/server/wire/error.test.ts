import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RankError } from '../../../src/base/errors.ts';
import {
  type Failure,
  startTestServer,
  type TestServer,
} from '../../support/serving/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  server.pipeline.holds = true;
});
afterAll(() => server.close());

const request = { query: 'q', candidates: [{ text: 'x' }], request_id: 'mine' };

async function failureFor(error: Error): Promise<Failure> {
  const failure = server.fail('Rank', request);
  await server.pipeline.arrived(server.pipeline.ranked.length + 1);
  server.pipeline.ranked.at(-1)?.fail(error);
  return await failure;
}

describe('a failure of the pipeline has its status and reason', () => {
  test.each([
    ['invalid-argument', status.INVALID_ARGUMENT, 'INVALID_REQUEST'],
    ['not-found', status.NOT_FOUND, 'MODEL_NOT_FOUND'],
    ['overloaded', status.RESOURCE_EXHAUSTED, 'QUEUE_FULL'],
    ['deadline-exceeded', status.DEADLINE_EXCEEDED, 'DEADLINE_PASSED'],
    ['cancelled', status.CANCELLED, 'CANCELLED'],
    ['unavailable', status.UNAVAILABLE, 'NOT_SERVING'],
    ['replica-failed', status.UNAVAILABLE, 'REPLICA_FAILED'],
    ['internal', status.INTERNAL, 'INTERNAL'],
  ] as const)('%s', async (kind, code, reason) => {
    const failure = await failureFor(new RankError(kind, 'what happened'));
    expect(failure).toMatchObject({ code, message: 'what happened' });
    expect(failure.details).toMatchObject({
      ErrorInfo: { reason, domain: 'slmrank' },
      RequestInfo: { request_id: 'mine' },
    });
    expect(failure.metadata.get('x-request-id')).toEqual(['mine']);
  });
});

test('the error of a spent quota names its client', async () => {
  const failure = await failureFor(
    new RankError('overloaded', 'too much', { reason: 'QUOTA_EXCEEDED', quotaOf: 'search' }),
  );
  expect(failure.details).toMatchObject({
    ErrorInfo: { reason: 'QUOTA_EXCEEDED' },
    QuotaFailure: { violations: [{ subject: 'client:search', description: 'too much' }] },
    RetryInfo: { retry_delay: { seconds: '1' } },
  });
});

test('the reason of an error has precedence over the table', async () => {
  const failure = await failureFor(
    new RankError('deadline-exceeded', 'too late already', { reason: 'PREDICTED_LATE' }),
  );
  expect(failure.details['ErrorInfo']).toMatchObject({ reason: 'PREDICTED_LATE' });
});

test.each([
  [undefined, '1000', { seconds: '1' }],
  [0, '0', {}],
  [1, '1', { nanos: 1_000_000 }],
  [1499.5, '1500', { seconds: '1', nanos: 500_000_000 }],
])('overload with retryAfterMs %p says when to come back, twice', async (ms, pushback, delay) => {
  const failure = await failureFor(
    new RankError('overloaded', 'full', ms === undefined ? {} : { retryAfterMs: ms }),
  );
  expect(failure.metadata.get('grpc-retry-pushback-ms')).toEqual([pushback]);
  expect(failure.details['RetryInfo']).toMatchObject({ retry_delay: delay });
});

test('an error that waiting cannot help asks for no retry', async () => {
  const failure = await failureFor(
    new RankError('overloaded', 'too large', {
      reason: 'TOO_LARGE_FOR_DEADLINE',
      retryAfterMs: Number.POSITIVE_INFINITY,
    }),
  );
  expect(failure.code).toBe(status.RESOURCE_EXHAUSTED);
  expect(failure.metadata.get('grpc-retry-pushback-ms')).toEqual(['-1']);
  expect(failure.details).not.toHaveProperty('RetryInfo');
  expect(failure.details['ErrorInfo']).toMatchObject({ reason: 'TOO_LARGE_FOR_DEADLINE' });
});

test('only overload pushes back', async () => {
  const failure = await failureFor(new RankError('unavailable', 'draining'));
  expect(failure.metadata.get('grpc-retry-pushback-ms')).toEqual([]);
  expect(failure.details).not.toHaveProperty('RetryInfo');
});

test('violations of the pipeline are sent like those of the parser', async () => {
  const violations = [{ field: 'candidates[7].text', description: 'has 9120 tokens' }];
  const failure = await failureFor(new RankError('invalid-argument', 'too long', { violations }));
  expect(failure.details['BadRequest']).toEqual({ field_violations: violations });
});

test('an unexpected error is logged in full and hidden from the client', async () => {
  const failure = await failureFor(new TypeError('cannot read /etc/secret'));
  expect(failure).toMatchObject({
    code: status.INTERNAL,
    message: 'the request failed inside the server; this is a bug',
  });
  expect(server.logLines.at(-1)).toContain('cannot read /etc/secret');
});

test('a message of any characters is sent, cut if it is too long', async () => {
  const short = await failureFor(new RankError('internal', 'naïve 東京\n%20'));
  expect(short.message).toBe('naïve 東京\n%20');
  const long = await failureFor(new RankError('internal', `${'x'.repeat(239)}🙂 and so on`));
  expect(long.message).toBe(`${'x'.repeat(239)}\u{FFFD}...`);
});

test('a score that is not a number is our fault and names the candidate', async () => {
  const failure = server.fail('Rank', request);
  await server.pipeline.arrived(server.pipeline.ranked.length + 1);
  server.pipeline.ranked.at(-1)?.reply({
    results: [
      {
        index: 0,
        score: NaN,
        logit: 1,
        tokens: 1,
        truncated: false,
        scored: true,
        cached: false,
      },
    ],
  });
  expect(await failure).toMatchObject({
    code: status.INTERNAL,
    message: 'the score of candidates[0] is not a number',
    details: { ErrorInfo: { reason: 'SCORE_NOT_A_NUMBER' } },
  });
});

test('an unknown method is unimplemented', async () => {
  const code = await new Promise((resolve) => {
    const echo = (bytes: Buffer) => bytes;
    const path = '/slmrank.v1.RankingService/Forget';
    server.client.makeUnaryRequest(path, echo, echo, Buffer.alloc(0), (error) =>
      resolve(error?.code),
    );
  });
  expect(code).toBe(status.UNIMPLEMENTED);
});
