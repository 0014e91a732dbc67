import { describe, expect, test } from '@jest/globals';
import {
  fillRoom,
  growChoice,
  packAlone,
  propose,
  type Search,
  swapPhrases,
} from '../../../src/compress/search/grow.ts';
import { PhraseCosts } from '../../../src/compress/select.ts';
import { cutPhrases } from '../../../src/compress/text/phrases.ts';
import { english, wordCounter } from '../fake-parts.ts';

const { phrases } = cutPhrases('nurse; cook; pilot; clerk; welder', english);
const plan = { near: 0, far: 0, choosing: 0, proposals: 5, tries: 2, swaps: 1 };

/** Texts are best that have most of the wanted words. */
function searchFor(wanted: readonly string[], alone: readonly number[]): Search {
  return {
    phrases,
    costs: new PhraseCosts(phrases, wordCounter),
    plan,
    alone: new Map(alone.entries()),
    ranker: {
      diverge: (texts) =>
        Promise.resolve(texts.map((text) => wanted.filter((word) => !text.includes(word)).length)),
      judge: () => Promise.resolve({ kl: 0, dp: 0 }),
    },
  };
}
const wordsOf = (indices: readonly number[]) => indices.map((index) => phrases[index]?.text);

test('propose takes the weightiest and the first that fit', () => {
  const all = { count: 5, fits: () => true };
  expect(propose([1, 2, 3, 4, 5, 9, 8], all)).toEqual([5, 6, 0, 1, 2]);
  expect(propose([9, 8, 1, 2, 3], { count: 3, fits: () => true })).toEqual([0, 1]);
  expect(propose([9, 8, 1, 2], { count: 3, fits: (index) => index > 1 })).toEqual([3, 2]);
});

describe('a search', () => {
  test('packs by marks: the least KL first', () => {
    expect(wordsOf(packAlone(searchFor([], [3, 1, 2, 5, 4]), 3))).toEqual(['cook', 'pilot']);
  });

  test('grows by what makes the whole best, of the best marks', async () => {
    const search = searchFor(['pilot', 'clerk'], [1, 3, 2, 2, 9]);
    const found = await growChoice(search, { indices: [0], kl: 2 }, 5);
    expect(wordsOf(found.indices)).toEqual(['nurse', 'pilot', 'clerk']);
    expect(found.kl).toBe(0);
  });

  test('swaps what others replace to advantage, and keeps the rest', async () => {
    const search = searchFor(['nurse', 'pilot'], [1, 1, 1, 5, 5]);
    const found = await swapPhrases(search, { indices: [0, 1], kl: 1 }, 3);
    expect(wordsOf(found.indices)).toEqual(['nurse', 'pilot']);
    const kept = await swapPhrases(search, found, 3);
    expect(kept).toEqual(found);
  });

  test('takes the packed choice where steps lead to a worse one', async () => {
    const search = searchFor(['nurse', 'cook', 'pilot'], [1, 2, 2, 2, 2]);
    expect((await fillRoom(search, 5)).kl).toBe(0);
    const none = await fillRoom({ ...search, plan: { ...plan, tries: 0 } }, 5);
    expect(wordsOf(none.indices)).toEqual(['nurse', 'cook', 'pilot']);
  });
});
