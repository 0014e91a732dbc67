import { beforeEach, describe, expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { Account, type Answer, findFaults } from '../../../bench/upgrade/core/account.ts';
import type { Page, Reference } from '../../../bench/upgrade/core/lists.ts';

const page: Page = { query: 'q', texts: ['x', 'y'] };
const right = { a: [0.2, 0.8], b: [0.8, 0.2] };
const reference: Reference = {
  a: 'a',
  b: 'b',
  tellable: 1,
  error: (fingerprint, _, scores) => {
    const wanted = fingerprint === 'a' ? right.a : right.b;
    return Math.max(...scores.map((score, i) => Math.abs(score - at(wanted, i))));
  },
};

let nowMs = 0;
let account: Account;
beforeEach(() => {
  nowMs = 0;
  account = new Account(reference, () => nowMs);
});

function answer(changes: Partial<Answer> = {}): Answer {
  const { fingerprint = 'a' } = changes;
  const scores = fingerprint === 'a' ? right.a : right.b;
  return { page, fingerprint, scores, pin: undefined, retries: 0, sentAtMs: 0, ...changes };
}

test('every call counts once, by its end', () => {
  account.answer('unary', answer());
  account.answer('unary', answer({ fingerprint: 'b', retries: 2 }));
  account.answer('pinned', answer({ pin: 'a', retries: 1 }));
  account.refuse('pinned');
  expect(account.report()).toMatchObject({
    unary: { calls: 2, okByA: 1, okByB: 1, retried: { 0: 1, 2: 1 }, refused: 0 },
    pinned: { calls: 2, okByA: 1, okByB: 0, retried: { 1: 1 }, refused: 1 },
  });
  expect(findFaults(account.report())).toEqual([]);
});

describe('a fault is', () => {
  test.each<[string, () => void, string]>([
    ['a failed call', () => account.fail('unary', 'UNAVAILABLE'), 'unary: 1 failed: UNAVAILABLE'],
    [
      'a score of the other model',
      () => account.answer('unary', answer({ scores: right.b })),
      'unary: 1 answers of another model',
    ],
    [
      'an answer of another model than the pinned one',
      () => account.answer('unary', answer({ fingerprint: 'b', pin: 'a' })),
      'unary: 1 pins not respected',
    ],
    [
      'a list with pages of two models',
      () => account.endList('unary', ['a', 'b'], false),
      'unary: 1 lists of two models',
    ],
    ['a kind without an answer', () => account.refuse('http'), 'http: no call was answered'],
  ])('%s', (_, act, fault) => {
    account.answer('unary', answer());
    act();
    expect(findFaults(account.report())).toEqual([fault]);
  });
});

test('a list of one model is no fault, also when it was ranked again', () => {
  account.answer('sessions', answer());
  account.endList('sessions', ['a', 'a'], false);
  account.endList('sessions', ['a'], true);
  expect(account.report()).toMatchObject({ sessions: { lists: 2, listsAgain: 1, listsMixed: 0 } });
  expect(findFaults(account.report())).toEqual([]);
});

test('latencies are those of the answers between two moments', () => {
  for (const ms of [10, 20, 400]) {
    nowMs = 1000 + ms;
    account.answer('unary', answer({ sentAtMs: 1000 }));
  }
  expect(account.latency(0, 1100)).toEqual({ p50: 10, p99: 10 });
  expect(account.latency(0, 2000)).toEqual({ p50: 20, p99: 20 });
  expect(account.latency(1400, 2000)).toEqual({ p50: 400, p99: 400 });
});
