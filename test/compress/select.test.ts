import { expect, test } from '@jest/globals';
import { Choice, packPhrases, PhraseCosts, weighPhrases } from '../../src/compress/select.ts';
import { cutPhrases } from '../../src/compress/text/phrases.ts';
import { english, wordCounter } from './fake-parts.ts';

const text = 'Repairs engines; welds frames; engines of boats; reads charts';
const cut = cutPhrases(text, english);
const costs = new PhraseCosts(cut.phrases, wordCounter);
const weights = weighPhrases(cut, english);

function pack(values: readonly number[], tokens: number): readonly string[] {
  const given = new Map(values.entries());
  return packPhrases(cut.phrases, given, { costs, tokens }).map((i) => cut.phrases[i]?.text ?? '');
}

test('weighs phrases by words that the text repeats and the background lacks', () => {
  const [repairs, welds, boats, charts] = weights;
  expect(repairs).toBeCloseTo(2 * english.inverseFrequency('engines'));
  expect(boats).toBe(repairs);
  expect(welds).toBeCloseTo(english.inverseFrequency('welds'));
  expect(welds).toBeGreaterThan(charts ?? 0);
});

test('packs the best first, avoids repetition and fills the budget exactly', () => {
  expect(pack(weights, 3)).toEqual(['Repairs engines']);
  // Two words, a comma, two words.
  expect(pack(weights, 5)).toEqual(['Repairs engines', 'welds frames']);
  expect(pack([1, 1, 1, 1], 6)).toEqual(['Repairs engines', 'welds frames']);
  expect(pack([1, 2, 3, 4], 100)).toHaveLength(4);
  expect(pack(weights, 1)).toEqual([]);
});

test('a phrase is worth less when its words are there', () => {
  const choice = new Choice(cut.phrases, [0]);
  expect(choice.worth(2, 1)).toBeCloseTo(1 - 0.6 / 2);
  expect(choice.worth(1, 1)).toBe(1);
});
