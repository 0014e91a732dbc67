/** BM25 (Robertson and Zaragoza 2009) over titles and texts, with Lucene's idf over all texts. */
import { serveAdapter } from './protocol.ts';

const k1 = 1.2;
const b = 0.75;

await serveAdapter(({ requests }) => {
  const bags = new Map(
    requests.flatMap(({ candidates }) => candidates.map((each) => [each.text, wordsOf(each)])),
  );
  const holders = new Map<string, number>();
  for (const words of bags.values()) {
    new Set(words).forEach((word) => holders.set(word, (holders.get(word) ?? 0) + 1));
  }
  const mean = [...bags.values()].reduce((sum, { length }) => sum + length, 0) / bags.size;
  const scoreOf = (query: readonly string[], words: readonly string[]) =>
    query.reduce((score, word) => {
      const n = holders.get(word) ?? 0;
      const tf = words.filter((each) => each === word).length;
      const idf = Math.log(1 + (bags.size - n + 0.5) / (n + 0.5));
      return score + (idf * tf * (k1 + 1)) / (tf + k1 * (1 - b + (b * words.length) / mean));
    }, 0);
  return Promise.resolve({
    about: 'own lines, k1 1.2, b 0.75, texts split for each request',
    rank: ({ query, candidates }) => {
      const asked = wordsOf({ title: '', text: query });
      return Promise.resolve(candidates.map((each) => scoreOf(asked, wordsOf(each))));
    },
    close: () => Promise.resolve(),
  });
});

function wordsOf({ title, text }: { readonly title: string; readonly text: string }): string[] {
  const words = `${title} ${text}`.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.map((word) => word.replace(/(?<=...)(ing|es|s)$/, ''));
}
