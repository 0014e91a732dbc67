import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { at } from '../../src/base/at.ts';
import { type ScoreSetting, scoreKeys } from '../../src/cache/score-keys.ts';
import type { Candidate, RankRequest } from '../../src/domain/rank.ts';
import { testRequest } from '../support/models/tiny-pipeline.ts';

const setting: ScoreSetting = { fingerprint: 'f', candidateTokens: 100, client: '' };

function keyOf(
  changed: Partial<RankRequest> = {},
  candidate: Partial<Candidate> = {},
  changedSetting: Partial<ScoreSetting> = {},
): string {
  const request = testRequest('query', ['text'], changed);
  const candidates = request.candidates.map((each) => ({ ...each, ...candidate }));
  return at(scoreKeys(request, candidates, { ...setting, ...changedSetting }), 0);
}

describe('a key changes with everything that decides the score', () => {
  test.each<[string, string]>([
    ['the query', keyOf({ query: 'other' })],
    ['the instruction', keyOf({ instruction: 'find' })],
    ['an empty instruction', keyOf({ instruction: '' })],
    ['the context', keyOf({ context: 'here' })],
    ['the truncation', keyOf({ truncation: 'start' })],
    ['the tokens that are read', keyOf({ maxCandidateTokens: 99 })],
    ['the fingerprint', keyOf({}, {}, { fingerprint: 'g' })],
    ['the context budget', keyOf({}, {}, { candidateTokens: 101 })],
    ['the text', keyOf({}, { text: 'texts' })],
    ['a title', keyOf({}, { title: 't' })],
    ['an empty title', keyOf({}, { title: '' })],
  ])('with %s', (_name, key) => {
    expect(key).not.toBe(keyOf());
  });
});

describe('a key does not change with anything else', () => {
  test.each<[string, string]>([
    ['the id', keyOf({}, { id: 'other' })],
    ['the options of the reply', keyOf({ topN: 1, minScore: 0.5, scoreKind: 'probability' })],
    ['the class and the request id', keyOf({ priority: 'deferrable', requestId: 'r' })],
    ['a budget above the server’s', keyOf({ maxCandidateTokens: 1_000 })],
    ['a version without an id', keyOf({}, { id: '', version: '7' })],
    ['the client, when the text is the key', keyOf({}, {}, { client: 'feed' })],
  ])('not with %s', (_name, key) => {
    expect(key).toBe(keyOf());
  });
});

describe('the version of an item stands for its content', () => {
  const item = { id: 'job 1', version: '7' };

  test('whatever the text', () => {
    expect(keyOf({}, { ...item, text: 'a' })).toBe(keyOf({}, { ...item, text: 'b' }));
  });

  test.each<[string, string]>([
    ['another version', keyOf({}, { ...item, version: '8' })],
    ['another item', keyOf({}, { ...item, id: 'job 2' })],
    ["another client's item of that name", keyOf({}, item, { client: 'feed' })],
    ['another query', keyOf({ query: 'other' }, item)],
  ])('but not that of %s', (_name, key) => {
    expect(key).not.toBe(keyOf({}, item));
  });
});

test('different contents have different keys, however their parts are cut', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', ':', ',', '1', 't', 'v', '-'),
    maxLength: 4,
  });
  const content = fc.record({
    id: text,
    title: fc.option(text, { nil: undefined }),
    text,
    version: fc.option(
      text.filter((each) => each !== ''),
      { nil: undefined },
    ),
  });
  const meaning = ({ id, title, text: body, version }: Candidate) =>
    JSON.stringify(
      version !== undefined && id !== '' ? ['item', id, version] : ['text', title ?? null, body],
    );
  fc.assert(
    fc.property(content, content, text, (a, b, client) => {
      const request = testRequest('q', []);
      const [first, second] = scoreKeys(request, [a, b], { ...setting, client });
      expect(first === second).toBe(meaning(a) === meaning(b));
    }),
    { numRuns: 2_000 },
  );
});
