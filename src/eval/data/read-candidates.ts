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
  /** Told of each line that is no candidate, also one whose id stands before; throws it when absent. */
  readonly onBadLine?: OnBadLine;
  /** What is done to texts before they are read, as there must be something left; nothing when absent. */
  readonly normalize?: (text: string) => string;
}

/**
 * Candidates as JSON lines: `{"id"?, "title"?, "text"}`, or with BEIR's `_id`. One without an id
 * has its line's number; other fields are not read. Streams, but remembers all ids.
 *
 * @throws DataError or RankError naming the line and what is wrong with it.
 */
export async function* readCandidates(
  source: LineSource,
  { onBadLine = refuse, normalize = asItIs }: ReadOptions = {},
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

function refuse(error: Error): never {
  throw error;
}

function asItIs(text: string): string {
  return text;
}

function assertFirst(earlier: number | undefined, { id }: Passage, line: Line): void {
  if (earlier !== undefined) {
    const found = `a second candidate with id ${quote(id)}`;
    throw dataError(line, found, `each id once: line ${earlier} has it too`);
  }
}

/** As the server, it takes a candidate without text when there is a title. */
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
