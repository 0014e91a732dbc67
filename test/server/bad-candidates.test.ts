import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import type { ServingEvent } from '../../src/domain/events.ts';
import { type Json, startTestServer, type TestServer } from '../support/serving/test-server.ts';

let server: TestServer;
let events: ServingEvent[];
beforeEach(async () => {
  events = [];
  server = await startTestServer({ 'text-bytes': '1000' }, { tell: (event) => events.push(event) });
});
afterEach(() => server.close());

const asked = { query: 'receptionist', truncation: 'TRUNCATION_ERROR' };
const skip = { ...asked, on_bad_candidate: 'ON_BAD_CANDIDATE_SKIP' };
/** The candidates at 1, 3 and 5 are good. The fake pipeline ranks by length. */
const mixed = [
  { id: 'empty' },
  { id: 'a', text: 'Greets visitors.' },
  { id: 'blank', text: '\u3000\u00a0\n', title: '\u200b' },
  { id: 'c', title: 'Cook', text: 'Cooks.' },
  { id: 'long', text: 'x'.repeat(1001) },
  { id: 'titled', title: 'Clerk', text: '' },
];
const bad = [
  { index: 0, id: 'empty', scored: false, score: 0, skip_reason: 'SKIP_REASON_EMPTY' },
  { index: 2, id: 'blank', scored: false, score: 0, skip_reason: 'SKIP_REASON_BLANK' },
  { index: 4, id: 'long', scored: false, score: 0, skip_reason: 'SKIP_REASON_TOO_LONG' },
];

/** Both methods, with the fields of their replies. */
const ways: readonly (readonly [string, (request: Json) => Promise<unknown>])[] = [
  ['Rank', (request) => server.call('Rank', request)],
  ['RankStream', (request) => askStream(request)],
];

function askStream(request: Json): Promise<unknown> {
  const stream = server.rankStream();
  const answer = new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.once('data', ({ response, error }: Json) => resolve(response ?? error));
  });
  stream.write({ request_id: 'one', ...request });
  stream.end();
  return answer;
}

describe.each(ways)('%s', (method, ask) => {
  test('ranks the others, and lists bad candidates behind them with their reasons', async () => {
    expect(await ask({ ...skip, candidates: mixed })).toMatchObject({
      results: [
        { index: 1, id: 'a', score: 16, scored: true, skip_reason: 'SKIP_REASON_UNSPECIFIED' },
        { index: 3, id: 'c', score: 6, scored: true },
        { index: 5, id: 'titled', score: 0, scored: true },
        ...bad,
      ].map(withoutDefaults),
      usage: { candidates: 6, scored: 3, skipped: 3 },
      complete: true,
    });
    expect(server.pipeline.ranked[0]?.request.candidates.map(({ id }) => id)).toEqual([
      'a',
      'c',
      'titled',
    ]);
    expect(events).toMatchObject([
      { kind: 'ended', method, outcome: 'scored', candidates: 6, scored: 3, skipped: { EMPTY: 1 } },
    ]);
  });

  test('refuses all by default, naming each bad candidate', async () => {
    const violations = [
      ['candidates[0].text', 'is empty, and there is no title'],
      [
        'candidates[2].text',
        'has nothing to read: only white space or invisible characters, and there is no title',
      ],
      ['candidates[4].text', 'has 1001 bytes of UTF-8; at most 1000'],
    ].map(([field, description]) => ({ field, description }));
    const request = { ...asked, candidates: mixed };
    if (method === 'Rank') {
      const { code, details } = await server.fail('Rank', request);
      expect(code).toBe(status.INVALID_ARGUMENT);
      expect(details['BadRequest']).toEqual({ field_violations: violations });
    } else {
      expect(await ask(request)).toMatchObject({
        code: status.INVALID_ARGUMENT,
        field_violations: violations,
      });
    }
    expect(server.pipeline.ranked).toHaveLength(0);
  });
});

/** The reply as a client without defaults gets it. */
function withoutDefaults(result: Json): Json {
  return Object.fromEntries(
    Object.entries(result).filter(
      ([, value]) => value !== 0 && value !== false && value !== 'SKIP_REASON_UNSPECIFIED',
    ),
  );
}

test('top_n cuts the whole list, as for other candidates without a score', async () => {
  const top = async (top_n: number) => {
    const { results, usage } = await server.call('Rank', { ...skip, candidates: mixed, top_n });
    expect(usage).toMatchObject({ skipped: 3 });
    return (results as Json[]).map(({ id }) => id);
  };
  expect(await top(2)).toEqual(['a', 'c']);
  expect(await top(4)).toEqual(['a', 'c', 'titled', 'empty']);
  expect(await top(6)).toEqual(['a', 'c', 'titled', 'empty', 'blank', 'long']);
});

test('skipped candidates and those that the deadline left out are in input order', async () => {
  server.pipeline.holds = true;
  const call = server.call('Rank', { ...skip, candidates: mixed, partial_ok: true });
  await server.pipeline.arrived(1);
  const result = { tokens: 1, truncated: false, cached: false };
  const left = { ...result, score: 0, logit: 0, scored: false };
  server.pipeline.ranked[0]?.reply({
    results: [
      { ...result, index: 1, score: 0.5, logit: 0, scored: true },
      { ...left, index: 0 },
      { ...left, index: 2 },
    ],
    complete: false,
  });
  const { results, complete } = await call;
  expect((results as Json[]).map(({ id }) => id)).toEqual([
    'c',
    'empty',
    'a',
    'blank',
    'long',
    'titled',
  ]);
  expect(complete ?? false).toBe(false);
});

test('a request with only bad candidates is answered', async () => {
  expect(
    await server.call('Rank', { ...skip, candidates: [{ id: 'x' }, { text: ' ' }] }),
  ).toMatchObject({
    results: [
      { id: 'x', skip_reason: 'SKIP_REASON_EMPTY' },
      { index: 1, skip_reason: 'SKIP_REASON_BLANK' },
    ],
    usage: { candidates: 2, skipped: 2 },
  });
});

test('a bad id or version still refuses the request', async () => {
  const candidates = [
    { id: 'i'.repeat(1001), text: 'x' },
    { text: 'y', version: 'v'.repeat(257) },
  ];
  const failure = await server.fail('Rank', { ...skip, candidates });
  expect(failure.message).toMatch(/^candidates\[0\]\.id has 1001 bytes.*\(and 1 more\)$/);
});

test('an error names the candidate by its place in the whole request', async () => {
  server.pipeline.holds = true;
  const call = server.fail('Rank', { ...skip, candidates: mixed });
  await server.pipeline.arrived(1);
  const { RankError } = await import('../../src/base/errors.ts');
  const violations = [{ field: 'candidates[1].text', description: 'has too much' }];
  server.pipeline.ranked[0]?.fail(
    new RankError('invalid-argument', 'candidates[1].text: has too much', { violations }),
  );
  expect(await call).toMatchObject({
    message: 'candidates[3].text: has too much',
    details: { BadRequest: { field_violations: [{ field: 'candidates[3].text' }] } },
  });
});

test('EstimateRank counts the candidates that would be scored', async () => {
  expect(await server.call('EstimateRank', { ...skip, candidates: mixed })).toMatchObject({
    candidates: 3,
  });
});

describe('a reply that may be larger than the client takes', () => {
  const large = postings(9_000, 600);

  test('is refused before anything is computed, with advice', async () => {
    const wide = await startTestServer();
    const failure = await wide.fail('Rank', { query: 'q', return_text: true, candidates: large });
    expect(failure.code).toBe(status.INVALID_ARGUMENT);
    expect(failure.details['BadRequest']).toEqual({
      field_violations: [
        {
          field: 'return_text',
          description: expect.stringMatching(
            /^may make the reply 543\d{4} bytes long; clients take 4194304 unless the request's max_reply_bytes says more\. Set top_n, leave return_text out, or raise max_reply_bytes and the client's own limit$/,
          ),
        },
      ],
    });
    expect(wide.pipeline.ranked).toHaveLength(0);
    await wide.close();
  });

  test.each([
    ['without the texts', {}],
    ['with fewer results', { return_text: true, top_n: 400 }],
  ])('is not refused %s', async (_, change) => {
    const wide = await startTestServer();
    const { results } = await wide.call('Rank', { query: 'q', candidates: large, ...change });
    expect(results).toHaveLength('top_n' in change ? 400 : 600);
    await wide.close();
  });

  test('is not refused if the client says that it accepts it', async () => {
    const request = { query: 'q', candidates: [{ text: 'x'.repeat(900) }], return_text: true };
    const refused = await server.fail('Rank', { ...request, max_reply_bytes: 1000 });
    expect(refused.message).toMatch(
      /^max_reply_bytes is 1000, and the reply may be 3\d{3} bytes long\. Set top_n/,
    );
    await expect(server.call('Rank', { ...request, max_reply_bytes: 5000 })).resolves.toBeDefined();
  });

  test('the default is published', async () => {
    expect(await server.call('GetInfo', {})).toMatchObject({ limits: { reply_bytes: 4_194_304 } });
  });
});

function postings(characters: number, count: number): Json[] {
  return Array.from({ length: count }, (_, i) => ({ id: `${i}`, text: 'x'.repeat(characters) }));
}
