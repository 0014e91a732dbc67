import { describe, expect, test } from '@jest/globals';
import { RankError } from '../../src/base/errors.ts';
import { checkRankRequest, checkTexts, timeLimitOf } from '../../src/desk/request-rules.ts';
import { rankForm } from '../support/rank-form.ts';

const rules = { limits: { candidates: 3, textBytes: 8 }, model: 'tiny' };

function violationsOf(form: Parameters<typeof rankForm>[0]): readonly string[] {
  try {
    checkRankRequest(rankForm(form), 'r', rules);
  } catch (error) {
    return RankError.from(error).violations.map((found) => `${found.field} ${found.description}`);
  }
  return [];
}

describe('a rank request', () => {
  test('that keeps every rule becomes the domain request', () => {
    const form = rankForm({ candidates: [{ id: 'a', title: ' ', text: 'x', version: '' }] });
    expect(checkRankRequest(form, 'r', rules)).toMatchObject({
      requestId: 'r',
      query: 'q',
      candidates: [{ id: 'a', title: undefined, text: 'x', version: undefined }],
      scoreKind: 'probability',
      truncation: 'end',
      priority: 'interactive',
      onBadCandidate: 'refuse',
    });
  });

  test('treats blank texts that are optional as absent', () => {
    const form = rankForm({ instruction: ' \u200b', context: '' });
    const { instruction, context } = checkRankRequest(form, 'r', rules);
    expect([instruction, context]).toEqual([undefined, undefined]);
  });

  test.each([
    [{ query: '' }, 'query is empty'],
    [{ candidates: [] }, 'candidates has 0 entries; allowed 1 to 3'],
    [{ topN: 0 }, 'top_n is 0; at least 1, or leave it out'],
    [{ minScore: 1.5 }, 'min_score is 1.5, and scores are probabilities; allowed 0 to 1'],
    [
      { minScore: Infinity, scoreKind: 'logit' },
      'min_score is Infinity; allowed any finite number',
    ],
    [{ timeoutMs: 3_600_001 }, 'timeout_ms is 3600001; at most 3600000, or 0 for none'],
    [{ maxReplyBytes: 0 }, 'max_reply_bytes is 0; at least 1, or leave it out'],
    [{ requestId: 'é'.repeat(129) }, 'request_id has 258 bytes of UTF-8; at most 256'],
    [
      { priority: { given: 9, allowed: ['LOW', 'HIGH'] } },
      'priority is 9, which is unknown; allowed: LOW, HIGH',
    ],
    [
      { candidates: [{ id: '', text: 'x', version: 'v'.repeat(257) }] },
      'candidates[0].version has 257 bytes of UTF-8; at most 256',
    ],
    [
      { findReplyFault: () => ({ field: 'return_text', description: 'is too much' }) },
      'return_text is too much',
    ],
  ] as const)('with %j violates one rule', (form, violation) => {
    expect(violationsOf(form)).toEqual([violation]);
  });

  test('gets all of its violations at once', () => {
    expect(violationsOf({ query: '', topN: 0, candidates: [{ id: '', text: '' }] })).toEqual([
      'query is empty',
      'candidates[0].text is empty, and there is no title',
      'top_n is 0; at least 1, or leave it out',
    ]);
  });

  test('for another model is not found, but only after its violations', () => {
    const form = rankForm({ model: 'other' });
    expect(() => checkRankRequest(form, 'r', rules)).toThrow(
      new RankError('not-found', "model 'other' is not served here; 'tiny' is"),
    );
    expect(violationsOf({ model: 'other', query: '' })).toEqual(['query is empty']);
  });
});

describe('candidates that cannot be scored', () => {
  const candidates = [
    { id: 'a', text: 'x' },
    { id: 'b', text: ' ' },
    { id: 'c', text: 'far too long' },
  ];

  test('are skipped where the request allows it, with the reason by index', () => {
    const form = rankForm({ candidates, truncation: 'error', onBadCandidate: 'skip' });
    const { skips } = checkRankRequest(form, 'r', rules);
    expect([...(skips ?? [])]).toEqual([
      [1, 'BLANK'],
      [2, 'TOO_LONG'],
    ]);
  });

  test.each([
    ['end', 'far too '],
    ['start', 'too long'],
  ] as const)('a text that is too long is cut at its %s', (truncation, kept) => {
    const form = rankForm({ candidates, truncation, onBadCandidate: 'skip' });
    const checked = checkRankRequest(form, 'r', rules).candidates;
    expect(checked.map(({ text, isCut }) => [text, isCut])).toEqual([
      ['x', undefined],
      [' ', undefined],
      [kept, true],
    ]);
  });
});

test('texts to tokenize are counted and measured', () => {
  expect(checkTexts({ texts: ['a', ''], maxReplyBytes: undefined }, rules)).toEqual(['a', '']);
  expect(() => checkTexts({ texts: [], maxReplyBytes: undefined }, rules)).toThrow(
    'texts has 0 entries; allowed 1 to 3',
  );
  expect(() => checkTexts({ texts: ['a', 'far too long'], maxReplyBytes: 0 }, rules)).toThrow(
    'texts[1] has 12 bytes of UTF-8; at most 8 (and 1 more)',
  );
});

test.each([
  [undefined, Infinity],
  [0, Infinity],
  [1, 1],
  [3_600_000, 3_600_000],
  [3_600_001, Infinity],
])('a timeout of %p limits a call to %p ms', (timeoutMs, limitMs) => {
  expect(timeLimitOf(timeoutMs)).toBe(limitMs);
});
