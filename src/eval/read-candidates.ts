import { dataError, quote } from '../data-error.ts';
import { JsonRecord } from '../json-record.ts';
import { type Line, type LineSource, readLinesOf } from '../read-lines.ts';
import type { Passage } from './beir.ts';

/**
 * Candidates as JSON lines: `{"id"?, "title"?, "text"}`, or with BEIR's `_id`. One without an id
 * has its line's number; other fields are not read. Streams, but remembers all ids.
 *
 * @throws DataError or RankError naming the line and what is wrong with it; also when an id stands
 * twice.
 */
export async function* readCandidates(source: LineSource): AsyncGenerator<Passage> {
  const lineOf = new Map<string, number>();
  for await (const line of readLinesOf(source)) {
    const candidate = parseCandidate(line);
    const earlier = lineOf.get(candidate.id);
    if (earlier !== undefined) {
      const found = `a second candidate with id ${quote(candidate.id)}`;
      throw dataError(line, found, `each id once: line ${earlier} has it too`);
    }
    lineOf.set(candidate.id, line.line);
    yield candidate;
  }
}

/** As the server, it takes a candidate without text when there is a title. */
function parseCandidate(line: Line): Passage {
  const record = JsonRecord.parse(line.text, `${line.file}:${line.line}`);
  const idField = ['id', '_id'].find((name) => record.has(name));
  const title = record.has('title') ? record.text('title') : '';
  const text = record.text('text');
  if (text === '' && title === '') {
    record.fail('text', 'text that is not empty, or a title beside it,');
  }
  return { id: idField === undefined ? String(line.line) : record.key(idField), title, text };
}
