import { gunzipSync, gzipSync } from 'node:zlib';
import { JsonRecord } from '../../base/files/json-record.ts';
import { readRegularSync } from '../../base/files/regular-file.ts';
import { sha256 } from '../../base/files/sha256.ts';
import { findWords } from './words.ts';

/** In how many documents of a domain each word is, to tell what is special in a text. */
export interface Background {
  /** SHA-256 of the table. */
  readonly id: string;
  has(key: string): boolean;
  /** Share of the documents that have the word, 0 to 1. */
  share(key: string): number;
  /** ln((documents + 1) / (documents with the word + 1/2)), as in BM25. */
  inverseFrequency(key: string): number;
}

const format = 1;
/** Far above the size of any table: a larger file is not one of ours. */
const mostBytes = 64 * 2 ** 20;

/**
 * Counts words for a table, of which `finish` gives the file's bytes: gzip of a JSON object whose
 * `words` has the words of each document frequency, joined by spaces. Rarer words than `least` are
 * left out, as they are read like unknown ones.
 */
export class BackgroundCounts {
  readonly #counts = new Map<string, number>();
  documents = 0;

  add(text: string): void {
    this.documents += 1;
    for (const key of new Set(findWords(text).map((word) => word.key))) {
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    }
  }

  finish(least = 2): Buffer {
    const byFrequency = new Map<number, string[]>();
    for (const [key, frequency] of this.#counts) {
      if (frequency >= least) {
        const keys = byFrequency.get(frequency) ?? [];
        keys.push(key);
        byFrequency.set(frequency, keys);
      }
    }
    const words = Object.fromEntries(
      [...byFrequency].map(([frequency, keys]) => [frequency, keys.sort().join(' ')]),
    );
    return gzipSync(JSON.stringify({ format, documents: this.documents, words }), { level: 9 });
  }
}

/** @throws RankError naming the file and the field that is wrong. */
export function readBackground(path: string): Background {
  const bytes = readRegularSync(path, mostBytes);
  const isGzip = bytes.length >= 2 && bytes.readUInt16BE(0) === 0x1f8b;
  const text = (isGzip ? gunzipSync(bytes, { maxOutputLength: mostBytes }) : bytes).toString(
    'utf8',
  );
  return parseBackground(text, path);
}

/** @throws RankError */
export function parseBackground(text: string, where: string): Background {
  const record = JsonRecord.parse(text, where);
  record.oneOf('format', [format]);
  const documents = record.count('documents');
  const table = record.record('words');
  const frequencies = new Map<string, number>();
  for (const name of Object.keys(record.raw('words') as object)) {
    const frequency = Number(name);
    if (!Number.isSafeInteger(frequency) || frequency < 1 || frequency > documents) {
      table.fail(name, `under whole numbers from 1 to ${documents} (the documents)`);
    }
    table
      .text(name)
      .split(' ')
      .forEach((key) => frequencies.set(key, frequency));
  }
  const frequencyOf = (key: string) => frequencies.get(key) ?? 0;
  return {
    id: sha256(text),
    has: (key) => frequencies.has(key),
    share: (key) => frequencyOf(key) / documents,
    inverseFrequency: (key) => Math.log((documents + 1) / (frequencyOf(key) + 0.5)),
  };
}
