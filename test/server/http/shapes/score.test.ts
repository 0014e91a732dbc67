import { expect, test } from '@jest/globals';
import { vllmScore } from '../../../../src/server/http/shapes/score.ts';
import { rankedOf } from '../../../support/serving/ranked.ts';

const read = (body: object) => vllmScore.read(body as never);

test('single texts, one with many, and pairs, of which equal neighbours are one request', () => {
  const asked = (first: unknown, second: unknown) =>
    read({ text_1: first, text_2: second }).forms.map(({ query, candidates }) => [
      query,
      candidates.map(({ text }) => text).join(),
    ]);
  expect(asked('q', 'a')).toEqual([['q', 'a']]);
  expect(asked(['q'], ['a', 'b'])).toEqual([['q', 'a,b']]);
  expect(asked(['q', 'q', 'r', 'q'], ['a', 'b', 'c', 'd'])).toEqual([
    ['q', 'a,b'],
    ['r', 'c'],
    ['q', 'd'],
  ]);
  expect(asked('q', [])).toEqual([['q', '']]);
});

test('refuses lists that do not fit each other', () => {
  expect(() => read({ text_1: ['a', 'b'], text_2: ['c'] })).toThrow(
    'text_1 has 2 texts and text_2 has 1; text_1 needs one text, or as many as text_2',
  );
});

test('scores come in the order of the texts, 0 for one that was not scored', () => {
  const { forms, write } = read({ text_1: ['q', 'q', 'r'], text_2: ['a', '', 'c'] });
  const [first, second] = forms;
  if (first === undefined || second === undefined) {
    throw new Error('two requests were expected');
  }
  const reply = write([rankedOf(first, [0.2, undefined]), rankedOf(second, [0.9])], 'r-1');
  expect(reply).toMatchObject({
    id: 'r-1',
    data: [
      { index: 0, score: 0.2 },
      { index: 1, score: 0 },
      { index: 2, score: 0.9 },
    ],
    usage: { prompt_tokens: 19, total_tokens: 19 },
  });
});
