import { beforeEach, describe, expect, test } from '@jest/globals';
import { findFaults } from '../../../bench/chaos/chaos.ts';
import { Ledger } from '../../../bench/chaos/ledger.ts';
import type { WireRankRequestInput } from '../../../src/proto/generated/slmrank/v1/RankRequest.ts';
import type { WireRankResponse } from '../../../src/proto/generated/slmrank/v1/RankResponse.ts';

let nowMs = 0;
let ledger = new Ledger(() => nowMs);
beforeEach(() => {
  nowMs = 0;
  ledger = new Ledger(() => nowMs);
});

interface Change {
  readonly logit?: number;
  readonly scored?: boolean;
  readonly complete?: boolean;
  readonly fingerprint?: string;
  readonly ids?: (ids: readonly string[]) => readonly string[];
}

/** The right answer to a request, or one with a fault. */
function answerTo(request: WireRankRequestInput, change: Change = {}): WireRankResponse {
  const { logit = 1, scored = true, complete = true, fingerprint = 'one', ids } = change;
  const all = (request.candidates ?? []).map(({ id = '' }) => id);
  const results = (ids?.(all) ?? all).map((id, index) => ({ id, index, scored, logit }));
  return {
    requestId: request.requestId,
    results,
    complete,
    scoreFingerprint: fingerprint,
  } as unknown as WireRankResponse;
}

const result = () => ({
  ledger: ledger.report(),
  isClean: true,
  stepMs: [],
  ratePerSecond: { before: 0, during: 0, after: 0 },
});

/** The same requests are sent again after this many. */
const round = 60;

test('there is no fault when every request has one complete answer', () => {
  for (let i = 0; i < 2 * round; i++) {
    ledger.answer(answerTo(ledger.next()));
  }
  expect(ledger.report()).toMatchObject({
    sent: 120,
    answered: 120,
    lost: 0,
    models: { one: 120 },
  });
  expect(findFaults(result())).toEqual([]);
});

test('requests and candidates have unique ids', () => {
  const [first, second] = [ledger.next(), ledger.next()];
  const ids = [first, second].flatMap(({ requestId, candidates = [] }) => [
    requestId,
    ...candidates.map(({ id }) => id),
  ]);
  expect(new Set(ids).size).toBe(ids.length);
});

test('a request that is neither answered nor failed is lost', () => {
  ledger.answer(answerTo(ledger.next()));
  ledger.next();
  expect(findFaults(result())).toEqual(['1 requests lost']);
});

test('a second answer is a fault, also after a failure', () => {
  const [answered, failed] = [ledger.next(), ledger.next()];
  ledger.answer(answerTo(answered));
  ledger.answer(answerTo(answered));
  ledger.fail(failed, 'UNAVAILABLE');
  ledger.answer(answerTo(failed));
  ledger.fail(failed, 'UNAVAILABLE');
  expect(findFaults(result())).toEqual(['2 surplus answers', '1 ended UNAVAILABLE']);
});

describe('an answer is wrong', () => {
  test.each<{ what: string; change: Change; problem: RegExp }>([
    { what: 'with a candidate missing', change: { ids: (ids) => ids.slice(1) }, problem: /of \d+/ },
    {
      what: 'with a candidate twice',
      change: { ids: (ids) => [...ids.slice(0, 1), ...ids.slice(0, -1)] },
      problem: /of \d+ candidates/,
    },
    {
      what: "with another request's candidates",
      change: { ids: (ids) => ids.map((id) => `x${id}`) },
      problem: /xr0c0 at 0/,
    },
    { what: 'unscored', change: { scored: false }, problem: /scored false/ },
    { what: 'incomplete', change: { complete: false }, problem: /candidates in/ },
  ])('$what', ({ change, problem }) => {
    ledger.answer(answerTo(ledger.next(), change));
    expect(ledger.report().wrong).toEqual([expect.stringMatching(problem)]);
  });
});

describe('the scores of a request', () => {
  const answerRound = (change: Change) => {
    for (let i = 0; i < round; i++) {
      ledger.answer(answerTo(ledger.next(), change));
    }
  };

  test('may differ in the last digits only', () => {
    answerRound({ logit: 1 });
    answerRound({ logit: 1.0009 });
    expect(ledger.report().wrong).toEqual([]);
    answerRound({ logit: 1.002 });
    expect(ledger.report().wrong).toHaveLength(round);
  });

  test('are compared within one model', () => {
    answerRound({ logit: 1 });
    answerRound({ logit: 5, fingerprint: 'two' });
    expect(ledger.report()).toMatchObject({ wrong: [], models: { one: round, two: round } });
  });
});

test('the longest wait, the longest silence, and the rate between two moments', () => {
  const [early, late] = [ledger.next(), ledger.next()];
  nowMs = 100;
  ledger.answer(answerTo(early));
  nowMs = 900;
  ledger.answer(answerTo(late));
  expect(ledger.report()).toMatchObject({ longestMs: 900, longestSilenceMs: 800 });
  expect(ledger.rate(0, 500)).toBe(2);
  expect(ledger.rate(900, 1900)).toBe(1);
});

test('a drain that does not finish in time is a fault', () => {
  expect(findFaults({ ...result(), isClean: false })).toEqual([
    'the last drain did not finish in time',
  ]);
});
