import { describe, expect, test } from '@jest/globals';
import { RankError } from '../../../../src/base/errors.ts';
import { formOf, inWordsOf, limitMsOf } from '../../../../src/server/http/shapes/shape.ts';

const names = { candidates: 'documents', max_candidate_tokens: 'max_tokens_per_doc' };

describe('an error in the words of an API', () => {
  test.each([
    ['candidates[3].text', 'documents[3]'],
    ['candidates[3].title', 'documents[3].title'],
    ['candidates', 'documents'],
    ['max_candidate_tokens', 'max_tokens_per_doc'],
    ['query', 'query'],
    ['', ''],
  ])('%s is %s', (ours, theirs) => {
    const violations = [{ field: ours, description: 'is wrong' }];
    const error = new RankError('invalid-argument', `${ours} is wrong`.trim(), { violations });
    const renamed = inWordsOf(names, error);
    expect(renamed.violations).toEqual([{ field: theirs, description: 'is wrong' }]);
    expect(renamed.message).toBe(`${theirs} is wrong`.trim());
    expect(renamed.kind).toBe('invalid-argument');
  });

  test('keeps an error without fields as it is', () => {
    const error = new RankError('overloaded', 'the queue is full', { retryAfterMs: 5 });
    expect(inWordsOf(names, error)).toBe(error);
  });
});

test('a form skips what cannot be scored, unless nothing may be cut', () => {
  const asked = { query: 'q', candidates: [{ id: '', text: 'a' }] };
  expect(formOf(asked)).toMatchObject({
    onBadCandidate: 'skip',
    truncation: 'end',
    useCache: true,
  });
  const whole = formOf({ ...asked, truncation: 'error' });
  expect(whole).toMatchObject({ onBadCandidate: 'refuse', truncation: 'error' });
  expect(limitMsOf(whole)).toBe(Number.POSITIVE_INFINITY);
});
