import { at } from '../base/at.ts';
import type { CompressedText, Span, TokenCounter } from './compressor.ts';
import { findWords } from './text/words.ts';
import type { Phrase } from './text/phrases.ts';

/** The phrases in the order of the text, with commas between. */
export function joinPhrases(phrases: readonly Phrase[], indices: readonly number[]): string {
  return inOrder(indices)
    .map((index) => at(phrases, index).text)
    .join(', ');
}

/**
 * The compressed text of chosen phrases, best first. Drops the last ones where the whole has more
 * tokens than its phrases had one by one, which is rare.
 */
export function keepPhrases(
  text: string,
  phrases: readonly Phrase[],
  {
    indices,
    tokens,
    counter,
  }: { indices: readonly number[]; tokens: number; counter: TokenCounter },
): CompressedText {
  let kept = indices;
  while (kept.length > 1 && counter.count(joinPhrases(phrases, kept)) > tokens) {
    kept = kept.slice(0, -1);
  }
  const places = inOrder(kept).map((index) => at(phrases, index));
  return toCompressed(text, { text: joinPhrases(phrases, kept), places, counter });
}

/** The start of the text, cut between words: at most `tokens` tokens. */
export function keepHead(text: string, tokens: number, counter: TokenCounter): CompressedText {
  const start = text.search(/\S/u);
  if (start < 0 || counter.count(text) <= tokens) {
    return keepAll(text, counter);
  }
  const ends = headEnds(text, tokens);
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (counter.count(text.slice(start, at(ends, middle))) <= tokens) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low === 0) {
    return toCompressed(text, { text: '', places: [], counter });
  }
  const end = at(ends, low - 1);
  return toCompressed(text, { text: text.slice(start, end), places: [{ start, end }], counter });
}

export function keepAll(text: string, counter: TokenCounter): CompressedText {
  const places = text === '' ? [] : [{ start: 0, end: text.length }];
  return toCompressed(text, { text, places, counter });
}

/** Where a head may end: behind words, and behind characters of long runs without words. */
function headEnds(text: string, tokens: number): readonly number[] {
  // No vocabulary has many tokens of more characters, so the rest need not be looked at.
  const part = text.slice(0, 64 * (tokens + 1));
  const ends = findWords(part).map(({ end }) => end);
  return ends.length > 0 ? ends : [...part.matchAll(/\S(?=\s|$)/gu)].map(({ index }) => index + 1);
}

interface Result {
  readonly text: string;
  /** In UTF-16 units. */
  readonly places: readonly Span[];
  readonly counter: TokenCounter;
}

function toCompressed(source: string, { text, places, counter }: Result): CompressedText {
  return {
    text,
    kept: toCodePoints(source, places),
    tokens: counter.count(text),
    rawTokens: counter.count(source),
  };
}

/** Converts ascending places in UTF-16 units to places in code points. */
function toCodePoints(text: string, places: readonly Span[]): readonly Span[] {
  const hasPairs = /[\ud800-\udbff][\udc00-\udfff]/.test(text);
  let [units, points] = [0, 0];
  const pointOf = (place: number) => {
    if (!hasPairs) {
      return place;
    }
    for (; units < place; points += 1) {
      units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
    }
    return points;
  };
  return places.map(({ start, end }) => ({ start: pointOf(start), end: pointOf(end) }));
}

function inOrder(indices: readonly number[]): readonly number[] {
  return [...indices].sort((a, b) => a - b);
}
