import { dataError, quote } from '../../base/errors.ts';
import { readLines, type Line } from '../../base/files/read-lines.ts';

/** A text that was found for a query. */
export interface RunEntry {
  readonly id: string;
  readonly score: number;
}

/** Entries by query, best first. Queries are in the order of their first line in the file. */
export type Run = ReadonlyMap<string, readonly RunEntry[]>;

/**
 * Reads a TREC run, plain or gzip: `query-id Q0 text-id rank score tag`. As in trec_eval, entries
 * are ordered by score and the rank column is ignored; unlike there, ties keep the order of the
 * file.
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

/** The text of a run file. `readRun` reads back exactly the same scores. */
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
