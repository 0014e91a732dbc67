import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import {
  failureOf,
  type Json,
  methodOf,
  startTestServer,
  type TestServer,
} from '../../support/serving/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    'text-bytes': '1000',
    'request-bytes': '20000',
    candidates: '4',
    'queued-candidates': '10',
  });
});
afterAll(() => server.close());

const one = [{ text: 'x' }];

/** A request, and the fields and descriptions of its violations. */
const table: readonly (readonly [string, Json, readonly (readonly [string, string])[]])[] = [
  ['no query', { candidates: one }, [['query', 'is empty']]],
  [
    'a blank query',
    { query: ' \n\t\u3000\u200b\ufeff', candidates: one },
    [['query', 'has nothing to read: only white space or invisible characters']],
  ],
  ['no candidates', { query: 'q' }, [['candidates', 'has 0 entries; allowed 1 to 4']]],
  [
    'too many candidates',
    { query: 'q', candidates: Array(5).fill({ text: 'x' }) },
    [['candidates', 'has 5 entries; allowed 1 to 4']],
  ],
  [
    'an empty candidate',
    { query: 'q', candidates: [{ text: 'x' }, { id: 'b' }] },
    [['candidates[1].text', 'is empty, and there is no title']],
  ],
  [
    'blank candidates',
    {
      query: 'q',
      candidates: [{ text: ' ' }, { text: '', title: '\u00a0' }, { text: '\u202a\0' }],
    },
    [0, 1, 2].map((i) => [
      `candidates[${i}].text`,
      i === 1
        ? 'is empty, and there is no title'
        : 'has nothing to read: only white space or invisible characters, and there is no title',
    ]),
  ],
  [
    'an unknown way with bad candidates',
    { query: 'q', candidates: one, on_bad_candidate: 7 },
    [
      [
        'on_bad_candidate',
        'is 7, which is unknown; allowed: ON_BAD_CANDIDATE_UNSPECIFIED, ON_BAD_CANDIDATE_REFUSE, ON_BAD_CANDIDATE_SKIP',
      ],
    ],
  ],
  [
    'a text too large in bytes though not in characters, where it may not be cut',
    { query: 'q', candidates: [{ text: '東'.repeat(334) }], truncation: 'TRUNCATION_ERROR' },
    [['candidates[0].text', 'has 1002 bytes of UTF-8; at most 1000']],
  ],
  [
    'a query too large',
    { query: 'q'.repeat(1001), candidates: one },
    [['query', 'has 1001 bytes of UTF-8; at most 1000']],
  ],
  ...['top_n', 'max_candidate_tokens', 'max_reply_bytes'].map(
    (field) =>
      [
        `${field} of 0`,
        { query: 'q', candidates: one, [field]: 0 },
        [[field, 'is 0; at least 1, or leave it out']],
      ] as const,
  ),
  [
    'min_score that is not a number',
    { query: 'q', candidates: one, min_score: NaN },
    [['min_score', 'is not a number']],
  ],
  ...[2, -0.1, 1.0000001, Infinity].map(
    (score) =>
      [
        `a min_score of ${score}, which no probability is`,
        { query: 'q', candidates: one, min_score: score },
        [['min_score', `is ${score}, and scores are probabilities; allowed 0 to 1`]],
      ] as const,
  ),
  ...[Infinity, -Infinity].map(
    (score) =>
      [
        `a min_score of ${score} for a logit`,
        { query: 'q', candidates: one, min_score: score, score_kind: 'SCORE_KIND_LOGIT' },
        [['min_score', `is ${score}; allowed any finite number`]],
      ] as const,
  ),
  [
    'an unknown score kind',
    { query: 'q', candidates: one, score_kind: 9 },
    [
      [
        'score_kind',
        'is 9, which is unknown; allowed: SCORE_KIND_UNSPECIFIED, SCORE_KIND_PROBABILITY, SCORE_KIND_LOGIT',
      ],
    ],
  ],
  [
    'an unknown truncation',
    { query: 'q', candidates: one, truncation: 77 },
    [
      [
        'truncation',
        'is 77, which is unknown; allowed: TRUNCATION_UNSPECIFIED, TRUNCATION_END, TRUNCATION_START, TRUNCATION_ERROR',
      ],
    ],
  ],
  [
    'a time of its own beyond an hour',
    { query: 'q', candidates: one, timeout_ms: 3_600_001 },
    [['timeout_ms', 'is 3600001; at most 3600000, or 0 for none']],
  ],
  [
    'a request id too long to echo',
    { query: 'q', candidates: one, request_id: 'r'.repeat(257) },
    [['request_id', 'has 257 bytes of UTF-8; at most 256']],
  ],
  [
    'everything at once',
    {
      candidates: [{ text: '', title: 't'.repeat(1001) }, {}],
      top_n: 0,
      min_score: NaN,
      score_kind: 3,
    },
    [
      ['query', 'is empty'],
      ['candidates[0].title', 'has 1001 bytes of UTF-8; at most 1000'],
      ['candidates[1].text', 'is empty, and there is no title'],
      ['top_n', 'is 0; at least 1, or leave it out'],
      ['min_score', 'is not a number'],
      ['score_kind', expect.stringContaining('is 3') as unknown as string],
    ],
  ],
];

describe('a request is refused with every violation', () => {
  test.each(table)('for %s', async (_, request, violations) => {
    const failure = await server.fail('Rank', { request_id: 'mine', ...request });
    expect(failure.code).toBe(status.INVALID_ARGUMENT);
    expect(failure.details['BadRequest']).toEqual({
      field_violations: violations.map(([field, description]) => ({ field, description })),
    });
    expect(failure.details['ErrorInfo']).toEqual({ reason: 'INVALID_REQUEST', domain: 'slmrank' });
    expect(server.pipeline.ranked).toHaveLength(0);
  });
});

test('the message alone explains the fault, for clients that show nothing else', async () => {
  const failure = await server.fail('Rank', { candidates: [{}] });
  expect(failure.message).toBe('query is empty (and 1 more)');
});

test('a model that is not served is not found', async () => {
  const failure = await server.fail('Rank', { query: 'q', candidates: one, model: 'gpt' });
  expect(failure).toMatchObject({
    code: status.NOT_FOUND,
    message: "model 'gpt' is not served here; 'tiny' is",
    details: { ErrorInfo: { reason: 'MODEL_NOT_FOUND', domain: 'slmrank' } },
  });
});

test('the texts of Tokenize have the same limits', async () => {
  const failure = await server.fail('Tokenize', { texts: ['x'.repeat(1001), '', '', '', ''] });
  expect(failure.details['BadRequest']).toEqual({
    field_violations: [{ field: 'texts', description: 'has 5 entries; allowed 1 to 4' }],
  });
  const empty = await server.fail('Tokenize', {});
  expect(empty.message).toBe('texts has 0 entries; allowed 1 to 4');
  const long = await server.fail('Tokenize', { texts: ['x', 'x'.repeat(1001)] });
  expect(long.message).toBe('texts[1] has 1001 bytes of UTF-8; at most 1000');
});

test('a request above our size limit gets an error with details and its id', async () => {
  const failure = await server.fail('Rank', {
    query: 'q'.repeat(30_000),
    candidates: one,
    request_id: 'mine',
  });
  expect(failure).toMatchObject({
    code: status.INVALID_ARGUMENT,
    message: expect.stringMatching(/^the request has 300\d\d bytes; at most 20000$/),
    details: { RequestInfo: { request_id: 'mine' } },
  });
});

/** Sends bytes as they are. */
function sendBytes(bytes: Buffer): Promise<unknown> {
  const { path } = methodOf('slmrank.v1.RankingService', 'Rank');
  return new Promise((resolve, reject) => {
    server.client.makeUnaryRequest(
      path,
      (raw: Buffer) => raw,
      (raw: Buffer) => raw,
      bytes,
      (error, reply) => (error === null ? resolve(reply) : reject(error)),
    );
  });
}

test.each([
  ['bytes that are no protobuf', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])],
  ['a truncated field', Buffer.from([0x0a, 0x05, 0x61])],
  ['a group without an end', Buffer.from([0x0b])],
  ['nested groups', Buffer.alloc(10_000, 0x0b)],
  ['nothing', Buffer.alloc(0)],
])('%s are invalid, and the server continues to serve', async (_, bytes) => {
  expect((await failureOf(sendBytes(bytes))).code).toBe(status.INVALID_ARGUMENT);
  expect(await server.call('GetInfo', {})).toMatchObject({ model: 'tiny' });
});

test('bytes that are not UTF-8 are refused, and their field is named', async () => {
  const before = server.pipeline.ranked.length;
  const query = Buffer.from([0x0a, 0x01, 0x71]);
  const candidate = Buffer.from([0x22, 0x03, 0x12, 0x01, 0xff]);
  const failure = await failureOf(sendBytes(Buffer.concat([query, candidate])));
  expect(failure).toMatchObject({
    code: status.INVALID_ARGUMENT,
    message: 'candidates[0].text is not valid UTF-8',
  });
  expect(failure.details['BadRequest']).toEqual({
    field_violations: [{ field: 'candidates[0].text', description: 'is not valid UTF-8' }],
  });
  expect(server.pipeline.ranked).toHaveLength(before);
});

test('the trailer of details stays small, however many violations there are', async () => {
  const wide = await startTestServer();
  const candidates = Array(1000).fill({ id: '東' });
  const failure = await wide.fail('Rank', { query: '', candidates, request_id: '東'.repeat(85) });
  const sizes = [...Object.entries(failure.metadata.getMap())].map(
    ([key, value]) => key.length + value.length,
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(6000);
  expect(failure.details['BadRequest']).toMatchObject({
    field_violations: expect.arrayContaining([
      { field: 'query', description: 'is empty' },
      { field: '', description: expect.stringMatching(/^and \d+ more$/) },
    ]),
  });
  await wide.close();
});
