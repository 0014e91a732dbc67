import { Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ServingEvent } from '../../src/domain/events.ts';
import { startTestServer, testManifest, type TestServer } from '../support/serving/test-server.ts';
import { TestStream } from '../support/serving/test-stream.ts';

const { fingerprint: served } = testManifest;
const wanted = 'ab'.repeat(32);
const request = { query: 'q', candidates: [{ text: 'x' }] };
const events: ServingEvent[] = [];

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({}, { tell: (event) => events.push(event) });
});
afterAll(() => server.close());

function header(fingerprint: string): Metadata {
  const metadata = new Metadata();
  metadata.set('slmrank-score-fingerprint', fingerprint);
  return metadata;
}

const details = {
  ErrorInfo: { reason: 'WRONG_FINGERPRINT', domain: 'slmrank', metadata: { wanted, served } },
  RetryInfo: { retry_delay: {} },
};

describe.each(['Rank', 'EstimateRank'])('%s', (name) => {
  test('of the served fingerprint is answered, by field and by metadata', async () => {
    await server.call(name, { ...request, score_fingerprint: served });
    await server.call(name, request, { metadata: header(served) });
  });

  test.each([
    ['field', { ...request, score_fingerprint: wanted }, undefined],
    ['metadata', request, header(wanted)],
  ])('of another one, by %s, is UNAVAILABLE and retried at once', async (_, asked, metadata) => {
    const failure = await server.fail(name, asked, metadata && { metadata });
    expect(failure).toMatchObject({ code: status.UNAVAILABLE, details });
    expect(failure.message).toContain('retry on another server');
    expect(failure.metadata.get('grpc-retry-pushback-ms')).toEqual(['0']);
  });
});

test('a pin that no model can have is the fault of the request', async () => {
  const failure = await server.fail('Rank', { ...request, score_fingerprint: 'efef' });
  expect(failure).toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: { BadRequest: { field_violations: [{ field: 'score_fingerprint' }] } },
  });
});

test('an empty value is no pin, in the field and in the metadata', async () => {
  await server.call('Rank', { ...request, score_fingerprint: '' }, { metadata: header('') });
});

test('a field and a metadata that disagree are refused', async () => {
  const failure = await server.fail(
    'Rank',
    { ...request, score_fingerprint: served },
    { metadata: header(wanted) },
  );
  expect(failure).toMatchObject({ code: status.INVALID_ARGUMENT });
  expect(failure.message).toContain(`'${served}' in the request and '${wanted}' in the metadata`);
});

test('Tokenize is pinned by metadata', async () => {
  const failure = await server.fail('Tokenize', { texts: ['a'] }, { metadata: header(wanted) });
  expect(failure.details).toMatchObject(details);
});

test('a refusal is counted as a reject of its own reason, and scores nothing', async () => {
  events.length = 0;
  const before = server.pipeline.ranked.length;
  await server.fail('Rank', { ...request, score_fingerprint: wanted });
  expect(events).toMatchObject([
    { kind: 'ended', outcome: 'rejected', reason: 'WRONG_FINGERPRINT', scored: 0 },
  ]);
  expect(server.pipeline.ranked).toHaveLength(before);
});

test('in a stream each request has its own pin, and a refusal does not end it', async () => {
  const stream = new TestStream(server);
  stream.send('a', { score_fingerprint: wanted });
  stream.send('b', { score_fingerprint: served });
  await stream.answered(2);
  stream.halfClose();
  await stream.ended;
  expect(stream.answers).toContainEqual(
    expect.objectContaining({
      request_id: 'a',
      error: expect.objectContaining({
        code: status.UNAVAILABLE,
        reason: 'WRONG_FINGERPRINT',
        metadata: { wanted, served },
      }),
    }),
  );
  expect(stream.answers).toContainEqual(
    expect.objectContaining({
      request_id: 'b',
      response: expect.objectContaining({ score_fingerprint: served }),
    }),
  );
});
