import { describe, expect, test } from '@jest/globals';
import { climb, type Search } from '../../../src/compress/search/climb.ts';
import { packPhrases, PhraseCosts } from '../../../src/compress/select.ts';
import { cutPhrases } from '../../../src/compress/text/phrases.ts';
import { english, wordCounter } from '../fake-parts.ts';

const { phrases } = cutPhrases('nurse; cook; pilot; clerk; welder; painter; baker', english);
const costs = new PhraseCosts(phrases, wordCounter);
/** Falls from the first phrase to the last. */
const values = new Map(phrases.map((_, index) => [index, 10 - index]));

/** A ranker that wants some words: KL is the number of those that a text lacks. */
function setUp(wanted: readonly string[], rounds: readonly number[]) {
  const tried: string[][] = [];
  const search: Search = {
    phrases,
    costs,
    rounds,
    ranker: {
      diverge: (texts) => {
        tried.push([...texts]);
        return Promise.resolve(
          texts.map((text) => wanted.filter((word) => !text.includes(word)).length),
        );
      },
    },
  };
  const find = async (tokens: number) => {
    const found = packPhrases(phrases, await climb(search, values, tokens), { costs, tokens });
    return found.map((index) => phrases[index]?.text).sort();
  };
  return { find, tried };
}

describe('climb', () => {
  test('tries the choice of the values, then others near it', async () => {
    const { find, tried } = setUp(['nurse', 'pilot'], [6]);
    expect(await find(3)).toEqual(['nurse', 'pilot']);
    expect(tried).toEqual([
      [
        'nurse, cook',
        'cook, pilot',
        'nurse, pilot',
        'nurse, clerk',
        'nurse, welder',
        'nurse, painter',
      ],
    ]);
  });

  test('goes on from the best so far, round by round, and tries nothing twice', async () => {
    const { find, tried } = setUp(['pilot', 'clerk'], [4, 4, 4]);
    expect(await find(3)).toEqual(['clerk', 'pilot']);
    expect(tried.length).toBeGreaterThan(1);
    expect(new Set(tried.flat()).size).toBe(tried.flat().length);
    tried.forEach((round) => expect(round.length).toBeLessThanOrEqual(4));
  });

  test('keeps the best when later rounds bring nothing, and ends when all near it are tried', async () => {
    const { find, tried } = setUp(['nurse', 'cook'], [4, 4, 4, 4, 4]);
    expect(await find(3)).toEqual(['cook', 'nurse']);
    expect(tried.length).toBeLessThan(5);
    expect(tried.flat().length).toBeGreaterThan(4);
  });

  test('keeps the choice of the values where it is the only one', async () => {
    const { find, tried } = setUp([], [4, 4]);
    expect(await find(100)).toHaveLength(phrases.length);
    expect(tried[0]).toContain(phrases.map(({ text }) => text).join(', '));
  });
});
