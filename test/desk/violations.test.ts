import { describe, expect, test } from '@jest/globals';
import {
  invalidRequest,
  isUsableRequestId,
  maxRequestIdBytes,
  Violations,
} from '../../src/desk/violations.ts';

/** The violations that the checks find, as "field description". */
function findAll(run: (check: Violations) => unknown): readonly string[] {
  const check = new Violations(10);
  run(check);
  try {
    check.throwIfAny();
    return [];
  } catch (error) {
    const { violations } = error as { violations: { field: string; description: string }[] };
    return violations.map(({ field, description }) => `${field} ${description}`);
  }
}

test('all violations are thrown together, and none are not', () => {
  const found = findAll((check) => {
    check.query('');
    check.count('texts', 0, 4);
    check.add(undefined);
    check.add({ field: 'x', description: 'is odd' });
  });
  expect(found).toEqual(['query is empty', 'texts has 0 entries; allowed 1 to 4', 'x is odd']);
  expect(findAll((check) => check.query('nurse'))).toEqual([]);
});

describe('a check', () => {
  test.each<[string, (check: Violations) => unknown, string | undefined]>([
    ['of a blank query', (check) => check.query('\u200b '), 'query has nothing to read'],
    ['of bytes, not characters', (check) => check.text('t', 'é'.repeat(6)), 't has 12 bytes'],
    ['of a text that just fits', (check) => check.text('t', 'é'.repeat(5)), undefined],
    ['of an own limit', (check) => check.optionalText('v', 'abc', 2), 'v has 3 bytes'],
    ['of a count at its limit', (check) => check.count('c', 4, 4), undefined],
    ['of a count above it', (check) => check.count('c', 5, 4), 'c has 5 entries'],
    ['of 0 where 1 is the least', (check) => check.positive('n', 0), 'n is 0; at least 1'],
    ['of an absent number', (check) => check.positive('n', undefined), undefined],
    ['of 0 that means none', (check) => check.most('t', 0, 5), undefined],
    ['of a number that is too large', (check) => check.most('t', 6, 5), 't is 6; at most 5'],
    ['of NaN', (check) => check.score('s', Number.NaN, 'logit'), 's is not a number'],
    ['of a logit', (check) => check.score('s', -7, 'logit'), undefined],
    ['of an endless logit', (check) => check.score('s', Infinity, 'logit'), 's is Infinity;'],
    ['of no probability', (check) => check.score('s', 1.1, 'probability'), 's is 1.1, and scores'],
    ['of a score of unknown kind', (check) => check.score('s', 1.1, undefined), undefined],
    [
      'of an unknown value',
      (check) => check.choice('k', { given: 9, allowed: ['A', 'B'] }),
      'k is 9, which is unknown; allowed: A, B',
    ],
    [
      'of a long request id',
      (check) => check.requestId('x'.repeat(maxRequestIdBytes + 1)),
      'request_id has 257 bytes',
    ],
  ])('%s', (_name, run, expected) => {
    const found = findAll(run);
    expect(found).toEqual(
      expected === undefined ? [] : [expect.stringMatching(`^${expected.replace(/[.]/g, '\\.')}`)],
    );
  });
});

test('optional texts that are empty count as absent, and blank ones if they are to be read', () => {
  const check = new Violations(10);
  expect([check.optionalText('a', ''), check.optionalText('a', ' ')]).toEqual([undefined, ' ']);
  expect([check.readText('a', ' '), check.readText('a', 'x')]).toEqual([undefined, 'x']);
});

test('the message of an error has its first violation and the number of others', () => {
  const violation = { field: 'query', description: 'is empty' };
  expect(invalidRequest([violation]).message).toBe('query is empty');
  expect(invalidRequest([violation, violation]).message).toBe('query is empty (and 1 more)');
  expect(invalidRequest([{ field: '', description: 'no protobuf' }]).message).toBe('no protobuf');
});

test('a request id is usable unless it is absent, empty or too long', () => {
  const ids = [undefined, '', 'mine', 'x'.repeat(256), 'é'.repeat(129)];
  expect(ids.map(isUsableRequestId)).toEqual([false, false, true, true, false]);
});
