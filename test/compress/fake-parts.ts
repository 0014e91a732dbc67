import { gunzipSync } from 'node:zlib';
import {
  type Background,
  BackgroundCounts,
  parseBackground,
} from '../../src/compress/text/background.ts';
import type { ProbeGroup, ScoreGroups, Span, TokenCounter } from '../../src/compress/compressor.ts';

/** One token a word, a punctuation mark or a character of a script without spaces. */
export const wordCounter: TokenCounter = {
  id: 'words',
  count: (text) =>
    text.match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]|\w+|[^\s\w]/gu)?.length ?? 0,
};

export function backgroundOf(texts: readonly string[], least = 1): Background {
  const counts = new BackgroundCounts();
  texts.forEach((text) => counts.add(text));
  return parseBackground(gunzipSync(counts.finish(least)).toString(), 'table');
}

/** Plain postings of a domain: what is common in it and what is not. */
export const english = backgroundOf([
  'Reads charts of patients and plans the care of the ward with the nurses.',
  'Plans budgets and reports; maintains the data of the program for managers.',
  'Maintains reports and the data of patients in the systems of the program.',
  'Repairs the engines of trucks and keeps the tools of the shop in order.',
]);

/** The parts of a text by code points, as a reader in another language would cut it. */
export function sliceCodePoints(text: string, spans: readonly Span[]): readonly string[] {
  const points = Array.from(text);
  return spans.map(({ start, end }) => points.slice(start, end).join(''));
}

/** A ranker whose margin grows with the words that a text and a query share; counts its groups. */
export function fakeRanker() {
  const asked: ProbeGroup[] = [];
  const score: ScoreGroups = (groups, signal) => {
    signal?.throwIfAborted();
    asked.push(...groups);
    return Promise.resolve(
      groups.map(({ source, queries }) => {
        const words = new Set(source.text.toLowerCase().match(/\w+/g));
        return Float64Array.from(queries, (query) => {
          const shared = query.split(' ').filter((word) => words.has(word)).length;
          return 4 * shared - 2;
        });
      }),
    );
  };
  return { score, asked };
}
