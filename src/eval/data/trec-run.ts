import { dataError, quote } from '../../base/errors.ts';
import { readLines, type Line } from '../../base/files/read-lines.ts';

/** One place in a run: a text found for a query. */
export interface RunEntry {
  readonly id: string;
  readonly score: number;
}

/** Entries by query, best first; queries in the order in which the file first names them. */
export type Run = ReadonlyMap<string, readonly RunEntry[]>;

/**
 * A TREC run, plain or gzip: `query-id Q0 text-id rank score tag`. As in trec_eval the order is that of the scores
 * and the rank column is not read; unlike there, ties keep the order of the file.
 *
 * @throws DataError
 */
export async function readRun(file: string): Promise<Run> {
  const entries = new Map<string, Map<string, RunEntry>>();
  for await (const line of readLines(file)) {
    const { query, entry } = parseEntry(line);
    const ofQuery = entries.get(query) ?? new Map<string, RunEntry>();
    if (ofQuery.has(entry.id)) {
      const found = `${quote(entry.id)} again for query ${quote(query)}`;
      throw dataError(line, found, 'each text once per query');
    }
    ofQuery.set(entry.id, entry);
    entries.set(query, ofQuery);
  }
  return new Map([...entries].map(([query, found]) => [query, byScore([...found.values()])]));
}

/** The lines of a run file. Scores are written so that reading them back gives the same numbers. */
export function formatRun(run: Run, tag: string): string {
  const lines = [...run].flatMap(([query, entries]) =>
    entries.map(({ id, score }, place) => `${query} Q0 ${id} ${place + 1} ${score} ${tag}\n`),
  );
  return lines.join('');
}

function parseEntry(line: Line): { query: string; entry: RunEntry } {
  const [query, , id, , scoreText, tag] = line.text.trim().split(/\s+/);
  if (!query || !id || scoreText === undefined || tag === undefined) {
    throw dataError(line, quote(line.text), 'query-id Q0 text-id rank score tag');
  }
  const score = Number(scoreText);
  if (!Number.isFinite(score)) {
    throw dataError(line, `the score ${quote(scoreText)}`, 'a finite number');
  }
  return { query, entry: { id, score } };
}

function byScore(entries: readonly RunEntry[]): readonly RunEntry[] {
  return [...entries].sort((a, b) => b.score - a.score);
}
