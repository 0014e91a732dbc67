import { dataError, quote } from '../../base/errors.ts';
import { JsonRecord } from '../../base/files/json-record.ts';
import {
  type Line,
  type LineSource,
  maxLineBytes,
  type OnBadLine,
  readLinesOf,
} from '../../base/files/read-lines.ts';
import { isBlank } from '../../text/normalize/is-blank.ts';
import type { Passage } from './beir.ts';

export interface ReadOptions {
  /**
   * Called for each invalid line, including one with the id of an earlier line; throws by default.
   */
  readonly onBadLine?: OnBadLine;
  /** The model's normalizer, after which a text must not be blank; none by default. */
  readonly normalize?: (text: string) => string;
}

/**
 * Reads candidates from JSON lines: `{"id"?, "title"?, "text"}`, or with BEIR's `_id`. The default
 * id is the line number; other fields are ignored. Streams the texts, but keeps all ids in memory.
 *
 * @throws DataError or RankError that names the line and its fault.
 */
export async function* readCandidates(
  source: LineSource,
  { onBadLine = fail, normalize = unchanged }: ReadOptions = {},
): AsyncGenerator<Passage> {
  const lineOf = new Map<string, number>();
  for await (const line of readLinesOf(source, maxLineBytes, onBadLine)) {
    let candidate: Passage;
    try {
      candidate = parseCandidate(line, normalize);
      assertFirst(lineOf.get(candidate.id), candidate, line);
    } catch (error) {
      onBadLine(error instanceof Error ? error : new Error(String(error)));
      continue;
    }
    lineOf.set(candidate.id, line.line);
    yield candidate;
  }
}

function fail(error: Error): never {
  throw error;
}

function unchanged(text: string): string {
  return text;
}

function assertFirst(earlier: number | undefined, { id }: Passage, line: Line): void {
  if (earlier !== undefined) {
    const found = `a second candidate with id ${quote(id)}`;
    throw dataError(line, found, `each id once: line ${earlier} has it too`);
  }
}

/** Like the server, accepts a candidate without text when it has a title. */
function parseCandidate(line: Line, normalize: (text: string) => string): Passage {
  const record = JsonRecord.parse(line.text, `${line.file}:${line.line}`);
  const idField = ['id', '_id'].find((name) => record.has(name));
  const title = record.has('title') ? record.text('title') : '';
  const text = record.text('text');
  if (isBlank(normalize(text)) && isBlank(normalize(title))) {
    record.fail('text', 'text with something to read in it, or a title beside it,');
  }
  return { id: idField === undefined ? String(line.line) : record.key(idField), title, text };
}
