import { at } from '../../base/at.ts';
import type { Background } from './background.ts';
import { findFunctionWords, type FunctionWords } from './function-words.ts';
import { findWords, type Word } from './words.ts';

/** A few words that stand together in a text and can stand alone. */
export interface Phrase {
  /** Half open, in UTF-16 units of the text. */
  readonly start: number;
  readonly end: number;
  /** As in the text, with single spaces. */
  readonly text: string;
  /** Keys of the words that carry meaning; at least one. */
  readonly content: readonly string[];
}

export interface CutText {
  /** In the order of the text, each wording once. */
  readonly phrases: readonly Phrase[];
  /** How often the text has each word that carries meaning. */
  readonly counts: ReadonlyMap<string, number>;
  readonly isForeign: boolean;
}

/** A phrase of more words is cut at connectors. */
const mostJoined = 6;
/** A phrase that is still longer is cut into even parts. */
const mostWords = 9;

/**
 * Cuts a text into phrases: at punctuation, line ends and markup, and longer pieces before
 * connecting words. Function words at both ends go. Texts of an unknown language are cut in the
 * same way, with their short words as function words; scripts without spaces by `Intl.Segmenter`.
 */
export function cutPhrases(text: string, background: Background): CutText {
  const words = findWords(text);
  const functions = findFunctionWords(text, words, background);
  const isContent = (word: Word) => /\p{L}/u.test(word.key) && !functions.isFunction(word);
  const counts = new Map<string, number>();
  for (const word of words) {
    if (isContent(word)) {
      counts.set(word.key, (counts.get(word.key) ?? 0) + 1);
    }
  }
  const phrases = new Map<string, Phrase>();
  for (const piece of cutPieces(words)) {
    for (const part of cutPiece(piece, functions)) {
      const phrase = toPhrase(text, part, { functions, isContent });
      if (phrase !== undefined) {
        const wording = phrase.text.toLowerCase();
        phrases.set(wording, phrases.get(wording) ?? phrase);
      }
    }
  }
  return { phrases: [...phrases.values()], counts, isForeign: functions.isForeign };
}

/** Runs of words without a break between them. */
function cutPieces(words: readonly Word[]): Word[][] {
  const pieces: Word[][] = [];
  for (const word of words) {
    const last = pieces.at(-1);
    if (last === undefined || word.breaks) {
      pieces.push([word]);
    } else {
      last.push(word);
    }
  }
  return pieces;
}

function cutPiece(piece: readonly Word[], functions: FunctionWords): (readonly Word[])[] {
  if (piece.length <= mostJoined) {
    return [piece];
  }
  const parts: Word[][] = [[]];
  piece.forEach((word, i) => {
    if (functions.isConnector(word, piece[i + 1])) {
      parts.push([]);
    }
    parts.at(-1)?.push(word);
  });
  return parts.flatMap(cutEvenly);
}

function cutEvenly(words: readonly Word[]): (readonly Word[])[] {
  const count = Math.ceil(words.length / (words.length > mostWords ? mostJoined : mostWords));
  const length = Math.ceil(words.length / count);
  return Array.from({ length: count }, (_, i) => words.slice(i * length, (i + 1) * length));
}

interface WordKinds {
  readonly functions: FunctionWords;
  readonly isContent: (word: Word) => boolean;
}

/** Undefined for words that say nothing. */
function toPhrase(
  text: string,
  words: readonly Word[],
  { functions, isContent }: WordKinds,
): Phrase | undefined {
  const first = words.findIndex(isContent);
  if (first < 0) {
    return undefined;
  }
  // A number may end a phrase, as in "phase 2", but does not begin one.
  const last = words.findLastIndex((word) => !functions.isFunction(word));
  const { start } = at(words, first);
  const { end } = at(words, last);
  const content = words.filter(isContent).map(({ key }) => key);
  return { start, end, text: text.slice(start, end).replace(/\s+/gu, ' '), content };
}
