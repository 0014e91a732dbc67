import { at } from '../base/at.ts';
import type { Background } from './text/background.ts';
import type { TokenCounter } from './compressor.ts';
import type { CutText, Phrase } from './text/phrases.ts';

/** How much of a phrase's value its words lose when chosen phrases have them all already. */
const repetitionLoss = 0.6;
/** Phrases considered of a long text: the most valuable ones. */
const mostConsidered = 200;
/** In an unknown language, words up to this length count less, as most rare words are longer. */
const fullLength = 10;

/**
 * The weight of each phrase: that of its weightiest word, which is the word's count in the text
 * times its inverse document frequency. Words that the text repeats and others lack come first. Of
 * the marks that need no model, this one agrees best with the ranker's answers.
 */
export function weighPhrases({ phrases, counts, isForeign }: CutText, background: Background) {
  const weightOf = (key: string) => {
    const length = isForeign ? Math.min(1, key.length / fullLength) : 1;
    return (counts.get(key) ?? 0) * background.inverseFrequency(key) * length;
  };
  return phrases.map(({ content }) => Math.max(...content.map(weightOf)));
}

/** A choice of phrases that grows; it remembers which words it has. */
export class Choice {
  readonly #phrases: readonly Phrase[];
  readonly #words = new Set<string>();
  readonly indices: number[] = [];

  constructor(phrases: readonly Phrase[], indices: readonly number[] = []) {
    this.#phrases = phrases;
    indices.forEach((index) => this.add(index));
  }

  add(index: number): void {
    this.indices.push(index);
    at(this.#phrases, index).content.forEach((key) => this.#words.add(key));
  }

  /** A phrase's value, less what its words lose by being there already. */
  worth(index: number, value: number): number {
    const { content } = at(this.#phrases, index);
    const known = content.filter((key) => this.#words.has(key)).length;
    return value * (1 - (repetitionLoss * known) / content.length);
  }
}

/**
 * Chooses the phrase of most worth, then the next, as long as they fit `tokens`. Values are of
 * the phrases that may be chosen; larger is better, none is below 0.
 */
export function packPhrases(
  phrases: readonly Phrase[],
  values: ReadonlyMap<number, number>,
  room: { readonly costs: PhraseCosts; readonly tokens: number },
): readonly number[] {
  const choice = new Choice(phrases);
  let left = room.tokens + commaTokens;
  const open = new Set(
    [...values]
      .sort(([a, first], [b, second]) => second - first || a - b)
      .slice(0, mostConsidered)
      .map(([index]) => index),
  );
  while (open.size > 0) {
    let [best, most] = [-1, -Infinity];
    for (const index of open) {
      const worth = choice.worth(index, values.get(index) ?? 0);
      [best, most] = worth > most ? [index, worth] : [best, most];
    }
    open.delete(best);
    if (room.costs.of(best) <= left) {
      choice.add(best);
      left -= room.costs.of(best);
    }
  }
  return choice.indices;
}

const commaTokens = 1;

/** Tokens of each phrase with the comma after it, counted when first asked. */
export class PhraseCosts {
  readonly #phrases: readonly Phrase[];
  readonly #counter: TokenCounter;
  readonly #costs = new Map<number, number>();

  constructor(phrases: readonly Phrase[], counter: TokenCounter) {
    this.#phrases = phrases;
    this.#counter = counter;
  }

  of(index: number): number {
    const known = this.#costs.get(index);
    const cost = known ?? this.#counter.count(at(this.#phrases, index).text) + commaTokens;
    this.#costs.set(index, cost);
    return cost;
  }
}
