import { describe, expect, test } from '@jest/globals';
import { CandidateEncoder } from '../../src/encode/candidate-encoder.ts';
import { createTemplate } from '../../src/text/template.ts';
import { createTokenizer } from '../../src/text/tokenizer/tokenizer.ts';
import { readGoldenTokenizer } from '../support/models/golden-tokenizer.ts';

const tokenizer = createTokenizer(readGoldenTokenizer('smollm2'), 'tokenizer.json');
const template = createTemplate({
  prefix: '{instruction}{query}{context}\nD: ',
  context: '{context}',
  title: '{title}\n',
  suffix: '?',
  instruction: '',
});
const encoder = new CandidateEncoder(tokenizer, template);
const text = 'one two three four';
const idsOf = (whole: string) => [...tokenizer.encode(whole)];
const fit = (title: string | undefined, budget: number, truncation: 'start' | 'end' = 'end') => {
  const { parts, truncated } = encoder.fit({ title, text }, budget, truncation);
  return { ids: parts.flatMap((part) => [...part]), truncated };
};

describe('a candidate', () => {
  test('begins with the spaces that the template has before it', () => {
    expect(fit(undefined, 100)).toEqual({ ids: idsOf(` ${text}`), truncated: false });
    expect(fit('', 100)).toEqual(fit(undefined, 100));
  });

  test('has its title before its text', () => {
    const ids = [...idsOf(' Title'), ...tokenizer.encodeTemplate('\n'), ...idsOf(text)];
    expect(fit('Title', 100)).toEqual({ ids, truncated: false });
  });

  test.each([
    ['end', (all: number[]) => all.slice(0, 2)],
    ['start', (all: number[]) => all.slice(-2)],
  ] as const)('over its budget is cut at the %s of its text', (truncation, kept) => {
    const expected = { ids: kept(idsOf(` ${text}`)), truncated: true };
    expect(fit(undefined, 2, truncation)).toEqual(expected);
  });

  test('whose title alone is over the budget has only the start of its title', () => {
    const { ids, truncated } = fit(text, 3, 'start');
    expect([ids, truncated]).toEqual([idsOf(` ${text}`).slice(0, 3), true]);
  });

  test.each([
    [undefined, 3, 'text', 4],
    ['Title', 3, 'text', idsOf(' Title').length + 1 + 4],
    [text, 3, 'title', 4 + 1 + 4],
  ])(
    'with the title %j and a budget of %i is too long in its %s',
    (title, budget, field, found) => {
      expect(encoder.describeExcess({ title, text }, budget)).toEqual({
        reason: 'TOO_LONG',
        field,
        description: `has ${found} tokens with its title; at most ${budget} are allowed`,
      });
    },
  );
});
