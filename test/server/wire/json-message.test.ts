import { describe, expect, test } from '@jest/globals';
import { parseProtoRoot } from '../../../src/proto/proto-root.ts';
import { type DescribedType, readJsonMessage } from '../../../src/server/wire/json-message.ts';

const { service, reflected } = parseProtoRoot();
const types = Object.fromEntries(
  Object.entries(reflected).map(([name, type]) => [name.replace('slmrank.v1.', ''), type]),
) as unknown as Record<string, DescribedType>;
const read = (json: unknown) => readJsonMessage(json, service.Rank.requestType, types);

test('reads names in both spellings, enums by name and number, and numbers as text', () => {
  expect(
    read({
      query: 'q',
      top_n: '3',
      maxCandidateTokens: 20,
      min_score: 0.5,
      return_text: true,
      scoreKind: 2,
      truncation: 'TRUNCATION_START',
      context: null,
      candidates: [{ id: 'a', text: 'x' }],
    }),
  ).toEqual({
    query: 'q',
    topN: '3',
    maxCandidateTokens: '20',
    minScore: 0.5,
    returnText: true,
    scoreKind: 'SCORE_KIND_LOGIT',
    truncation: 'TRUNCATION_START',
    candidates: [{ id: 'a', text: 'x' }],
  });
});

describe('refuses, naming the field as in the proto file', () => {
  test.each([
    ['a list', [], /^is a list; an object is needed$/],
    [
      'an unknown field',
      { querry: 'q' },
      /^querry is unknown; the fields are query, instruction, /,
    ],
    ['a number for text', { query: 5 }, 'query is 5; text is needed'],
    ['text for a list', { candidates: 'a' }, 'candidates is "a"; a list is needed'],
    ['text for an object', { candidates: ['a'] }, 'candidates[0] is "a"; an object is needed'],
    ['a fraction', { topN: 1.5 }, 'top_n is 1.5; a whole number from 0 to 4294967295 is needed'],
    ['a negative number', { topN: -1 }, 'top_n is -1; a whole number from 0'],
    ['too large a number', { topN: '4294967296' }, 'top_n is "4294967296"; a whole number'],
    ['text for a flag', { returnText: 'yes' }, 'return_text is "yes"; true or false is needed'],
    ['text for a number', { minScore: '1' }, 'min_score is "1"; a number is needed'],
    [
      'an unknown choice',
      { truncation: 'END' },
      /^truncation is "END"; allowed: TRUNCATION_UNSPECIFIED, TRUNCATION_END, /,
    ],
  ])('%s', (_case, json, message) => {
    expect(() => read(json)).toThrow(message);
  });
});
