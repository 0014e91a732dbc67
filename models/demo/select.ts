/**
 * Chooses the demo's postings and candidates, always the same ones:
 *
 *   node --import tsx models/demo/select.ts POSTINGS.jsonl.gz
 *
 * Reads postings (`_id`, `title`, `text`, `metadata.agency`), and writes postings.jsonl.gz,
 * queries.jsonl and candidates.trec beside this file. The candidates of a query are the 50 postings
 * that BM25 finds for it, best first, as from a first stage. Other postings are added in the order
 * of their ids' hashes until there are 300.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';

interface Posting {
  readonly _id: string;
  readonly title: string;
  readonly text: string;
  readonly metadata: { readonly agency: string };
}

const queries = [
  'help desk technician who fixes computers and networks for office users',
  'outdoor work protecting forests, trails and wildlife',
  'nurse caring for patients in a mental health clinic',
];
const postingsKept = 300;
const candidatesPerQuery = 50;

/**
 * BM25 as in Robertson and Zaragoza 2009, with the usual k1 and b, and Lucene's idf, which is never
 * negative.
 */
const k1 = 1.2;
const b = 0.75;

function words(text: string): string[] {
  const stop = new Set('a an and at for from in is of on or that the to who with'.split(' '));
  const found = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return found.filter((word) => !stop.has(word)).map((word) => word.replace(/(?<=...)(ing|es|s)$/, ''));
}

function createBm25(postings: readonly Posting[]): (query: string, posting: Posting) => number {
  const counts = new Map<Posting, Map<string, number>>();
  const documentsWith = new Map<string, number>();
  let total = 0;
  for (const posting of postings) {
    const count = new Map<string, number>();
    for (const word of words(`${posting.title} ${posting.text}`)) {
      count.set(word, (count.get(word) ?? 0) + 1);
      total += 1;
    }
    for (const word of count.keys()) {
      documentsWith.set(word, (documentsWith.get(word) ?? 0) + 1);
    }
    counts.set(posting, count);
  }
  const meanLength = total / postings.length;
  return (query, posting) => {
    const count = counts.get(posting) ?? new Map<string, number>();
    const length = [...count.values()].reduce((sum, each) => sum + each, 0);
    return words(query).reduce((score, word) => {
      const n = documentsWith.get(word) ?? 0;
      const idf = Math.log(1 + (postings.length - n + 0.5) / (n + 0.5));
      const tf = count.get(word) ?? 0;
      return score + (idf * tf * (k1 + 1)) / (tf + k1 * (1 - b + (b * length) / meanLength));
    }, 0);
  };
}

/** The first `count` by `key`, lowest first; ties by id. */
function lowest(postings: readonly Posting[], count: number, key: (posting: Posting) => number | string): Posting[] {
  const keyed = postings.map((posting) => ({ posting, key: key(posting) }));
  keyed.sort((x, y) => (x.key < y.key ? -1 : x.key > y.key ? 1 : x.posting._id < y.posting._id ? -1 : 1));
  return keyed.slice(0, count).map(({ posting }) => posting);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const source = process.argv[2];
if (source === undefined) {
  throw new Error('usage: node --import tsx models/demo/select.ts POSTINGS.jsonl.gz');
}
const lines = gunzipSync(readFileSync(source)).toString('utf8').trim().split('\n');
const postings = lines.map((line): Posting => JSON.parse(line));
const bm25 = createBm25(postings);
const found = queries.map((query) => lowest(postings, candidatesPerQuery, (posting) => -bm25(query, posting)));
const kept = new Set(found.flat());
const rest = postings.filter((posting) => !kept.has(posting));
for (const posting of lowest(rest, postingsKept - kept.size, ({ _id }) => hash(_id))) {
  kept.add(posting);
}

const demo = [...kept].sort((x, y) => (x._id < y._id ? -1 : 1));
const folder = new URL('.', import.meta.url);
const text = demo.map((posting) => `${JSON.stringify(posting)}\n`).join('');
writeFileSync(new URL('postings.jsonl.gz', folder), gzipSync(text, { level: 9 }));
const asked = queries.map((query, i) => `${JSON.stringify({ _id: `D${i + 1}`, text: query })}\n`);
writeFileSync(new URL('queries.jsonl', folder), asked.join(''));
const run = queries.flatMap((query, i) =>
  (found[i] ?? []).map((posting, place) => `D${i + 1} Q0 ${posting._id} ${place + 1} ${bm25(query, posting).toFixed(4)} bm25\n`),
);
writeFileSync(new URL('candidates.trec', folder), run.join(''));
console.log(`${demo.length} postings, ${queries.length} queries of ${candidatesPerQuery} candidates`);
