import type { Passage } from '../../src/eval/data/beir.ts';
import { JsonRecord } from '../../src/base/files/json-record.ts';
import { type Line, type LineSource, readLinesOf } from '../../src/base/files/read-lines.ts';

/** A query, invented candidates, and the ones that a person would put first. */
export interface Case {
  readonly class: string;
  readonly query: string;
  /** The same query in words that the model may understand better. */
  readonly reworded: string | undefined;
  /** How the wanted candidate is written, in cases that differ only in that. */
  readonly form: string | undefined;
  readonly candidates: readonly Passage[];
  /** Ids of the candidates that may be first. */
  readonly first: readonly string[];
}

/**
 * Cases as JSON lines:
 * `{"class", "query", "reworded"?, "form"?, "candidates": [{"id", "title", "text"}], "first": ["id"]}`.
 *
 * @throws DataError or RankError that names the line and its fault.
 */
export async function readCases(source: LineSource): Promise<readonly Case[]> {
  const cases: Case[] = [];
  for await (const line of readLinesOf(source)) {
    cases.push(parseCase(line));
  }
  return cases;
}

function parseCase({ file, line, text }: Line): Case {
  const record = JsonRecord.parse(text, `${file}:${line}`);
  const candidates = record.records('candidates').map((candidate) => ({
    id: candidate.key('id'),
    title: candidate.text('title'),
    text: candidate.text('text'),
  }));
  const first = record.texts('first');
  if (first.length === 0 || !first.every((id) => candidates.some((each) => each.id === id))) {
    record.fail('first', "a list of candidates' ids, at least one,");
  }
  return {
    class: record.text('class'),
    query: record.text('query'),
    reworded: record.has('reworded') ? record.text('reworded') : undefined,
    form: record.has('form') ? record.text('form') : undefined,
    candidates,
    first,
  };
}
